// What is published on the channels of `node:diagnostics_channel`, where somebody subscribes to them.

import { channel } from 'node:diagnostics_channel';

import type { Attempt } from './attempt.js';
import type { AttemptStart } from './hooks.js';
import type { Attributes } from './span-report.js';

/** A call, the same object in all its messages. Attributes have the names of OpenTelemetry's semantic conventions. */
export interface DiagnosticsCall {
  /** The method and the capability: `POST summarize-article`. */
  readonly name: string;
  /** What is known when it begins, such as `http.request.method`, `url.full` and `runtype.capability`. */
  readonly attributes: Attributes;
}

/**
 * The messages on our channels of `node:diagnostics_channel`, by the channels' names. They are plain data, without the key and
 * without a body.
 *
 * The attempts of many calls have one `call`, which stands for all of them.
 */
export interface DiagnosticsMessages {
  /** A call is about to be sent. */
  'runtype-surface:call:start': { readonly call: DiagnosticsCall };
  /** An attempt is about to be sent; one with a `number` above 1 is a retry. */
  'runtype-surface:attempt:start': { readonly call: DiagnosticsCall; readonly attempt: AttemptStart };
  /** An attempt has ended. */
  'runtype-surface:attempt:end': {
    readonly call: DiagnosticsCall;
    readonly start: AttemptStart;
    readonly attempt: Attempt;
  };
  /** A call has failed; `attributes` has `error.type`. Its `end` follows. */
  'runtype-surface:call:error': { readonly call: DiagnosticsCall; readonly attributes: Attributes };
  /** A call has ended, in whatever way; a stream with its last event, or when it was closed. */
  'runtype-surface:call:end': { readonly call: DiagnosticsCall; readonly attributes: Attributes };
}

const channels = {
  callStart: channel('runtype-surface:call:start'),
  attemptStart: channel('runtype-surface:attempt:start'),
  attemptEnd: channel('runtype-surface:attempt:end'),
  callError: channel('runtype-surface:call:error'),
  callEnd: channel('runtype-surface:call:end'),
};

/** Whether somebody subscribes to any of them. */
export function hasSubscribers(): boolean {
  return hasAttemptSubscribers() || [channels.callStart, channels.callError, channels.callEnd].some(isHeard);
}

/** Whether somebody subscribes to attempts. */
export function hasAttemptSubscribers(): boolean {
  return isHeard(channels.attemptStart) || isHeard(channels.attemptEnd);
}

function isHeard({ hasSubscribers }: { hasSubscribers: boolean }): boolean {
  return hasSubscribers;
}

export const publish = {
  callStart: (message: DiagnosticsMessages['runtype-surface:call:start']) => channels.callStart.publish(message),
  attemptStart: (message: DiagnosticsMessages['runtype-surface:attempt:start']) =>
    channels.attemptStart.publish(message),
  attemptEnd: (message: DiagnosticsMessages['runtype-surface:attempt:end']) => channels.attemptEnd.publish(message),
  callError: (message: DiagnosticsMessages['runtype-surface:call:error']) => channels.callError.publish(message),
  callEnd: (message: DiagnosticsMessages['runtype-surface:call:end']) => channels.callEnd.publish(message),
};
