// The arguments of a call, and what sends it.

import { kindOf, wellFormed } from './argument.js';
import type { Cancel } from './cancel.js';
import { jsonOf } from './input.js';
import type { NativeCallOptions, native } from './native.js';
import { refused } from './native-error.js';
import type { CallOptions } from './options.js';

/** The arguments after the capability. */
export type Rest<O = CallOptions> = [input?: object, options?: O];

/** An input that is left out is `{}`; one that is `undefined` is a mistake. */
export function inputOf(rest: Rest<unknown>): string {
  return rest.length === 0 ? '{}' : jsonOf(rest[0]);
}

export function slug(capability: unknown): string {
  if (typeof capability !== 'string') throw refused('capability', `it must be a string, not ${kindOf(capability)}`);
  return wellFormed('capability', capability);
}

/** Sends a call; `watch` is the number of one that is watched. */
export type Send = (
  client: InstanceType<typeof native.Client>,
  options: NativeCallOptions | undefined,
  cancel: Cancel | undefined,
  watch: number | undefined,
) => unknown;
