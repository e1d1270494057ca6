import type { RuntypeError } from './errors.js';
import { type CallSite, unlessFailed } from './failure.js';
import { jsonOf } from './input.js';
import type { native } from './native.js';
import { follow } from './signal.js';

type NativeCallMany = InstanceType<typeof native.CallMany>;
type NativeInput = Parameters<NativeClient['callMany']>[1][number];
type NativeClient = InstanceType<typeof native.Client>;

/** The result of one of many calls, with the number of its input, which counts from 0. */
export type CallResult<T> =
  | { readonly number: number; readonly output: T; readonly error?: never }
  | { readonly number: number; readonly output?: never; readonly error: RuntypeError };

/** Inputs as the native side takes them. One that JSON cannot hold is the error of its own call. */
export async function nativeInputs(inputs: Iterable<object> | AsyncIterable<object>): Promise<NativeInput[]> {
  const texts: NativeInput[] = [];
  for await (const input of inputs) {
    try {
      texts.push({ json: jsonOf(input), problem: null });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      texts.push({ json: null, problem: text.replace(/^input: /, '') });
    }
  }
  return texts;
}

/** Reads the results to the end; leaving it early drops the calls that are under way. */
export async function* resultsOf<T>(
  open: () => Promise<NativeCallMany>,
  site: CallSite,
  signal: AbortSignal | undefined,
): AsyncGenerator<CallResult<T>, void, undefined> {
  signal?.throwIfAborted();
  const many = await open();
  const unfollow = signal && follow(signal, { cancel: () => many.close() });
  try {
    for (;;) {
      const next = await many.next();
      signal?.throwIfAborted();
      if (next === undefined) return;
      yield resultOf(next.number, () => site.run(() => unlessFailed(next.result)) as T);
    }
  } finally {
    unfollow?.();
    many.close();
  }
}

function resultOf<T>(number: number, output: () => T): CallResult<T> {
  try {
    return { number, output: output() };
  } catch (error) {
    return { number, error: error as RuntypeError };
  }
}
