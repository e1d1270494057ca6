// Calls that something in the process watches: hooks, a key function, OpenTelemetry, or a subscriber of a diagnostics channel.

import { AsyncResource } from 'node:async_hooks';

import { type CallTrace, TraceOrigin } from './call-trace.js';
import { native } from './native.js';
import { unwrap } from './native-error.js';
import type { TraceParent } from './open-telemetry.js';

/** The native end of a call that is watched. */
export type Watch = InstanceType<typeof native.Watch>;

/** The calls in flight that are watched, by the numbers by which the native part names them. */
export class WatchedCalls {
  readonly #inFlight = new Map<number, WatchedCall>();
  readonly #hasFunctions: boolean;
  #last = 0;
  /** Has attempts reported, once somebody wants to be told of them. */
  #listen: (() => void) | undefined;

  /** `hasFunctions`: hooks or a key function may run for each call. */
  constructor(hasFunctions: boolean, hasHooks: boolean, listen: () => void) {
    this.#hasFunctions = hasFunctions;
    this.#listen = listen;
    if (hasHooks) this.#listenToAttempts();
  }

  /** Keeps the context of whoever makes a call; `undefined` where nothing watches it. */
  make(): WatchedCall | undefined {
    const origin = TraceOrigin.current();
    if (!this.#hasFunctions && origin === undefined) return undefined;
    if (origin?.hasAttempts) this.#listenToAttempts();
    // The native part has 32 bits for it; so many calls are not in flight.
    this.#last = (this.#last + 1) >>> 0;
    const hasContext = this.#hasFunctions || origin?.hasAttempts === true;
    return new WatchedCall(this.#last, origin, hasContext, this.#inFlight);
  }

  get(number: number): WatchedCall | undefined {
    return this.#inFlight.get(number);
  }

  #listenToAttempts(): void {
    this.#listen?.();
    this.#listen = undefined;
  }
}

/** One call, or many. */
export class WatchedCall {
  readonly native: Watch;
  readonly #number: number;
  readonly #origin: TraceOrigin | undefined;
  readonly #context: AsyncResource | undefined;
  readonly #inFlight: Map<number, WatchedCall>;
  #trace: CallTrace | undefined;

  constructor(
    number: number,
    origin: TraceOrigin | undefined,
    hasContext: boolean,
    inFlight: Map<number, WatchedCall>,
  ) {
    this.native = unwrap(native.openWatch(number, origin !== undefined));
    this.#number = number;
    this.#origin = origin;
    this.#context = hasContext ? new AsyncResource('RuntypeCall') : undefined;
    this.#inFlight = inFlight;
  }

  /** Has the native part tell of the call that it is about to send; `undefined` where nobody wants to be told. */
  get startSpan(): ((report: string) => TraceParent | null) | undefined {
    return this.#origin && ((report) => this.startOne(report)?.parent ?? null);
  }

  /** What is told of the call, once it has begun. */
  get trace(): CallTrace | undefined {
    return this.#trace;
  }

  /** Tells of a call that is about to be sent. Of many calls, attempts are told as those of the first. */
  startOne(report: string | undefined): CallTrace | undefined {
    const trace = report === undefined ? undefined : this.#origin?.start(report);
    this.#trace ??= trace;
    return trace;
  }

  /** To be called before the call is sent. */
  begin(): void {
    this.#inFlight.set(this.#number, this);
  }

  /** To be called when it has ended; a stream that was opened ends what is told of it later. */
  end(isOpen = false): void {
    this.#inFlight.delete(this.#number);
    if (!isOpen) this.#trace?.end(() => unwrap(this.native.spanEnd) ?? undefined);
  }

  /** Many calls have ended; each has told its own end. */
  endMany(): void {
    this.#inFlight.delete(this.#number);
  }

  /** Runs `step` in the context of the call's caller. */
  run<T>(step: () => T): T {
    return this.#context === undefined ? step() : this.#context.runInAsyncScope(step);
  }
}
