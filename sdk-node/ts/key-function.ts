// A key function of the application, as the native side asks it.

/** A function that never throws by itself: what the application's throws, or gives in place of a string, rejects. */
export function keyFunction(ask: () => string | PromiseLike<string>): () => Promise<string> {
  return async () => {
    const key: unknown = await ask();
    if (typeof key !== 'string') throw new TypeError(`it gave a value of type ${typeof key} in place of a string`);
    return key;
  };
}
