// The errors of a call, one class a kind. No error shows the key: where a server repeats it, the error holds the hint
// (`papi_…a1b2`) instead.

import { type Attempt, type AttemptReport, attemptsOf } from './attempt.js';
import { type HeaderPairs, headersOf } from './headers.js';
import type { StreamEvent } from './stream-event.js';

/** An error as the core reports it. */
export interface ErrorReport {
  class: string;
  text: string;
  server_message: string | null;
  option: string | null;
  phase: Phase | null;
  path: string | null;
  events_seen: number | null;
  partial_text: string | null;
  partial_output: unknown;
  stop_reason: string | null;
  /** Its data as received, which may not be JSON. */
  event: { name: string; data: string; id: string } | null;
  may_have_executed: boolean;
  not_sent: boolean;
  status: number | null;
  code: string | null;
  details: unknown;
  request_id: string | null;
  execution_id: string | null;
  retry_after_ms: number | null;
  location: string | null;
  upgrade_url: string | null;
  os_code: string | null;
  headers: HeaderPairs | null;
  capability: string | null;
  key_hint: string | null;
  attempts: AttemptReport[];
}

/** What an error has in addition to its report. */
export interface ErrorContext {
  body?: Uint8Array | null;
  cause?: unknown;
}

/**
 * What a call was doing when its time ran out: asking the key's source, connecting, waiting for the response, reading it,
 * waiting for a stream's next event, or reading a stream that took longer than its timeout.
 */
export type Phase = 'key' | 'connect' | 'response' | 'body' | 'idle' | 'stream';

/** The fields that `console.log` and Node show beside the text of an error, where they are known; `toJSON` has the others too. */
const SHOWN = new Set([
  'option',
  'phase',
  'status',
  'code',
  'path',
  'requestId',
  'executionId',
  'retryAfterMs',
  'location',
  'upgradeUrl',
  'eventsSeen',
  'mayHaveExecuted',
]);

let makeEvent: ((name: string, data: unknown, id: string) => StreamEvent) | undefined;

