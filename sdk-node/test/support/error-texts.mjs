// Every text of an error, to look for what it must not hold.

import { inspect } from 'node:util';

/** Shows all that `inspect` can. */
export const INSPECTED = {
  depth: Infinity,
  showHidden: true,
  getters: true,
  maxStringLength: null,
  maxArrayLength: null,
};

/** Every text that an application shows of an error. */
export function shownBy(error) {
  return [
    String(error),
    error.stack,
    inspect(error, { depth: 10, maxArrayLength: null, maxStringLength: null, showHidden: true }),
    JSON.stringify(error),
    error.body === undefined ? '' : Buffer.from(error.body).toString(),
  ];
}

/** Every text of an error, its causes and their properties. */
export function everythingOf(error) {
  const texts = [];
  for (let next = error; next !== undefined && next !== null; next = next.cause) {
    texts.push(String(next), String(next.message), String(next.stack), inspect(next, INSPECTED));
    texts.push(JSON.stringify(next) ?? '');
    for (const name of Reflect.ownKeys(Object(next))) texts.push(String(name), inspect(next[name], INSPECTED));
  }
  return texts;
}
