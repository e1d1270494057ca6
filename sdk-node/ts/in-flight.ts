// The calls of a client that have not ended, for which closing it waits.

/** Counts them; of a derived client, also for the one that it is derived from. */
export class InFlight {
  readonly #origin: InFlight | undefined;
  #count = 0;
  #whenIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(origin?: InFlight) {
    this.#origin = origin;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined || this.#origin?.isClosed === true;
  }

  /** Counts a call until it has ended. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    this.#add(1);
    try {
      return await call();
    } finally {
      this.#add(-1);
    }
  }

  /** Refuses new calls, and runs `release` once those in flight have ended. */
  close(release: () => void): Promise<void> {
    this.#closed ??= new Promise<void>((resolve, reject) => {
      this.#whenIdle = () => {
        try {
          release();
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      if (this.#count === 0) this.#whenIdle();
    });
    return this.#closed;
  }

  #add(calls: number): void {
    this.#count += calls;
    if (this.#count === 0) this.#whenIdle?.();
    if (this.#origin !== undefined) this.#origin.#add(calls);
  }
}
