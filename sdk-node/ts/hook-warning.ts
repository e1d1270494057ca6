// What a function of the application throws that watches a call: it affects no call.

import process from 'node:process';

import { messageOf } from './argument.js';
import { native } from './native.js';

/** A process warning of one line, without credentials. What was thrown, itself, is its `cause`. */
export function warn(hook: string, reason: unknown): void {
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
