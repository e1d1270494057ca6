// Where the application called, for the stacks of errors.

import { SurfaceError } from './errors.js';

/** A function of this package that a stack begins at: its caller is the application. */
// biome-ignore lint/complexity/noBannedTypes: this is the type that Error.captureStackTrace takes
export type Boundary = Function;

/** Remembers the line that called `boundary`, for the stack of an error that is found later. */
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
      throw error instanceof SurfaceError ? this.#withStack(error) : error;
    }
  }

  #withStack(error: SurfaceError): SurfaceError {
    const frames = this.stack.indexOf('\n    at ');
    const stack = `${error.name}: ${error.message}${frames < 0 ? '' : this.stack.slice(frames)}`;
    return Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  }
}
