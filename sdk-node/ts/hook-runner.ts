// Runs the application's hooks.

import process from 'node:process';

import { type AttemptReport, attemptOf } from './attempt.js';
import { warn } from './hook-warning.js';
import type { AttemptStart, Hooks } from './hooks.js';
import { type NativeError, unwrap } from './native-error.js';
import type { WatchedCall } from './watched-call.js';

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

/** The start or the end of an attempt, with the number of its call. */
interface AttemptReported {
  call: number;
  report: string;
}

/** Calls the hooks with the core's reports; an error in the reports' place becomes a process warning. It never throws. */
export type RunHooks = (reports: AttemptReported[] | NativeError) => void;

/** What calls these hooks, and what is told of attempts, each in the context of its call. `find` gives the call of a number. */
export function hookRunner(
  { beforeAttempt, afterAttempt }: Hooks,
  find: (number: number) => WatchedCall | undefined,
): RunHooks {
  const runAll = (reports: AttemptReported[]) => {
    for (const { call: number, report } of reports) {
      const { start, end }: Report = JSON.parse(report);
      const [attemptStart, attempt] = [startOf(start), end === null ? undefined : attemptOf(end)];
      const call = find(number);
      const step = () => {
        call?.trace?.attempt(attemptStart, attempt);
        if (attempt === undefined) run('beforeAttempt', () => beforeAttempt?.(attemptStart));
        else run('afterAttempt', () => afterAttempt?.(attemptStart, attempt));
      };
      if (call === undefined) step();
      else call.run(step);
    }
  };
  return (reports) => {
    try {
      runAll(unwrap(reports));
    } catch (internalError) {
      process.emitWarning(internalError as Error);
    }
  };
}

async function run(name: string, hook: () => unknown): Promise<void> {
  try {
    await hook();
  } catch (reason) {
    warn(name, reason);
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
