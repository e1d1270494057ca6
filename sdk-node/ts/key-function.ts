// A key function of the application, as the native part calls it.

import { kindOf } from './argument.js';
import { native } from './native.js';
import type { WatchedCalls } from './watched-call.js';

/**
 * A function that never throws by itself: it rejects with what the application's throws, or where that returns no string. It
 * runs the application's in the context of the call that asks.
 */
export function keyFunction(
  ask: () => string | PromiseLike<string>,
  calls: WatchedCalls,
): (call: number | null) => Promise<string> {
  return async (call) => {
    const key: unknown = await calls.run(call, async () => ask());
    if (typeof key !== 'string') throw new TypeError(native.notAKey(kindOf(key)));
    return key;
  };
}
