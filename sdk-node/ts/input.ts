// The input of a call, written as JSON.

import { messageOf } from './argument.js';
import { refused } from './native-error.js';

/** The input as JSON text. The core checks that it is an object. */
export function jsonOf(input: unknown): string {
  let mistake: string | undefined;
  let json: string | undefined;
  try {
    mistake = mistakeIn(input);
    if (mistake === undefined) json = JSON.stringify(input);
  } catch (cause) {
    // A cycle, a BigInt, or a toJSON, a getter or a proxy that throws.
    throw refused('input', `it cannot be written as JSON: ${messageOf(cause)}`, cause);
  }
  if (mistake !== undefined) throw refused('input', `${mistake}, and a capability takes a JSON object`);
  if (json === undefined) {
    throw refused(
      'input',
      `it is of type ${typeof input}, and a capability takes a JSON object, such as { input: 'Your input here' }`,
    );
  }
  return json;
}

/** An object that JSON writes as an empty one, although it holds something; with the remedy. */
function mistakeIn(input: unknown): string | undefined {
  if (input instanceof Promise) return 'it is a Promise: await it first';
  if (input instanceof Map) return 'it is a Map: give Object.fromEntries(it)';
  if (input instanceof Set) return 'it is a Set: give an object that has [...it]';
  return undefined;
}
