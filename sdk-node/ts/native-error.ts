// From the native part's error data to the error that is thrown.

import { type ErrorReport, errorOf, type SurfaceError } from './errors.js';
import { native } from './native.js';

export type NativeError = InstanceType<typeof native.NativeError>;

/** The value or, where it is an error, the error thrown. */
export function unwrap<T>(result: T | NativeError): T {
  if (!(result instanceof native.NativeError)) return result;
  const report: ErrorReport = JSON.parse(result.report());
  throw errorOf(report, { body: result.body(), cause: causeOf(result, report) });
}

/** The error of an argument that cannot cross into the core: nothing was sent. */
export function refused(option: string, problem: string, cause?: unknown): SurfaceError {
  return errorOf(JSON.parse(native.refuse(option, problem).report()), { cause });
}

/** The error of several such arguments. */
export function refusedTogether(problems: { option: string; problem: string }[]): SurfaceError {
  return errorOf(JSON.parse(native.refuseAll(problems).report()));
}

/**
 * The innermost cause. Of what a key function threw it has the words, without a key: `console.log` prints causes, and the thrown
 * error itself may hold the key.
 */
function causeOf(error: NativeError, { os_code }: ErrorReport): unknown {
  const text = error.cause();
  if (text === null) return undefined;
  const cause: Error & { code?: string } = new Error(text);
  if (os_code !== null && os_code !== undefined) cause.code = os_code;
  // It comes from the core, which has no frames to show.
  cause.stack = `Error: ${text}`;
  return cause;
}
