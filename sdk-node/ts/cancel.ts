// Ties calls to an AbortSignal.

import { native } from './native.js';
import { type CallSite, unlessFailed } from './native-error.js';

type Cancel = InstanceType<typeof native.Cancel>;

/** What a signal cancels. */
export interface Cancellable {
  cancel(): void;
}

/** One listener a signal, however many calls follow it: Node warns of a leak from the eleventh on. */
class Followers {
  readonly #cancels = new Set<Cancellable>();
  readonly #signal: AbortSignal;
  readonly #abort = () => {
    for (const cancel of this.#cancels) cancel.cancel();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(cancel: Cancellable): void {
    if (this.#cancels.size === 0) this.#signal.addEventListener('abort', this.#abort);
    this.#cancels.add(cancel);
  }

  remove(cancel: Cancellable): void {
    this.#cancels.delete(cancel);
    if (this.#cancels.size === 0) this.#signal.removeEventListener('abort', this.#abort);
  }
}

const followersOf = new WeakMap<AbortSignal, Followers>();

/** Cancels `follower` once `signal` is aborted, until the function that it gives is called. */
export function follow(signal: AbortSignal, follower: Cancellable): () => void {
  if (signal.aborted) {
    follower.cancel();
    return () => undefined;
  }
  let followers = followersOf.get(signal);
  if (followers === undefined) {
    followers = new Followers(signal);
    followersOf.set(signal, followers);
  }
  followers.add(follower);
  return () => followers.remove(follower);
}

/**
 * Runs `send` with a handle that follows `signal`. Once the signal is aborted the promise rejects with its reason, as the
 * platform's own functions do, and the request is dropped by then.
 */
export async function following<T>(
  signal: AbortSignal,
  site: CallSite,
  send: (cancel: Cancel) => T | Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const cancel = site.run(() => unlessFailed(native.openCancel()));
  const unfollow = follow(signal, cancel);
  try {
    const result = await send(cancel);
    signal.throwIfAborted();
    return result;
  } finally {
    unfollow();
  }
}
