// A key function of the application, as the native part calls it.

import { kindOf } from './argument.js';
import { native } from './native.js';
import type { WatchedCall } from './watched-call.js';

/**
 * A function that never throws by itself: it rejects with what the application's throws, or where that returns no string. It
 * runs the application's in the context of the call that asks.
 */
export function keyFunction(
  ask: () => string | PromiseLike<string>,
  find: (number: number) => WatchedCall | undefined,
): (call: number | null) => Promise<string> {
  return async (number) => {
    const call = number === null ? undefined : find(number);
    const key: unknown = await (call === undefined ? ask() : call.run(async () => ask()));
    if (typeof key !== 'string') throw new TypeError(native.notAKey(kindOf(key)));
    return key;
  };
}
