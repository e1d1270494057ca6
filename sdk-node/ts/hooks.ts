// The application's hooks, which watch each attempt.

import process from 'node:process';

import { messageOf } from './argument.js';
import { type Attempt, type AttemptReport, attemptOf } from './attempt.js';
import { type NativeError, unwrap } from './native-error.js';

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
   * nothing for the call and becomes a process warning.
   */
  beforeAttempt?: ((start: AttemptStart) => void) | undefined;
  /**
   * Called in the same way when an attempt has ended, whether it is retried or not, before the call resolves. An attempt of
   * a call that was aborted has no end.
   */
  afterAttempt?: ((start: AttemptStart, end: Attempt) => void) | undefined;
}

interface Report {
  start: {
    number: number;
    capability: string | null;
    method: string;
    url: string;
    key_hint: string;
    waited_ms: number;
  };
  end: AttemptReport | null;
}

/** Calls the hooks with the core's reports; an error in the reports' place becomes a process warning. It never throws. */
export type RunHooks = (reports: string[] | NativeError) => void;

/** What calls these hooks; `undefined` where there are none. */
export function hookRunner({ beforeAttempt, afterAttempt }: Hooks): RunHooks | undefined {
  if (beforeAttempt === undefined && afterAttempt === undefined) return undefined;
  const runAll = (reports: string[]) => {
    for (const report of reports) {
      const { start, end }: Report = JSON.parse(report);
      const attemptStart = startOf(start);
      if (end === null) run(() => beforeAttempt?.(attemptStart));
      else run(() => afterAttempt?.(attemptStart, attemptOf(end)));
    }
  };
  return (reports) => {
    run(() => runAll(unwrap(reports)));
  };
}

async function run(hook: () => unknown): Promise<void> {
  try {
    await hook();
  } catch (reason) {
    warn(reason);
  }
}

function warn(reason: unknown): void {
  try {
    process.emitWarning(reason as Error);
  } catch {
    // It is no Error, or a proxy of one.
    process.emitWarning(messageOf(reason));
  }
}

function startOf(start: Report['start']): AttemptStart {
  return {
    number: start.number,
    capability: start.capability,
    method: start.method,
    url: start.url,
    keyHint: start.key_hint,
    waitedMs: start.waited_ms,
  };
}
