// What is told of each of many calls.

import type { CallTrace } from './call-trace.js';
import { native } from './native.js';
import type { TraceParent } from './open-telemetry.js';
import type { WatchedCall } from './watched-call.js';

/** Ends the calls whose results nobody can read any more. */
const dropped = new FinalizationRegistry<ManyTraces>((traces) => traces.endAll());

/** The calls whose results have not been read, by the positions of their inputs. */
export class ManyTraces {
  readonly #watched: WatchedCall;
  readonly #begun = new Map<number, CallTrace>();

  constructor(watched: WatchedCall) {
    this.#watched = watched;
  }

  /** Ends them with the reader of the results. */
  endWith(reader: object): void {
    dropped.register(reader, this);
  }

  /** Tells of a call whose input is taken; what its request sends. */
  begin(index: number, spanStart: string | undefined): TraceParent | undefined {
    const trace = this.#watched.startOne(spanStart);
    if (trace !== undefined) this.#begun.set(index, trace);
    return trace?.parent;
  }

  end(index: number, spanEnd: string | undefined): void {
    this.#begun.get(index)?.end(() => spanEnd);
    this.#begun.delete(index);
  }

  endAll(): void {
    for (const trace of this.#begun.values()) trace.end(() => native.cancelledSpan());
    this.#begun.clear();
  }
}
