// What many calls take and give.

import type { SurfaceError } from './errors.js';
import type { CallResponse } from './response.js';

/**
 * The result of one of many calls. `ok` says whether it succeeded: then there are `output` and `response`, otherwise `error`.
 * Look at `ok` first: a failed result has no `output`, which is `undefined` then. TypeScript knows which fields there are.
 *
 * @typeParam T - The output's type. It is not checked.
 * @typeParam I - The input's type.
 */
export type CallResult<T = unknown, I extends object = object> =
  | {
      /** The position of the input, from 0. */
      readonly index: number;
      /** The input itself. */
      readonly input: I;
      /** The call succeeded. */
      readonly ok: true;
      /** The capability's output. */
      readonly output: T;
      /** The response that it came in. */
      readonly response: CallResponse<T>;
      readonly error?: never;
    }
  | {
      /** The position of the input, from 0. */
      readonly index: number;
      /** The input itself. */
      readonly input: I;
      /** The call failed. */
      readonly ok: false;
      /** Why it failed. */
      readonly error: SurfaceError;
      readonly output?: never;
      readonly response?: never;
    };

/** The inputs of many calls: an array, a generator, an async generator. */
export type Inputs<I extends object = object> = Iterable<I> | AsyncIterable<I>;
