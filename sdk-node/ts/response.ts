import { type Attempt, type AttemptReport, attemptsOf } from './attempt.js';
import { type HeaderPairs, headersOf } from './headers.js';

/** The key's rate limit, from the headers `X-RateLimit-…` (api.md, vendor). */
export interface RateLimit {
  /** How many calls the window allows. */
  readonly limit: number | null;
  /** How many of them are left. */
  readonly remaining: number | null;
  /** When the next window begins, in seconds since the Unix epoch. */
  readonly reset: number | null;
}

interface AnswerReport {
  status: number;
  headers: HeaderPairs;
  request_id: string | null;
  execution_id: string | null;
  metadata: unknown;
  rate_limit: RateLimit | null;
  attempts: AttemptReport[];
  elapsed_ms: number;
}

/** A capability's output and the response that it came in; {@link Client.callWithResponse} returns it. */
export class Answer<T = unknown> {
  /** The capability's output: the body of a raw response, the `output` of a wrapped one. */
  readonly output: T;
  /** The HTTP status, 200 to 299. */
  readonly status: number;
  /** The request's id, from the header `X-Request-Id` (assumed). */
  readonly requestId: string | null;
  /** The execution's id, which a wrapped response has; the product's owner finds it in the logs. */
  readonly executionId: string | null;
  /** The metadata of a wrapped response; `null` for a raw one. */
  readonly metadata: unknown;
  /** The key's rate limit; `null` where the server sends none. */
  readonly rateLimit: RateLimit | null;
  /** The response's headers. */
  readonly headers: Headers;
  /** Every attempt, the last one the success. */
  readonly attempts: readonly Attempt[];
  /** How long the call took, including retries and backoff, in milliseconds. */
  readonly elapsedMs: number;

  /** @internal */
  constructor(output: T, reportText: string) {
    const report: AnswerReport = JSON.parse(reportText);
    this.output = output;
    this.status = report.status;
    this.requestId = report.request_id;
    this.executionId = report.execution_id;
    this.metadata = report.metadata;
    this.rateLimit = report.rate_limit;
    this.headers = headersOf(report.headers);
    this.attempts = attemptsOf(report.attempts);
    this.elapsedMs = report.elapsed_ms;
  }
}
