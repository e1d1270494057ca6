// A stream of events.

import { type Attempt, type AttemptReport, attemptsOf } from './attempt.js';
import { type Boundary, CallSite } from './call-site.js';
import { cancelOnAbort } from './cancel.js';
import { StreamError } from './errors.js';
import { eventOf } from './event-fields.js';
import { type HeaderPairs, headersOf } from './headers.js';
import { native } from './native.js';
import { unwrap } from './native-error.js';
import type { StreamEvent } from './stream-event.js';
import { outcomeOf, type StreamOutcome, type Usage, usageOf } from './stream-outcome.js';

/** What is known of a stream once its response has begun. */
export interface StreamResponse {
  /** The HTTP status, 200 to 299. */
  readonly status: number;
  /** The response's headers. */
  readonly headers: Headers;
  /** The request's id, from the header `X-Request-Id` (assumed); `null` where there is none. */
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

/** Events as they cross together: the name, the data and the id (`null`: still the same) of each in turn. */
type Batch = readonly unknown[];

/** What reads an open stream. Each function throws the errors of {@link EventStream.next}. */
export interface EventReader {
  /** What is known since the response began, as JSON text. */
  report(): string;
  /** The execution's id, once an event has it. */
  executionId(): string | null;
  /** The next events; `undefined` after the last one. */
  nextBatch(): Promise<Batch | undefined>;
  /** How the stream ended, and what its execution used, as JSON text. */
  progress(): string;
  /** Reads to the end, for the text of the answer. `undefined` where a panic came before. */
  text(): Promise<string | undefined>;
  /** Reads to the end, for the output of the closing event. */
  finalOutput(): Promise<unknown>;
  /** Closes the connection. */
  close(): void;
}

/**
 * A capability's response as events, each yielded as it arrives; {@link Client.stream} returns it.
 *
 * Nothing is sent before {@link EventStream.response} or the first event is asked for. It is iterated once, by one reader at a
 * time; a slow reader holds back the server. Leaving the loop, {@link EventStream.close} and the signal close the connection
 * at once. A stream that was closed before its end cannot be read any more; a loop that is running ends.
 *
 * @example
 * ```ts
 * import { Client } from 'runtype-surface';
 *
 * const stream = new Client().stream('support-agent', { input: 'Where is my parcel?' });
 * const { status } = await stream.response(); // sends the call; a refused one throws here, before the first event
 * if (status !== 200) throw new Error(`an unusual success: ${status}`);
 * for await (const event of stream) {
 *   if (event.name === 'text_delta') process.stdout.write(event.delta);
 * }
 * ```
 */
export class EventStream implements AsyncIterableIterator<StreamEvent, undefined, undefined> {
  readonly #open: (signal: AbortSignal) => Promise<EventReader>;
  /** The application's, if there is one. */
  readonly #signal: AbortSignal | undefined;
  /** Aborted with the application's signal, and by `close`. */
  readonly #controller = new AbortController();
  #opening: Promise<EventReader> | undefined;
  #reader: EventReader | undefined;
  #reading: Promise<void> | undefined;
  /** Events that came together with one that was yielded. */
  #batch: Batch = [];
  #next = 0;
  /** Whether a loop has its events, or `text` and `finalOutput` have read them. */
  #isRead = false;
  /** Whether a reader came before it was closed. */
  #isBegun = false;
  #isEnded = false;
  #isClosed = false;
  /** Whether it was opened, or is being opened. */
  #isSent = false;
  /** Whether it was closed before its last events were read. */
  #isCut = false;
  /** How many calls of `text` and `finalOutput` wait for the end. */
  #wholes = 0;
  #lastId = '';
  #failure: { reason: unknown } | undefined;
  #text: Promise<string> | undefined;
  #stopListening: (() => void) | undefined;

  /** @internal */
  constructor(open: (signal: AbortSignal) => Promise<EventReader>, signal: AbortSignal | undefined) {
    this.#open = open;
    this.#signal = signal;
  }

