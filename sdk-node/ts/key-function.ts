// A key function of the application, as the native part calls it.

import { kindOf } from './argument.js';
import { native } from './native.js';

/** A function that never throws by itself: it rejects with what the application's throws, or where that returns no string. */
export function keyFunction(ask: () => string | PromiseLike<string>): () => Promise<string> {
  return async () => {
    const key: unknown = await ask();
    if (typeof key !== 'string') throw new TypeError(native.notAKey(kindOf(key)));
    return key;
  };
}
