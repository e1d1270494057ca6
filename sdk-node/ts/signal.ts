// Ties calls to an AbortSignal.

import { native } from './native.js';

type Cancel = InstanceType<typeof native.Cancel>;

/** One listener a signal, however many calls follow it: Node warns of a leak from the eleventh on. */
class Followers {
  readonly #cancels = new Set<Cancel>();
  readonly #signal: AbortSignal;
  readonly #abort = () => {
    for (const cancel of this.#cancels) cancel.cancel();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(cancel: Cancel): void {
    if (this.#cancels.size === 0) this.#signal.addEventListener('abort', this.#abort);
    this.#cancels.add(cancel);
  }

  remove(cancel: Cancel): void {
    this.#cancels.delete(cancel);
    if (this.#cancels.size === 0) this.#signal.removeEventListener('abort', this.#abort);
  }
}

const followersOf = new WeakMap<AbortSignal, Followers>();

/**
 * Runs `send` with a handle that follows `signal`. Once the signal is aborted the promise rejects with its reason, as the
 * platform's own functions do, and the request is dropped by then.
 */
export async function following<T>(signal: AbortSignal, send: (cancel: Cancel) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const cancel = new native.Cancel();
  let followers = followersOf.get(signal);
  if (followers === undefined) {
    followers = new Followers(signal);
    followersOf.set(signal, followers);
  }
  followers.add(cancel);
  try {
    const result = await send(cancel);
    signal.throwIfAborted();
    return result;
  } finally {
    followers.remove(cancel);
  }
}
