// A success, with what came with it.

import { type Attempt, type AttemptReport, attemptsOf } from './attempt.js';
import { type HeaderPairs, headersOf } from './headers.js';

/** Rate limit of the key, from the headers `RateLimit-…` (IETF draft) or `X-RateLimit-…`, both assumed. */
export interface RateLimit {
  /** Number of calls in the window; `null` where the server does not say it. */
  readonly limit: number | null;
  /** Number of calls that are left in the window; `null` where the server does not say it. */
  readonly remaining: number | null;
  /** Time until the window resets, in seconds since the response; `null` where the server does not say it. */
  readonly resetAfter: number | null;
}

/** Quota of the plan, from the headers `X-Quota-…`, which the vendor documents. */
export interface Quota {
  /** Number of executions that are left; `null` where the server does not say it. */
  readonly remaining: number | null;
  /** The server's warning, which comes from 80 % of the quota on; `null` where there is none. */
  readonly warning: string | null;
}

interface ResponseReport {
  status: number;
  headers: HeaderPairs;
  request_id: string | null;
  execution_id: string | null;
  metadata: unknown;
  rate_limit: { limit: number | null; remaining: number | null; reset_after: number | null } | null;
  quota: Quota | null;
  attempts: AttemptReport[];
  elapsed_ms: number;
}

/** A capability's output and the response that it came in; {@link Client.callWithResponse} returns it. */
export class CallResponse<T = unknown> {
  /** The capability's output: the body of a raw response, the `output` of a wrapped one. */
  readonly output: T;
  /** The HTTP status, 200 to 299. */
  readonly status: number;
  /** The request's id, from the header `X-Request-Id` (assumed); `null` where there is none. */
  readonly requestId: string | null;
  /** The execution's id, which a wrapped response has, under which the product's owner finds it in the logs; `null` for a raw one. */
  readonly executionId: string | null;
  /** The metadata of a wrapped response; `null` for a raw one. */
  readonly metadata: unknown;
  /** Rate limit of the key; `null` where the server sends none. */
  readonly rateLimit: RateLimit | null;
  /** Quota of the plan; `null` where the server sends none. */
  readonly quota: Quota | null;
  /** The response's headers. */
  readonly headers: Headers;
  /** Every attempt, the last one the success. */
  readonly attempts: readonly Attempt[];
  /** How long the call took, including retries and backoff, in milliseconds. */
  readonly elapsedMs: number;

  /** @internal */
  constructor(output: T, reportText: string) {
    const report: ResponseReport = JSON.parse(reportText);
    this.output = output;
    this.status = report.status;
    this.requestId = report.request_id;
    this.executionId = report.execution_id;
    this.metadata = report.metadata;
    this.rateLimit = rateLimitOf(report.rate_limit);
    this.quota = report.quota;
    this.headers = headersOf(report.headers);
    this.attempts = attemptsOf(report.attempts);
    this.elapsedMs = report.elapsed_ms;
  }

  /** Every field as plain data, for `JSON.stringify`, which shows a `Headers` as empty. */
  toJSON(): Record<string, unknown> {
    return Object.fromEntries(Object.entries(this).concat([['headers', Object.fromEntries(this.headers)]]));
  }
}

function rateLimitOf(report: ResponseReport['rate_limit']): RateLimit | null {
  return report && { limit: report.limit, remaining: report.remaining, resetAfter: report.reset_after };
}
