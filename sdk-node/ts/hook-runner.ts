// Runs the application's hooks.

import process from 'node:process';

import { messageOf } from './argument.js';
import { type AttemptReport, attemptOf } from './attempt.js';
import type { AttemptStart, Hooks } from './hooks.js';
import { type NativeError, unwrap } from './native-error.js';

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
