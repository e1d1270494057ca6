// Many calls to one capability, and their results.

import { reading } from './argument.js';
import type { CallSite } from './call-site.js';
import { cancelOnAbort } from './cancel.js';
import type { RuntypeError } from './errors.js';
import { jsonOf } from './input.js';
import type { native } from './native.js';
import { refused, unwrap } from './native-error.js';
import { Answer } from './response.js';

type NativeCallMany = InstanceType<typeof native.CallMany>;
type NativeInput = NonNullable<Parameters<NativeCallMany['give']>[0]>;

/** The result of one of many calls, with the number of its input, which counts from 0: the output and its response, or the error. */
export type CallResult<T> =
  | { readonly number: number; readonly output: T; readonly response: Answer<T>; readonly error?: never }
  | { readonly number: number; readonly output?: never; readonly response?: never; readonly error: RuntypeError };

/** The inputs of many calls. */
export type Inputs = Iterable<object> | AsyncIterable<object>;

/** Inputs that a `for` or `for await` loop can iterate; others are refused. */
export function iterable(inputs: Inputs): Inputs {
  const isObject = typeof inputs === 'object' && inputs !== null;
  const given: Partial<Iterable<object> & AsyncIterable<object>> = isObject ? inputs : {};
  const methods = reading('inputs', () => [given[Symbol.asyncIterator], given[Symbol.iterator]]);
  if (methods.some((method) => typeof method === 'function')) return inputs;
  throw refused('inputs', 'they must be iterable, such as an array or a generator of JSON objects');
}

/** Reads the results to the end; leaving it early drops the in-flight calls. */
export async function* resultsOf<T>(
  open: () => NativeCallMany,
  inputs: Inputs,
  site: CallSite,
  signal: AbortSignal | undefined,
  runHooks: () => void,
): AsyncGenerator<CallResult<T>, void, undefined> {
  signal?.throwIfAborted();
  const many = open();
  const feed = new InputFeed(inputs, many);
  const stopListening = signal && cancelOnAbort(signal, { cancel: () => many.close() });
  try {
    for (;;) {
      const step = await many.next();
      runHooks();
      signal?.throwIfAborted();
      const next = site.run(() => unwrap(step));
      if (next === undefined) {
        feed.throwIfThrown();
        return;
      }
      if (next.wantsInput) feed.give();
      const { number, result, report = '{}' } = next;
      if (number === undefined) continue;
      yield resultOf(number, () => new Answer(site.run(() => unwrap(result)) as T, report));
    }
  } finally {
    stopListening?.();
    many.close();
    await feed.close();
  }
}

/** Gives the application's inputs to the native part, each when there is room for its call. */
class InputFeed {
  readonly #many: NativeCallMany;
  readonly #iterator: Iterator<object> | AsyncIterator<object>;
  readonly #isAsync: boolean;
  #isAtEnd = false;
  #isPulling = false;
  #thrown: { reason: unknown } | undefined;

  constructor(inputs: Inputs, many: NativeCallMany) {
    this.#many = many;
    this.#isAsync = Symbol.asyncIterator in inputs;
    this.#iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  }

  /** Gives the next input, at once or once an async iterator has it. */
  give(): void {
    try {
      const item = this.#iterator.next();
      if (this.#isAsync) this.#giveLater(item as Promise<IteratorResult<object>>);
      else this.#take(item as IteratorResult<object>);
    } catch (reason) {
      this.#fail(reason);
    }
  }

  async #giveLater(item: Promise<IteratorResult<object>>): Promise<void> {
    this.#isPulling = true;
    try {
      this.#take(await item);
    } catch (reason) {
      this.#fail(reason);
    } finally {
      this.#isPulling = false;
    }
  }

  /** Throws what the application's iterator has thrown, after the results of the calls before it. */
  throwIfThrown(): void {
    if (this.#thrown !== undefined) throw this.#thrown.reason;
  }

  /** Lets the iterator clean up, if it has not ended. */
  async close(): Promise<void> {
    if (this.#isAtEnd) return;
    this.#isAtEnd = true;
    const closed = this.#iterator.return?.();
    // One that is about to give an input cleans up after that, which may take forever.
    if (!this.#isPulling) await closed;
  }

  #take(item: IteratorResult<object>): void {
    // As the language's own loops do. Such an iterator would never end.
    if (typeof item !== 'object' || item === null)
      throw new TypeError(`Iterator result ${String(item)} is not an object`);
    this.#isAtEnd ||= item.done === true;
    unwrap(this.#many.give(item.done ? null : nativeInput(item.value)));
  }

  #fail(reason: unknown): void {
    this.#isAtEnd = true;
    this.#thrown = { reason };
    this.#many.give(null);
  }
}

/** An input for the native part. One that JSON cannot hold is the error of its own call. */
function nativeInput(input: unknown): NativeInput {
  try {
    return { json: jsonOf(input), problem: null };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { json: null, problem: text.replace(/^input: /, '') };
  }
}

function resultOf<T>(number: number, respond: () => Answer<T>): CallResult<T> {
  try {
    const response = respond();
    return { number, output: response.output, response };
  } catch (error) {
    return { number, error: error as RuntypeError };
  }
}
