// From the native side's data to an error that is thrown where the application called.

import { type ErrorReport, errorOf, RuntypeError } from './errors.js';
import { native } from './native.js';

export type Failure = InstanceType<typeof native.Failure>;

/** A function that the stack shall begin at: what called it is the application. */
// biome-ignore lint/complexity/noBannedTypes: this is the type that Error.captureStackTrace takes
export type Boundary = Function;

/** Remembers the line that called `boundary`, to show it in an error that is found later. */
export class CallSite {
  declare readonly stack: string;

  constructor(boundary: Boundary) {
    Error.captureStackTrace(this, boundary);
  }

  /** Runs `step`; an error of this package that it throws gets the caller's stack. */
  run<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw error instanceof RuntypeError ? this.#shownIn(error) : error;
    }
  }

  #shownIn(error: RuntypeError): RuntypeError {
    const frames = this.stack.indexOf('\n    at ');
    const stack = `${error.name}: ${error.message}${frames < 0 ? '' : this.stack.slice(frames)}`;
    return Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  }
}

/** The value or, where it is a failure, its error thrown. */
export function unlessFailed<T>(result: T | Failure): T {
  if (!(result instanceof native.Failure)) return result;
  const report: ErrorReport = JSON.parse(result.report());
  throw errorOf(report, { body: result.body(), cause: causeOf(result) });
}

/** The error of an argument that cannot cross into the core: nothing was sent. */
export function refusal(option: string, problem: string, cause?: unknown): RuntypeError {
  return errorOf(JSON.parse(native.refuse(option, problem).report()), { cause });
}

/** What the key function threw, itself; else the chain of reasons as errors. */
function causeOf(failure: Failure): unknown {
  const byKeyFunction = failure.thrownByKeyFunction();
  if (byKeyFunction !== null && byKeyFunction !== undefined) return byKeyFunction;
  return failure.causes().reduceRight<Error | undefined>((cause, text) => {
    const error = new Error(text, cause && { cause });
    // It comes from the core, which has no frames to show.
    error.stack = `Error: ${text}`;
    return error;
  }, undefined);
}
