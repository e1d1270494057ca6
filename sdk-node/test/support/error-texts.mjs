import { inspect } from 'node:util';

/** Every text that can be had of an error. */
export function shownBy(error) {
  return [
    String(error),
    error.stack,
    inspect(error, { depth: 10, maxArrayLength: null, maxStringLength: null, showHidden: true }),
    JSON.stringify(error),
    error.body === undefined ? '' : Buffer.from(error.body).toString(),
  ];
}