  /**
   * Sends the call, if it is not sent yet, and waits until the response has begun.
   *
   * @throws As {@link Client.call}: a wrong option or input, a refused key, a connection that is not made.
   * {@link ConfigurationError} where the stream was closed before it was opened.
   */
  async response(): Promise<StreamResponse> {
    const reader = await this.#opened();
    const report: ResponseReport = JSON.parse(reader.report());
    return {
      status: report.status,
      headers: headersOf(report.headers),
      requestId: report.request_id,
      attempts: attemptsOf(report.attempts),
    };
  }

  /** The execution's id, once an event that was received has it; `null` before. */
  get executionId(): string | null {
    return this.#reader?.executionId() ?? null;
  }

  /** How the stream ended; `null` until that is known, and of a stream that failed, broke or was closed. */
  get outcome(): StreamOutcome | null {
    return this.#reader === undefined ? null : outcomeOf(this.#reader.progress());
  }

  /** What the execution used; `null` until its `execution_complete` event was received. */
  get usage(): Usage | null {
    return this.#reader === undefined ? null : usageOf(this.#reader.progress());
  }

  /**
   * The next event.
   *
   * @throws As {@link Client.call}, before the first event; {@link StreamError} where the stream breaks, ends without a
   * closing event, or reports that the execution failed; {@link APITimeoutError} where nothing is received for
   * `streamIdleTimeoutMs`, or the stream takes longer than `streamTimeoutMs`. After an error there are no more events.
   * {@link ConfigurationError} where another reader waits, or the stream was closed before it was read.
   */
  next(): Promise<IteratorResult<StreamEvent, undefined>> {
    if (this.#next >= this.#batch.length || this.#wholes > 0) return this.#wait();
    return Promise.resolve({ done: false, value: this.#take() });
  }

  /** Closes the connection at once: what `break` in a `for await` does. */
  async return(): Promise<IteratorResult<StreamEvent, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /**
   * The stream itself, which is iterated once.
   *
   * @throws {@link ConfigurationError} where it was already read, or is closed.
   */
  [Symbol.asyncIterator](): this {
    this.#iterate(EventStream.prototype[Symbol.asyncIterator]);
    return this;
  }

  /**
   * Reads to the end, and returns the text of the answer: all `text_delta` events, whether they were read before or not, and
   * each `text_complete` that had none. Text of nested flows and agents (`parentToolCallId`) is left out. It may be called at any
   * time, also after the loop.
   *
   * @throws As {@link EventStream.next}; after an error the same one. {@link StreamError} also where the execution waits at the
   * end (`code` is `awaiting`), and where the text is larger than `maxResponseBytes`. {@link ConfigurationError} where the stream
   * was closed before its end.
   */
  text(): Promise<string> {
    if (this.#text !== undefined) return this.#text;
    const text = this.#whole(EventStream.prototype.text, async (reader) => (await reader.text()) ?? '');
    this.#text = text;
    // A text that was refused may be asked for again.
    text.catch(() => {
      this.#text = undefined;
    });
    return text;
  }

  /**
   * Reads to the end, and returns the output of the `execution_complete` event; `null` where there was none. It may be called
   * at any time, also after the loop.
   *
   * @typeParam T - The output's type. It is not checked.
   * @throws As {@link EventStream.text}.
   */
  async finalOutput<T = unknown>(): Promise<T> {
    const read = async (reader: EventReader) => (await reader.finalOutput()) ?? null;
    return (await this.#whole(EventStream.prototype.finalOutput, read)) as T;
  }

  /**
   * The events as a `ReadableStream` of the platform; cancelling it closes the connection at once.
   *
   * @throws {@link ConfigurationError} where the stream was already read, or is closed.
   */
  toReadableStream(): ReadableStream<StreamEvent> {
    this.#iterate(EventStream.prototype.toReadableStream);
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

  /**
   * Closes the connection at once, or drops the in-flight call. There are no more events; of a stream that was read to its end,
   * the text and the final output stay available.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isCut ||= this.#next < this.#batch.length;
    this.#end();
    this.#controller.abort();
  }

  /** Closes the stream at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #iterate(boundary: Boundary): void {
    if (this.#isRead) refuse(boundary, native.streamAlreadyRead);
    if (this.#isClosed) refuse(boundary, this.#closedStream);
    this.#isRead = true;
  }

  /** The refusal of a closed stream; of one that was never opened, nothing was sent. */
  get #closedStream(): Refusal {
    return this.#isSent ? native.closedStream : native.neverOpenedStream;
  }

  #opened(): Promise<EventReader> {
    this.#opening ??= this.#begin();
    return this.#opening;
  }

  async #begin(): Promise<EventReader> {
    if (this.#isClosed) unwrap<never>(native.neverOpenedStream());
    const controller = this.#controller;
    controller.signal.throwIfAborted();
    const signal = this.#signal;
    if (signal !== undefined) {
      // A weak reference: a signal that lives long must not keep a stream that nobody reads any more.
      const weak = new WeakRef(controller);
      this.#stopListening = cancelOnAbort(signal, { cancel: () => weak.deref()?.abort(signal.reason) });
    }
    this.#isSent = true;
    const reader = await this.#open(controller.signal).catch((reason) => {
      if (this.#isClosed) unwrap<never>(native.closedStream());
      throw reason;
    });
    this.#reader = reader;
    const stop = () => {
      this.#batch = [];
      reader.close();
    };
    if (controller.signal.aborted) stop();
    else controller.signal.addEventListener('abort', stop, { once: true });
    return reader;
  }

  /** What `read` makes of the whole stream. */
  async #whole<T>(boundary: Boundary, read: (reader: EventReader) => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#reading !== undefined) refuse(boundary, native.secondReader);
    if (this.#isCut || (this.#isClosed && this.#reader === undefined)) refuse(boundary, this.#closedStream);
    this.#isRead = this.#isBegun = true;
    this.#wholes += 1;
    const { signal } = this.#controller;
    try {
      const whole = await read(await this.#opened());
      if (!this.#isEnded) signal.throwIfAborted();
      this.#end();
      return whole;
    } catch (reason) {
      if (this.#isClosed) throw reason;
      // The native part knows what a stream is that failed; of one whose text is too large, the output can still be read.
      if (reason instanceof StreamError && !signal.aborted) throw reason;
      throw this.#fail(signal.aborted ? signal.reason : reason);
    } finally {
      this.#wholes -= 1;
    }
  }

  async #read(): Promise<void> {
    try {
      const reader = await this.#opened();
      const batch = await reader.nextBatch();
      if (this.#isEnded) return;
      this.#controller.signal.throwIfAborted();
      this.#batch = batch ?? [];
      this.#next = 0;
      if (batch === undefined) this.#end();
    } catch (reason) {
      if (this.#isEnded) return;
      throw this.#fail(reason);
    }
  }

  /** The first event of the next batch. */
  async #wait(): Promise<IteratorResult<StreamEvent, undefined>> {
    const boundary = EventStream.prototype.next;
    if (this.#reading !== undefined || this.#wholes > 0) refuse(boundary, native.secondReader);
    if (this.#isClosed && !this.#isBegun) refuse(boundary, this.#closedStream);
    this.#isBegun = true;
    while (this.#next >= this.#batch.length) {
      if (this.#isEnded) return { done: true, value: undefined };
      if (this.#controller.signal.aborted) throw this.#fail(this.#controller.signal.reason);
      this.#reading = this.#read().finally(() => {
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
    return eventOf(this.#batch[at] as string, this.#batch[at + 1], this.#lastId);
  }

  /** Ends the stream with an error, and returns it. */
  #fail(reason: unknown): unknown {
    this.#end();
    this.#failure = { reason };
    return reason;
  }

  #end(): void {
    this.#isEnded = true;
    this.#batch = [];
    this.#stopListening?.();
    this.#stopListening = undefined;
  }
}

type Refusal = () => ReturnType<typeof native.closedStream>;

/** Refuses a use of a stream, for the caller of `boundary`. */
function refuse(boundary: Boundary, refusal: Refusal): never {
  return new CallSite(boundary).run(() => unwrap<never>(refusal()));
}
