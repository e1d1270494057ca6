// What is told of a call to OpenTelemetry and to the diagnostics channels.

import type { Attempt } from './attempt.js';
import { type DiagnosticsCall, hasAttemptSubscribers, hasSubscribers, publish } from './diagnostics.js';
import { warn } from './hook-warning.js';
import type { AttemptStart } from './hooks.js';
import { type CallSpan, SpanParent, type TraceParent } from './open-telemetry.js';
import type { SpanEndReport, SpanStartReport } from './span-report.js';

/** Where a call was made that somebody wants to be told of. */
export class TraceOrigin {
  readonly #parent: SpanParent | undefined;
  readonly hasAttempts: boolean;

  private constructor(parent: SpanParent | undefined) {
    this.#parent = parent;
    this.hasAttempts = hasAttemptSubscribers();
  }

  /** `undefined` where nobody wants to be told. */
  static current(): TraceOrigin | undefined {
    const parent = guarded(() => SpanParent.current());
    return parent === undefined && !hasSubscribers() ? undefined : new TraceOrigin(parent);
  }

  /** Tells of a call that is about to be sent, which the core reports as JSON text. */
  start(report: string): CallTrace {
    const start: SpanStartReport = JSON.parse(report);
    return new CallTrace(
      start,
      guarded(() => this.#parent?.start(start)),
    );
  }
}

/** One call that has begun. */
export class CallTrace {
  readonly #call: DiagnosticsCall;
  readonly #span: CallSpan | undefined;
  #isEnded = false;

  constructor({ name, attributes }: SpanStartReport, span: CallSpan | undefined) {
    this.#call = Object.freeze({ name, attributes: Object.freeze(attributes) });
    this.#span = span;
    publish.callStart({ call: this.#call });
  }

  /** What its requests send. */
  get parent(): TraceParent | undefined {
    return guarded(() => this.#span?.parent);
  }

  attempt(start: AttemptStart, attempt: Attempt | undefined): void {
    if (attempt === undefined) publish.attemptStart({ call: this.#call, attempt: start });
    else publish.attemptEnd({ call: this.#call, start, attempt });
  }

  /** Tells how it has ended, which the core reports as JSON text. Only the first end counts. */
  end(report: () => string | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    let parsed: SpanEndReport | undefined;
    const read = () => {
      const text = parsed === undefined ? report() : undefined;
      if (text !== undefined) parsed = JSON.parse(text);
      return parsed;
    };
    guarded(() => this.#span?.end(read));
    if (!hasSubscribers()) return;
    const { attributes = {}, status } = read() ?? {};
    if (status?.code === 'error') publish.callError({ call: this.#call, attributes });
    publish.callEnd({ call: this.#call, attributes });
  }
}

/** Runs what may call OpenTelemetry. What that throws becomes a process warning, and affects no call. */
function guarded<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (reason) {
    warn('OpenTelemetry', reason);
    return undefined;
  }
}
