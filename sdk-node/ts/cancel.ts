// Cancels calls by an AbortSignal.

import type { CallSite } from './call-site.js';
import { native } from './native.js';
import { unwrap } from './native-error.js';

/** The native handle that cancels one call. */
export type Cancel = InstanceType<typeof native.Cancel>;

/** What a signal cancels. */
export interface Cancellable {
  cancel(): void;
}

/** One listener a signal, however many calls it cancels: Node warns of a leak from the eleventh listener on. */
class AbortListener {
  readonly #cancellables = new Set<Cancellable>();
  readonly #signal: AbortSignal;
  readonly #abort = () => {
    for (const cancellable of this.#cancellables) cancellable.cancel();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(cancellable: Cancellable): void {
    if (this.#cancellables.size === 0) this.#signal.addEventListener('abort', this.#abort);
    this.#cancellables.add(cancellable);
  }

  remove(cancellable: Cancellable): void {
    this.#cancellables.delete(cancellable);
    if (this.#cancellables.size === 0) this.#signal.removeEventListener('abort', this.#abort);
  }
}

const listeners = new WeakMap<AbortSignal, AbortListener>();

/** Cancels `cancellable` once `signal` is aborted, until the returned function is called. */
export function cancelOnAbort(signal: AbortSignal, cancellable: Cancellable): () => void {
  if (signal.aborted) {
    cancellable.cancel();
    return () => undefined;
  }
  let listener = listeners.get(signal);
  if (listener === undefined) {
    listener = new AbortListener(signal);
    listeners.set(signal, listener);
  }
  listener.add(cancellable);
  return () => listener.remove(cancellable);
}

/**
 * Runs `send` with a handle that `signal` cancels. Once the signal is aborted the promise rejects with its reason, as the
 * platform's own functions do, and the request is dropped by then.
 */
export async function sendWithSignal<T>(
  signal: AbortSignal,
  site: CallSite,
  send: (cancel: Cancel) => T | Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const cancel = site.run(() => unwrap(native.openCancel()));
  const stopListening = cancelOnAbort(signal, cancel);
  try {
    const result = await send(cancel);
    signal.throwIfAborted();
    return result;
  } finally {
    stopListening();
  }
}
