// Errors and responses for the unit tests of an application.

import { type ErrorReport, errorOf, type SurfaceError } from './errors.js';
import { CallResponse } from './response.js';

/** The fields of an error or a response, each as it is typed there. */
type Fields<T> = { readonly [name in Exclude<keyof T, keyof Error | 'toJSON' | 'issues'>]?: T[name] };

const EMPTY: ErrorReport = {
  class: '',
  text: '',
  server_message: null,
  option: null,
  phase: null,
  path: null,
  events_seen: null,
  partial_text: null,
  partial_output: null,
  stop_reason: null,
  event: null,
  may_have_executed: false,
  not_sent: false,
  status: null,
  code: null,
  details: null,
  request_id: null,
  execution_id: null,
  retry_after_ms: null,
  location: null,
  upgrade_url: null,
  os_code: null,
  headers: [],
  capability: null,
  key_hint: null,
  attempts: [],
};

/**
 * An error for a unit test of code that handles errors. `runtype-mock` provokes real ones.
 *
 * @example
 * ```ts
 * import { errorForTest, RateLimitError } from 'runtype-surface';
 *
 * const error = errorForTest(RateLimitError, 'slow down', { status: 429, retryAfterMs: 9_000 });
 * console.log(error instanceof RateLimitError, error.retryAfterMs);
 * ```
 *
 * @param kind - The class of the error.
 * @param message - Its text.
 * @param fields - Its other fields. The rest is empty.
 */
export function errorForTest<E extends SurfaceError>(
  kind: abstract new (...given: never[]) => E,
  message: string,
  fields: Fields<E> = {},
): E {
  const error = errorOf({ ...EMPTY, class: kind.name, text: message }) as E;
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(error, name, { value, enumerable: Object.prototype.propertyIsEnumerable.call(error, name) });
  }
  return error;
}

/**
 * A response for a unit test of code that takes responses.
 *
 * @param output - Its output.
 * @param fields - Its other fields. Its status is 200, and the rest is empty.
 */
export function responseForTest<T>(output: T, fields: Omit<Fields<CallResponse<T>>, 'output'> = {}): CallResponse<T> {
  const report = {
    status: 200,
    headers: [],
    request_id: null,
    execution_id: null,
    metadata: null,
    rate_limit: null,
    quota: null,
    attempts: [],
    elapsed_ms: 0,
  };
  return Object.assign(new CallResponse(output, JSON.stringify(report)), fields);
}
