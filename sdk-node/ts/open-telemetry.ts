// The application's own OpenTelemetry. `@opentelemetry/api` registers it under a global symbol, where it is found; nothing is
// imported.

import type { Attributes, SpanEndReport, SpanStartReport } from './span-report.js';

/** What this package uses of a span. */
interface Span {
  spanContext(): { traceId: string; spanId: string; traceFlags: number; traceState?: { serialize(): string } };
  isRecording(): boolean;
  setAttributes(attributes: Attributes): unknown;
  addEvent(name: string, attributes: Attributes, time: [number, number]): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  end(time?: [number, number]): void;
}

interface Tracer {
  startSpan(name: string, options: { kind: number; attributes: Attributes }, context: unknown): Span;
}

interface TracerProvider {
  getTracer(name: string, version: string): Tracer;
}

interface Api {
  trace?: TracerProvider;
  context?: { active(): unknown };
}

/** What a request sends of its span. */
export interface TraceParent {
  traceparent: string;
  tracestate?: string;
}

const API = Symbol.for('opentelemetry.js.api.1');
/** `SpanKind.CLIENT` of the API. */
const CLIENT = 2;
/** `SpanStatusCode.ERROR` of the API. */
const ERROR = 2;

/** A registered tracer provider, with the context that was active when a call was made. */
export class SpanParent {
  readonly #provider: TracerProvider;
  readonly #context: unknown;

  private constructor(provider: TracerProvider, context: unknown) {
    this.#provider = provider;
    this.#context = context;
  }

  /** `undefined` where no provider is registered. */
  static current(): SpanParent | undefined {
    const api = (globalThis as { [API]?: Api })[API];
    return api?.trace === undefined ? undefined : new SpanParent(api.trace, api.context?.active());
  }

  start({ tracer, name, attributes }: SpanStartReport): CallSpan {
    const { name: tracerName, version } = tracer;
    const options = { kind: CLIENT, attributes };
    return new CallSpan(this.#provider.getTracer(tracerName, version).startSpan(name, options, this.#context));
  }
}

/** The span of one call. */
export class CallSpan {
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  get parent(): TraceParent {
    const { traceId, spanId, traceFlags, traceState } = this.#span.spanContext();
    const flags = (traceFlags & 0xff).toString(16).padStart(2, '0');
    const traceparent = `00-${traceId}-${spanId}-${flags}`;
    return traceState === undefined ? { traceparent } : { traceparent, tracestate: traceState.serialize() };
  }

  /** Ends it, with what the core reports of a call that has ended; `undefined` where it reports nothing. */
  end(report: () => SpanEndReport | undefined): void {
    const told = this.#span.isRecording() ? report() : undefined;
    try {
      if (told !== undefined) this.#tell(told);
    } finally {
      this.#span.end(told?.end ?? undefined);
    }
  }

  #tell({ attributes, events, status }: SpanEndReport): void {
    this.#span.setAttributes(attributes);
    for (const event of events) this.#span.addEvent(event.name, event.attributes, event.time);
    if (status.code === 'error') {
      this.#span.setStatus(
        status.description === null ? { code: ERROR } : { code: ERROR, message: status.description },
      );
    }
  }
}
