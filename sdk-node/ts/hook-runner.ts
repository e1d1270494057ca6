// Runs the application's hooks.

import process from 'node:process';

import { messageOf } from './argument.js';
import { type AttemptReport, attemptOf } from './attempt.js';
import type { AttemptStart, Hooks } from './hooks.js';
import { native } from './native.js';
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
      if (end === null) run('beforeAttempt', () => beforeAttempt?.(attemptStart));
      else run('afterAttempt', () => afterAttempt?.(attemptStart, attemptOf(end)));
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

/** A process warning of one line, without credentials. What the hook threw, itself, is its `cause`. */
function warn(hook: string, reason: unknown): void {
  const warning = new Error(native.hookFailed(hook, shown(reason)), { cause: reason });
  warning.name = 'RuntypeHookWarning';
  // Its own frames tell nothing of the hook.
  warning.stack = `${warning.name}: ${warning.message}`;
  process.emitWarning(warning);
}

/** The name and message of a thrown value, whatever it is. */
function shown(reason: unknown): string {
  try {
    if (reason instanceof Error) return `${reason.name}: ${messageOf(reason)}`;
  } catch {
    // A proxy was thrown.
  }
  return messageOf(reason);
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
