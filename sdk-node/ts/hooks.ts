// The application's hooks, which watch each attempt.

import type { Attempt } from './attempt.js';

/** An attempt that is about to be sent. It has no key and no body. */
export interface AttemptStart {
  /** Counts from 1. */
  readonly number: number;
  /** The capability that is called; `null` for the OpenAPI document. */
  readonly capability: string | null;
  /** The HTTP method. */
  readonly method: string;
  /** The URL, which never holds a key. */
  readonly url: string;
  /** The hint of the key that it is sent with, such as `papi_…a1b2`. */
  readonly keyHint: string;
  /** How long the client waited before this attempt, after the previous one, in milliseconds. */
  readonly waitedMs: number;
}

/** What a client calls at each attempt. */
export interface Hooks {
  /**
   * Called before each attempt is sent, which does not wait for it. What it throws, or a promise of it rejects with, changes
   * nothing for the call and becomes a process warning: one line named `RuntypeHookWarning`, whose `cause` is what was thrown.
   */
  beforeAttempt?: ((start: AttemptStart) => void) | null | undefined;
  /**
   * Called in the same way when an attempt has ended, whether it is retried or not, before the call resolves. An attempt of
   * a call that was aborted has no end.
   */
  afterAttempt?: ((start: AttemptStart, end: Attempt) => void) | null | undefined;
}