/** Sets what makes events: their class needs the native part, which lies above the errors. */
export function setEventMaker(make: NonNullable<typeof makeEvent>): void {
  makeEvent = make;
}

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What Node's `inspect` shows as it is, and a terminal acts on. */
const MARKS = /[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function escaped(mark: string): string {
  return `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Base class of all errors of this package. An instance of this class itself is a bug of the package.
 *
 * @example
 * ```ts
 * import { Client, RateLimitError, SurfaceError } from 'runtype-surface';
 *
 * try {
 *   await new Client().call<string>('fails');
 * } catch (error) {
 *   if (error instanceof RateLimitError) console.log('retry in', error.retryAfterMs, 'ms');
 *   else if (error instanceof SurfaceError && !error.mayHaveExecuted) console.log('not executed: retrying is safe');
 *   else if (error instanceof SurfaceError) console.log('check its effects before retrying:', error.message);
 *   else throw error;
 * }
 * ```
 */
export class SurfaceError extends Error {
  /** The capability that was called; `null` where the error is not of a call to one. */
  readonly capability: string | null;
  /** The hint of the key that was used last, such as `papi_…a1b2`; `null` where none was. */
  readonly keyHint: string | null;
  /** Whether the server may have executed the call. `false` only where it cannot have: retrying is safe. */
  readonly mayHaveExecuted: boolean;
  /**
   * Whether this call of many was not sent because the error of another one concerns all: a refused key, a missing permission,
   * an exhausted day or plan. The class and the other fields are that error's.
   */
  readonly notSent: boolean;
  /** Every attempt, in order. Empty where nothing was sent. */
  readonly attempts: readonly Attempt[];

  /** @internal */
  constructor(report: ErrorReport, context: ErrorContext = {}) {
    if (typeof report?.text !== 'string') {
      throw new TypeError(
        'only clients create the errors of runtype-surface: in a test, runtype-mock provokes any of them',
      );
    }
    super(report.text, context.cause === undefined ? undefined : { cause: context.cause });
    this.capability = report.capability;
    this.keyHint = report.key_hint;
    this.mayHaveExecuted = report.may_have_executed;
    this.notSent = report.not_sent;
    this.attempts = attemptsOf(report.attempts);
  }

  /** Name, message and every field as plain data, for logs. The key is in none of them; the cause is left out. */
  toJSON(): Record<string, unknown> {
    const { stack: _, cause: __, message, ...fields } = Object.getOwnPropertyDescriptors(this);
    const values = Object.entries(fields).map(([name, { value }]) => [name, value]);
    return { name: this.name, message: message?.value, ...Object.fromEntries(values) };
  }

  /** As any error, with the server's bidirectional marks and line separators escaped: they must not forge lines or hide text. */
  [INSPECT](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    // Hidden while the error is inspected as any other.
    const isHidden = Reflect.defineProperty(this, INSPECT, { value: undefined, configurable: true });
    try {
      return inspect(this, isHidden ? options : { ...options, customInspect: false }).replace(MARKS, escaped);
    } finally {
      if (isHidden) Reflect.deleteProperty(this, INSPECT);
    }
  }
}

/** A key, id, URL, option or input is missing or malformed. Nothing was sent. */
export class ConfigurationError extends SurfaceError {
  /** The option that is wrong, such as `apiKey`, or the name of the variable; `null` where it is neither. */
  readonly option: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.option = report.option;
  }
}

/** No connection could be made, or it broke; {@link SurfaceError.mayHaveExecuted} says whether the call may have been executed. */
export class APIConnectionError extends SurfaceError {
  /** The operating system's name of the cause, such as `ECONNREFUSED`; `null` where it has none. */
  readonly code: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.code = report.os_code;
  }
}

/** A timeout passed; {@link SurfaceError.mayHaveExecuted} says whether the call may have been executed. */
export class APITimeoutError extends SurfaceError {
  /** What the call was doing. */
  readonly phase: Phase | null;
  /** Number of events that a stream had yielded before; `null` for other calls. */
  readonly eventsSeen: number | null;
  /** The id under which the product's owner finds a stream's execution in the logs; `null` where it is not known. */
  readonly executionId: string | null;
  /** Text of a stream's answer before, at most `maxResponseBytes`; `null` for other calls. */
  readonly partialText: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.phase = report.phase;
    this.eventsSeen = report.events_seen;
    this.executionId = report.execution_id;
    this.partialText = report.partial_text;
  }
}

/** The server's response, where there was one. */
abstract class ResponseError extends SurfaceError {
  /** The HTTP status. */
  readonly status: number;
  /** The request's id, from the response's headers; `null` where there is none. */
  readonly requestId: string | null;
  /** The id under which the product's owner finds the execution in the logs; `null` where the server does not say it. */
  readonly executionId: string | null;
  /** The response's headers. */
  readonly headers: Headers;
  /** The response's body as received, up to 64 KiB. */
  readonly body: Uint8Array;

  /** @internal */
  constructor(report: ErrorReport, context: ErrorContext = {}) {
    super(report, context);
    this.status = report.status ?? 0;
    this.requestId = report.request_id;
    this.executionId = report.execution_id;
    this.headers = headersOf(report.headers ?? []);
    this.body = context.body ?? new Uint8Array();
  }

  /** As {@link SurfaceError.toJSON}, with the headers as an object and the body as text. */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), headers: Object.fromEntries(this.headers), body: new TextDecoder().decode(this.body) };
  }
}

/** The server responded with an error status. Subclasses stand for the usual ones, this class for all others, such as redirects. */
export class APIStatusError extends ResponseError {
  /** The server's own message; `null` where it sent none. `message` explains it. */
  readonly serverMessage: string | null;
  /** The server's error code, such as `SLOW_MODE_HOURLY_LIMIT_EXCEEDED`; `null` where it sent none. */
  readonly code: string | null;
  /** What the server added under `details`; `null` where there is nothing. */
  readonly details: unknown;
  /**
   * How long the server asked to wait, in milliseconds (`retry-after-ms`, or `Retry-After` in seconds or as a date); `null`
   * where it did not ask.
   */
  readonly retryAfterMs: number | null;
  /** Where a redirect pointed; `null` otherwise. Redirects are not followed. */
  readonly location: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.serverMessage = report.server_message;
    this.code = report.code;
    this.details = report.details;
    this.retryAfterMs = report.retry_after_ms;
    this.location = report.location;
  }
}

/** 400, 413, 415 or 422: the request is not what the capability takes. */
export class BadRequestError extends APIStatusError {}

/** 401: the key is missing, malformed, unknown, revoked or expired. */
export class AuthenticationError extends APIStatusError {}

/** 402: the plan or a quota of it is exhausted. */
export class PaymentRequiredError extends APIStatusError {
  /** Where the plan can be upgraded; `null` where the server does not say it. */
  readonly upgradeUrl: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.upgradeUrl = report.upgrade_url;
  }
}

/** 403: the key's scope or permissions do not reach the capability. */
export class PermissionDeniedError extends APIStatusError {}

/** 404: no such product, surface or capability. */
export class NotFoundError extends APIStatusError {}

/** 429: a limit of the key is reached; {@link APIStatusError.retryAfterMs} says for how long, if the server did. */
export class RateLimitError extends APIStatusError {}

/** 5xx: the capability failed, or the server did. */
export class ServerError extends APIStatusError {}

/** A success that is not what was asked for: not JSON, too large, or a 202, of which the call is not finished. */
export class ResponseDecodeError extends ResponseError {
  /** Path of the value that failed to deserialize; `null` where it is not JSON at all. */
  readonly path: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.path = report.path;
  }
}

/**
 * A stream broke, ended without a closing event, or reported that the execution failed; or the text or the output was asked for
 * of an execution that waits at the end of its stream (`code` is `awaiting`). The capability has started.
 */
export class StreamError extends ResponseError {
  /** The message of the event that reported the failure; `null` where there is none. `message` explains it. */
  readonly serverMessage: string | null;
  /** The code of the failure; `null` where there is none. */
  readonly code: string | null;
  /** What the server added under `details`; `null` where there is nothing. */
  readonly details: unknown;
  /** Number of events that were yielded before. */
  readonly eventsSeen: number;
  /** Text of the answer before the failure, at most `maxResponseBytes`. */
  readonly partialText: string;
  /** Partial output of the execution; `null` where the failure has none. */
  readonly partialOutput: unknown;
  /** Why the execution stopped; `null` where the server does not say it. */
  readonly stopReason: string | null;
  /** The event that reported the failure, or after which the execution waits; `null` where there is none. */
  readonly event: StreamEvent | null;
  /** Where the plan can be upgraded; `null` where the server does not say it. */
  readonly upgradeUrl: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.serverMessage = report.server_message;
    this.code = report.code;
    this.details = report.details;
    this.eventsSeen = report.events_seen ?? 0;
    this.partialText = report.partial_text ?? '';
    this.partialOutput = report.partial_output;
    this.stopReason = report.stop_reason;
    const { event } = report;
    this.event = event && (makeEvent?.(event.name, parsed(event.data), event.id) ?? null);
    this.upgradeUrl = report.upgrade_url;
  }
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

const CLASSES = {
  SurfaceError,
  ConfigurationError,
  APIConnectionError,
  APITimeoutError,
  APIStatusError,
  BadRequestError,
  AuthenticationError,
  PaymentRequiredError,
  PermissionDeniedError,
  NotFoundError,
  RateLimitError,
  ServerError,
  ResponseDecodeError,
  StreamError,
};

// On the prototype and not enumerable, as with the platform's own errors; a minifier that renames a class does not reach it.
for (const [name, errorClass] of Object.entries(CLASSES)) {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true });
}

/** Makes the error that the core names. A class that this version does not know is the base of all. */
export function errorOf(report: ErrorReport, context?: ErrorContext): SurfaceError {
  const known: Record<string, new (report: ErrorReport, context?: ErrorContext) => SurfaceError> = CLASSES;
  const error = new (known[report.class] ?? SurfaceError)(report, context);
  for (const [name, value] of Object.entries(error)) {
    if (!SHOWN.has(name) || value === null) Object.defineProperty(error, name, { enumerable: false });
  }
  return error;
}
