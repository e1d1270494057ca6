// How a call is sent.

import type { Cancel } from './cancel.js';
import type { NativeCallOptions, native } from './native.js';
import type { Watch, WatchedCall } from './watched-call.js';

export type NativeClient = InstanceType<typeof native.Client>;

/** Sends a call; `watch` is the native end of one that is watched. */
export type Send = (
  client: NativeClient,
  options: NativeCallOptions | undefined,
  cancel: Cancel | undefined,
  watch: Watch | undefined,
  startSpan: WatchedCall['startSpan'],
) => unknown;
