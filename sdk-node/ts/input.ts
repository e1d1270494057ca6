import { wordsOf } from './argument.js';
import { refusal } from './native-error.js';

/** The input as JSON text. That it is an object the core checks. */
export function jsonOf(input: unknown): string {
  let instead: string | undefined;
  let json: string | undefined;
  try {
    instead = insteadOf(input);
    if (instead === undefined) json = JSON.stringify(input);
  } catch (cause) {
    // A cycle, a BigInt, or a toJSON, a getter or a proxy that throws.
    throw refusal('input', `it cannot be written as JSON: ${wordsOf(cause)}`, cause);
  }
  if (instead !== undefined) throw refusal('input', `${instead}, and a capability takes a JSON object`);
  if (json === undefined) {
    throw refusal(
      'input',
      `it is of type ${typeof input}, and a capability takes a JSON object, such as { input: 'Your input here' }`,
    );
  }
  return json;
}

/** What JSON would make an empty object of, although it holds something; with the remedy. */
function insteadOf(input: unknown): string | undefined {
  if (input instanceof Promise) return 'it is a Promise: await it first';
  if (input instanceof Map) return 'it is a Map: give Object.fromEntries(it)';
  if (input instanceof Set) return 'it is a Set: give an object that has [...it]';
  return undefined;
}
