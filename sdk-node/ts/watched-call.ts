// Calls for which functions of the application run, each in the asynchronous context of its caller.

import { AsyncResource } from 'node:async_hooks';

/** The calls in flight for which something may run, by the numbers by which the native part names them. */
export class WatchedCalls {
  readonly #inFlight = new Map<number, WatchedCall>();
  #last = 0;

  /** Keeps the context of whoever makes a call. */
  make(): WatchedCall {
    // The native part has 32 bits for it; so many calls are not in flight.
    this.#last = (this.#last + 1) >>> 0;
    return new WatchedCall(this.#last, this.#inFlight);
  }

  /** Runs `step` in the context of a call; in the current one where it has ended. */
  run<T>(number: number | null, step: () => T): T {
    const call = number === null ? undefined : this.#inFlight.get(number);
    return call === undefined ? step() : call.runInAsyncScope(step);
  }
}

/** The context of one call, or of many. */
export class WatchedCall extends AsyncResource {
  readonly number: number;
  readonly #inFlight: Map<number, WatchedCall>;

  constructor(number: number, inFlight: Map<number, WatchedCall>) {
    super('RuntypeCall');
    this.number = number;
    this.#inFlight = inFlight;
  }

  /** To be called before the call is sent. */
  begin(): void {
    this.#inFlight.set(this.number, this);
  }

  end(): void {
    this.#inFlight.delete(this.number);
  }
}
