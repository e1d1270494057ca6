// Reading what the application gives: its getters, proxies and iterators may throw, and its strings may be no Unicode.

import { RuntypeError } from './errors.js';
import { refusal } from './native-error.js';

/** Reads an option or argument by `step`. What the application's own code throws there becomes the cause of a refusal. */
export function reading<T>(option: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (isOurs(error)) throw error;
    throw refusal(option, `it cannot be read: ${wordsOf(error)}`, error);
  }
}

/** A string as it is. Half a surrogate pair is refused: UTF-8 has none, and the core would get another string. */
export function wholeText(option: string, text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw refusal(option, 'it has half a surrogate pair, which is no character');
  return text;
}

/** What was thrown, in words, whatever it is. */
export function wordsOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'a value that cannot be shown was thrown';
  }
}

function isOurs(error: unknown): error is RuntypeError {
  try {
    return error instanceof RuntypeError;
  } catch {
    // A proxy was thrown.
    return false;
  }
}
