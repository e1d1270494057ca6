// A stream of events.

import { type Attempt, type AttemptReport, attemptsOf } from './attempt.js';
import type { CallSite } from './call-site.js';
import { cancelOnAbort } from './cancel.js';
import { type HeaderPairs, headersOf } from './headers.js';
import type { native } from './native.js';
import { unwrap } from './native-error.js';
import { type EventReports, StreamEvent } from './stream-event.js';

type NativeStream = InstanceType<typeof native.EventStream>;

/** What is known of a stream once its response has begun. */
export interface StreamResponse {
  /** The HTTP status, 200 to 299. */
  readonly status: number;
  /** The response's headers. */
  readonly headers: Headers;
  /** The request's id, from the header `X-Request-Id` (assumed). */
  readonly requestId: string | null;
  /** Every attempt until the stream began. */
  readonly attempts: readonly Attempt[];
}

interface ResponseReport {
  status: number;
  headers: HeaderPairs;
  request_id: string | null;
  attempts: AttemptReport[];
}

/**
 * A capability's response as events, each yielded as it arrives; {@link Client.stream} returns it.
 *
 * Nothing is sent before it is read. It is read once: by `for await`, {@link EventStream.text},
 * {@link EventStream.finalOutput} or {@link EventStream.toReadableStream}. A slow reader holds back the server. Leaving the
 * loop, {@link EventStream.close} and the signal close the connection at once.
 *
 * @example
 * ```js
 * import { Client } from 'runtype-surface';
 *
 * for await (const event of new Client().stream('support-agent', { input: 'Where is my parcel?' })) {
 *   if (event.name === 'text_delta') process.stdout.write(event.delta ?? '');
 * }
 * ```
 */
export class EventStream implements AsyncIterableIterator<StreamEvent, undefined, undefined> {
  readonly #open: (signal: AbortSignal) => Promise<NativeStream>;
  readonly #site: CallSite;
  /** The application's, if there is one. */
  readonly #signal: AbortSignal | undefined;
  /** Aborted with the application's signal, and by `close`. */
  readonly #controller = new AbortController();
  #opening: Promise<NativeStream> | undefined;
  #reading: Promise<void> | undefined;
  /** Events that came together with one that was yielded. */
  #batch: EventReports = [];
  #next = 0;
  #isEnded = false;
  #lastId = '';
  #failure: { reason: unknown } | undefined;
  #executionId: string | null = null;
  #finalOutput: unknown = null;
  #stopListening: (() => void) | undefined;

  /** @internal */
  constructor(open: (signal: AbortSignal) => Promise<NativeStream>, site: CallSite, signal: AbortSignal | undefined) {
    this.#open = open;
    this.#site = site;
    this.#signal = signal;
  }

  /**
   * Sends the call, if it is not sent yet, and waits until the response has begun.
   *
   * @throws As {@link Client.call}.
   */
  async response(): Promise<StreamResponse> {
    const stream = await this.#opened();
    const report: ResponseReport = JSON.parse(this.#site.run(() => unwrap(stream.report)));
    return {
      status: report.status,
      headers: headersOf(report.headers),
      requestId: report.request_id,
      attempts: attemptsOf(report.attempts),
    };
  }

  /** The execution's id, once an event that was read has it. */
  get executionId(): string | null {
    return this.#executionId;
  }

  /**
   * The next event.
   *
   * @throws As {@link Client.call}, before the first event; {@link StreamError} where the stream breaks, ends without a
   * closing event, or reports an error; {@link APITimeoutError} where nothing is received for `streamIdleTimeoutMs`. After an
   * error there are no more events.
   */
  next(): Promise<IteratorResult<StreamEvent, undefined>> {
    if (this.#next >= this.#batch.length) return this.#wait();
    return Promise.resolve({ done: false, value: this.#take() });
  }

  /** Closes the connection at once: what `break` in a `for await` does. */
  async return(): Promise<IteratorResult<StreamEvent, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** The stream itself: it is read once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /**
   * Reads to the end, and returns the text of the `text_delta` events that were not read yet.
   *
   * @throws As {@link EventStream.next}; after an error the same one.
   */
  async text(): Promise<string> {
    let text = '';
    for await (const event of this) if (event.name === 'text_delta') text += event.delta ?? '';
    this.#throwIfFailed();
    return text;
  }

  /**
   * Reads to the end, and returns the output of the `execution_complete` event; `null` where there was none. It may be called
   * after all events were read.
   *
   * @typeParam T - The output's type. It is not checked.
   * @throws As {@link EventStream.next}; after an error the same one.
   */
  async finalOutput<T = unknown>(): Promise<T> {
    while (!(await this.next()).done);
    this.#throwIfFailed();
    return this.#finalOutput as T;
  }

  /** The events as a `ReadableStream` of the platform; cancelling it closes the connection at once. */
  toReadableStream(): ReadableStream<StreamEvent> {
    return new ReadableStream<StreamEvent>(
      {
        pull: async (controller) => {
          const { done, value } = await this.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => this.close(),
      },
      // An event is read when the reader asks for it, not before.
      { highWaterMark: 0 },
    );
  }

  /** Closes the connection at once, or drops the in-flight call; there are no more events. */
  async close(): Promise<void> {
    this.#end();
    this.#controller.abort();
  }

  /** Closes the stream at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #opened(): Promise<NativeStream> {
    this.#opening ??= this.#begin();
    return this.#opening;
  }

  async #begin(): Promise<NativeStream> {
    const controller = this.#controller;
    controller.signal.throwIfAborted();
    const signal = this.#signal;
    if (signal !== undefined) {
      // A weak reference: a signal that lives long must not keep a stream that nobody reads any more.
      const weak = new WeakRef(controller);
      this.#stopListening = cancelOnAbort(signal, { cancel: () => weak.deref()?.abort(signal.reason) });
    }
    const stream = await this.#open(controller.signal);
    const stop = () => {
      this.#batch = [];
      stream.close();
    };
    if (controller.signal.aborted) stop();
    else controller.signal.addEventListener('abort', stop, { once: true });
    return stream;
  }

  async #read(): Promise<void> {
    try {
      const stream = await this.#opened();
      const batch = (await stream.nextBatch()) as EventReports | undefined;
      if (this.#isEnded) return;
      this.#controller.signal.throwIfAborted();
      this.#batch = this.#site.run(() => unwrap(batch)) ?? [];
      this.#next = 0;
      if (batch === undefined) this.#end();
    } catch (reason) {
      if (this.#isEnded) return;
      this.#end();
      this.#failure = { reason };
      throw reason;
    }
  }

  /** The first event of the next batch. */
  async #wait(): Promise<IteratorResult<StreamEvent, undefined>> {
    while (this.#next >= this.#batch.length) {
      if (this.#isEnded) return { done: true, value: undefined };
      if (this.#controller.signal.aborted) {
        const { reason } = this.#controller.signal;
        this.#end();
        this.#failure = { reason };
        throw reason;
      }
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return { done: false, value: this.#take() };
  }

  #take(): StreamEvent {
    const at = this.#next;
    this.#next += 3;
    this.#lastId = (this.#batch[at + 2] as string | null) ?? this.#lastId;
    const event = new StreamEvent(this.#batch[at] as string, this.#batch[at + 1], this.#lastId);
    this.#executionId ??= event.executionId;
    if (event.name === 'execution_complete') this.#finalOutput = event.finalOutput;
    return event;
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  #end(): void {
    this.#isEnded = true;
    this.#batch = [];
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}
