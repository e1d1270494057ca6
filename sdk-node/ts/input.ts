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
    // What JSON does not see it writes as an empty object, so that other inputs need no second look.
    const mayHide = typeof input === 'object' && input !== null && json?.includes('{}');
    const hidden = mayHide ? hiddenIn(input) : undefined;
    if (hidden !== undefined) return { problem: hidden };
    if (json !== undefined) return { json };
  } catch (cause) {
    // A cycle, a BigInt, or a toJSON, a getter or a proxy that throws.
    return { problem: native.notWritable(messageOf(cause)), cause };
  }
  return { problem: native.notAnObject(kindOf(input)) };
}

/** Why an input is no JSON object, with the remedy. */
function mistakeIn(input: unknown): string | undefined {
  const isPlain = typeof input === 'object' && input !== null && Object.getPrototypeOf(input) === Object.prototype;
  if (isPlain) return undefined;
  const wrong = NOT_AN_INPUT.find(([, type]) => input instanceof type);
  return wrong && `${native.notAnObject(wrong[0])}: ${wrong[2]}`;
}

/** A value inside of an input, and the way to it. */
interface Step {
  readonly value: object;
  readonly key: string;
  readonly above: Step | undefined;
}

/** Where an input holds an object whose content JSON does not see; with the remedy. */
function hiddenIn(input: object): string | undefined {
  const waiting: Step[] = [{ value: input, key: '', above: undefined }];
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    const { value } = step;
    // A toJSON says what is written of its object.
    if ('toJSON' in value) continue;
    const keys = Object.keys(value);
    const hidden = keys.length === 0 && OPAQUE.find(([, type]) => value instanceof type);
    if (hidden) return `${pathOf(step)} is ${hidden[0]}, which JSON writes as {}: ${hidden[2]}`;
    for (const key of keys) {
      const inside: unknown = (value as Record<string, unknown>)[key];
      if (typeof inside === 'object' && inside !== null) waiting.push({ value: inside, key, above: step });
    }
  }
  return undefined;
}

/** The way to a value: `input.items[0]`. The first steps tell, and a key may be long. */
function pathOf(last: Step): string {
  const steps: string[] = [];
  for (let step: Step = last; step.above !== undefined; step = step.above) {
    const { key } = step;
    const isIndex = Array.isArray(step.above.value);
    if (isIndex) steps.push(`[${key}]`);
    else steps.push(/^[a-z_$][\w$]{0,40}$/i.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 40))}]`);
  }
  const shown = steps.reverse().slice(0, 8).join('');
  return `input${shown}${steps.length > 8 ? '…' : ''}`;
}

type Refused = readonly [name: string, type: abstract new (...given: never[]) => object, remedy: string];

const ENTRIES = 'pass Object.fromEntries(…) of it';
const CONTENT = 'pass an object that has its content';

/** Objects whose content JSON does not see: it writes them as `{}`. */
const OPAQUE: readonly Refused[] = [
  ['a Promise', Promise, 'await it first'],
  ['a Map', Map, 'pass Object.fromEntries(map)'],
  ['a Set', Set, 'pass an array, such as [...set]'],
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

/** Objects that are no input, although JSON may hold them inside of one. */
const NOT_AN_INPUT: readonly Refused[] = [
  ['a Set', Set, 'pass an object that has [...set]'],
  ['a Date', Date, 'pass an object that has its toISOString()'],
  ['a URL', URL, 'pass an object that has its href'],
  ...OPAQUE,
];
