// The input of a call, written as JSON.

import { kindOf, messageOf } from './argument.js';
import { native } from './native.js';
import { refused } from './native-error.js';

/** An input as JSON text, or why there is none. */
export type Written = { readonly json: string } | { readonly problem: string; readonly cause?: unknown };

/** The input as JSON text. The core checks that it is an object. */
export function jsonOf(input: unknown): string {
  const written = write(input);
  if ('json' in written) return written.json;
  throw refused('input', written.problem, written.cause);
}

/** Writes an input. It never throws. */
export function write(input: unknown): Written {
  try {
    const problem = mistakeIn(input);
    if (problem !== undefined) return { problem };
    const json = JSON.stringify(input);
    if (json !== undefined) return { json };
  } catch (cause) {
    // A cycle, a BigInt, or a toJSON, a getter or a proxy that throws.
    return { problem: native.notWritable(messageOf(cause)), cause };
  }
  return { problem: native.notAnObject(kindOf(input)) };
}

/** An object that JSON writes as an empty one, although it holds something; with the remedy. */
function mistakeIn(input: unknown): string | undefined {
  if (input instanceof Promise) return `${native.notAnObject('a Promise')}: await it first`;
  if (input instanceof Map) return `${native.notAnObject('a Map')}: pass Object.fromEntries(map)`;
  if (input instanceof Set) return `${native.notAnObject('a Set')}: pass an object that has [...set]`;
  for (const [name, type, remedy] of OPAQUE) {
    if (input instanceof type) return `${native.notAnObject(name)}: ${remedy}`;
  }
  return undefined;
}

const ENTRIES = 'pass Object.fromEntries(…) of it';
const CONTENT = 'pass an object that has its content';

/** Objects whose content JSON does not see: it writes them as `{}`. */
const OPAQUE: readonly (readonly [string, new (...given: never[]) => object, string])[] = [
  ['FormData', FormData, ENTRIES],
  ['URLSearchParams', URLSearchParams, ENTRIES],
  ['Headers', Headers, ENTRIES],
  ['an Error', Error, 'pass an object that has its message'],
  ['a WeakMap', WeakMap, CONTENT],
  ['a WeakSet', WeakSet, CONTENT],
  ['a ReadableStream', ReadableStream, CONTENT],
  ['a Blob', Blob, CONTENT],
  ['an ArrayBuffer', ArrayBuffer, CONTENT],
  ['a Request', Request, CONTENT],
  ['a Response', Response, CONTENT],
  ['a RegExp', RegExp, CONTENT],
];
