// Reads the application's arguments: their getters, proxies and iterators may throw, and their strings may be no Unicode.

import { SurfaceError } from './errors.js';
import { native } from './native.js';
import { refused, unwrap } from './native-error.js';

/** Reads an option or argument by `step`. What the application's own code throws there becomes the cause of the error. */
export function reading<T>(option: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (isOurs(error)) throw error;
    throw refused(option, `it cannot be read: ${messageOf(error)}`, error);
  }
}

/** A string as it is. Half a surrogate pair is refused: UTF-8 has none, and the core would get another string. */
export function wellFormed(option: string, text: string): string {
  if (/\p{Surrogate}/u.test(text)) unwrap(native.loneSurrogate(option));
  return text;
}

/** The text of a URL, whose class may be the application's own. */
export function urlText(option: string, url: string | URL): string {
  return reading(option, () => wellFormed(option, String(url)));
}

/** The kind of a value that is not as expected, without the value: it may be a key. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}

/** The message of a thrown value, whatever it is. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'a value that cannot be shown was thrown';
  }
}

function isOurs(error: unknown): error is SurfaceError {
  try {
    return error instanceof SurfaceError;
  } catch {
    // A proxy was thrown.
    return false;
  }
}
