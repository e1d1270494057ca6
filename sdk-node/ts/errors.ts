// The errors of a call, one class a kind. No error shows the key: where a server repeats it, the error holds the hint
// (`papi_…a1b2`) instead.

import { type Attempt, type AttemptReport, attemptsOf } from './attempt.js';
import { type HeaderPairs, headersOf } from './headers.js';

/** An error as the core reports it. */
export interface ErrorReport {
  class: string;
  text: string;
  message: string;
  option: string | null;
  phase: Phase | null;
  path: string | null;
  events_seen: number | null;
  may_have_executed: boolean;
  status: number | null;
  code: string | null;
  details: unknown;
  request_id: string | null;
  execution_id: string | null;
  retry_after_ms: number | null;
  location: string | null;
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

/** What a call was doing when its time ran out. */
export type Phase = 'key' | 'connect' | 'answer' | 'body' | 'idle';

/**
 * The base of all errors of this package. Itself it stands for a bug of this package.
 *
 * @example
 * ```js
 * import { Client, RateLimitError, RuntypeError } from 'runtype-surface';
 *
 * try {
 *   await new Client().call('fails');
 * } catch (error) {
 *   if (error instanceof RateLimitError) console.log('come back in', error.retryAfterMs, 'ms');
 *   else if (error instanceof RuntypeError && !error.mayHaveExecuted) console.log('nothing has run: repeat it');
 *   else if (error instanceof RuntypeError) console.log('look before you repeat it:', error.message);
 *   else throw error;
 * }
 * ```
 */
export class RuntypeError extends Error {
  /** The capability that was called; `null` where the error is not of a call to one. */
  readonly capability: string | null;
  /** The hint of the key that was used last, such as `papi_…a1b2`; `null` where none was. */
  readonly keyHint: string | null;
  /** Whether the server may have run the capability. `false` only where it cannot have: retrying is safe. */
  readonly mayHaveExecuted: boolean;
  /** Every attempt, in order. Empty where nothing was sent. */
  readonly attempts: readonly Attempt[];

  /** @internal */
  constructor(report: ErrorReport, context: ErrorContext = {}) {
    super(report.text, context.cause === undefined ? undefined : { cause: context.cause });
    this.capability = report.capability;
    this.keyHint = report.key_hint;
    this.mayHaveExecuted = report.may_have_executed;
    this.attempts = attemptsOf(report.attempts);
  }

  /** Name, message and every field as plain data, for logs. The key is in none of them; the cause is left out. */
  toJSON(): Record<string, unknown> {
    return { name: this.name, message: this.message, ...Object.fromEntries(Object.entries(this)) };
  }
}

/** A key, id, URL, option or input is missing or malformed. Nothing was sent. */
export class ConfigurationError extends RuntypeError {
  /** The option that is wrong, in words, such as `api key`, or the name of the variable. */
  readonly option: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.option = report.option;
  }
}

/** No connection could be made, or it broke; {@link RuntypeError.mayHaveExecuted} says whether the call may have run. */
export class APIConnectionError extends RuntypeError {}

/** The deadline passed; {@link RuntypeError.mayHaveExecuted} says whether the call may have run. */
export class APITimeoutError extends RuntypeError {
  /** Asking the key's source, connecting, waiting for the response, reading it, or waiting for a stream's next event. */
  readonly phase: Phase | null;
  /** How many events a stream had yielded before it fell silent; `null` for other calls. */
  readonly eventsSeen: number | null;
  /** The id under which the product's owner finds a stream's execution in the logs; `null` where it is not known. */
  readonly executionId: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.phase = report.phase;
    this.eventsSeen = report.events_seen;
    this.executionId = report.execution_id;
  }
}

/** The server's response, where there was one. */
abstract class AnswerError extends RuntypeError {
  /** The HTTP status. */
  readonly status: number;
  /** The request's id, from the response's headers. */
  readonly requestId: string | null;
  /** The id under which the product's owner finds the execution in the logs. */
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

  /** As {@link RuntypeError.toJSON}, with the headers as an object and the body as text. */
  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), headers: Object.fromEntries(this.headers), body: new TextDecoder().decode(this.body) };
  }
}

/** The server answered with an error. Its subclasses stand for the statuses; itself it stands for all others. */
export class APIStatusError extends AnswerError {
  /** The server's own message; `message` explains it. */
  readonly serverMessage: string;
  /** The server's error code, such as `SLOW_MODE_HOURLY_LIMIT_EXCEEDED`. */
  readonly code: string | null;
  /** What the server added under `details`. */
  readonly details: unknown;
  /** How long the server asked to wait, in milliseconds (`retry-after-ms`, or `Retry-After` in seconds or as a date). */
  readonly retryAfterMs: number | null;
  /** Where a redirect pointed. It was not followed. */
  readonly location: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.serverMessage = report.message;
    this.code = report.code;
    this.details = report.details;
    this.retryAfterMs = report.retry_after_ms;
    this.location = report.location;
  }
}

/** 400, 413, 415 or 422: the request is not what the capability takes. */
export class BadRequestError extends APIStatusError {}

/** 401: the key is missing, malformed, unknown, revoked or expired (api.md, doc). */
export class AuthenticationError extends APIStatusError {}

/** 403: the key's scope or permissions do not reach the capability (api.md, doc). */
export class PermissionDeniedError extends APIStatusError {}

/** 404: no such product, surface or capability. */
export class NotFoundError extends APIStatusError {}

/** 429: a limit of the key is reached; {@link APIStatusError.retryAfterMs} says for how long, if the server did. */
export class RateLimitError extends APIStatusError {}

/** 5xx: the capability failed, or the server did. */
export class ServerError extends APIStatusError {}

/** A success that is not what was asked for: not JSON, or too large. It has run. */
export class ResponseDecodeError extends AnswerError {
  /** The path of the value that failed to deserialize; `null` where it is not JSON at all. */
  readonly path: string | null;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.path = report.path;
  }
}

/** A stream broke, ended without a closing event, or reported an error. It has run. */
export class StreamError extends AnswerError {
  /** The message of the error event; `message` explains it. */
  readonly serverMessage: string;
  /** The error event's code. */
  readonly code: string | null;
  /** The error event's data. */
  readonly details: unknown;
  /** How many events were yielded before. */
  readonly eventsSeen: number;

  /** @internal */
  constructor(report: ErrorReport, context?: ErrorContext) {
    super(report, context);
    this.serverMessage = report.message;
    this.code = report.code;
    this.details = report.details;
    this.eventsSeen = report.events_seen ?? 0;
  }
}

const CLASSES = {
  RuntypeError,
  ConfigurationError,
  APIConnectionError,
  APITimeoutError,
  APIStatusError,
  BadRequestError,
  AuthenticationError,
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
export function errorOf(report: ErrorReport, context?: ErrorContext): RuntypeError {
  const known: Record<string, new (report: ErrorReport, context?: ErrorContext) => RuntypeError> = CLASSES;
  return new (known[report.class] ?? RuntypeError)(report, context);
}
