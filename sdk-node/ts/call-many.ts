import { reading } from './argument.js';
import { follow } from './cancel.js';
import type { RuntypeError } from './errors.js';
import { jsonOf } from './input.js';
import type { native } from './native.js';
import { type CallSite, refusal, unlessFailed } from './native-error.js';
import { Answer } from './response.js';

type NativeCallMany = InstanceType<typeof native.CallMany>;
type NativeInput = NonNullable<Parameters<NativeCallMany['give']>[0]>;

/**
 * The result of one of many calls, with the number of its input, which counts from 0: the output, and the answer with what
 * came beside it; or the error.
 */
export type CallResult<T> =
  | { readonly number: number; readonly output: T; readonly response: Answer<T>; readonly error?: never }
  | { readonly number: number; readonly output?: never; readonly response?: never; readonly error: RuntypeError };

/** What the application gives to be called with. */
export type Inputs = Iterable<object> | AsyncIterable<object>;

/** What a loop or a `for await` can run over; anything else is refused. */
export function iterable(inputs: Inputs): Inputs {
  const isObject = typeof inputs === 'object' && inputs !== null;
  const given: Partial<Iterable<object> & AsyncIterable<object>> = isObject ? inputs : {};
  const methods = reading('inputs', () => [given[Symbol.asyncIterator], given[Symbol.iterator]]);
  if (methods.some((method) => typeof method === 'function')) return inputs;
  throw refusal('inputs', 'they must be iterable, such as an array or a generator of JSON objects');
}

/** Reads the results to the end; leaving it early drops the calls that are under way. */
export async function* resultsOf<T>(
  open: () => NativeCallMany,
  inputs: Inputs,
  site: CallSite,
  signal: AbortSignal | undefined,
  tellHooks: () => void,
): AsyncGenerator<CallResult<T>, void, undefined> {
  signal?.throwIfAborted();
  const many = open();
  const feed = new Feed(inputs, many);
  const unfollow = signal && follow(signal, { cancel: () => many.close() });
  try {
    for (;;) {
      const step = await many.next();
      tellHooks();
      signal?.throwIfAborted();
      const next = site.run(() => unlessFailed(step));
      if (next === undefined) {
        feed.throwIfFailed();
        return;
      }
      if (next.wantsInput) feed.give();
      const { number, result, report = '{}' } = next;
      if (number === undefined) continue;
      yield resultOf(number, () => new Answer(site.run(() => unlessFailed(result)) as T, report));
    }
  } finally {
    unfollow?.();
    many.close();
    await feed.close();
  }
}

/** Hands the application's inputs over, each when there is room for its call. */
class Feed {
  readonly #many: NativeCallMany;
  readonly #iterator: Iterator<object> | AsyncIterator<object>;
  readonly #isAsync: boolean;
  #isAtEnd = false;
  #isPulling = false;
  #failure: { reason: unknown } | undefined;

  constructor(inputs: Inputs, many: NativeCallMany) {
    this.#many = many;
    this.#isAsync = Symbol.asyncIterator in inputs;
    this.#iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  }

  /** Gives the next input: at once or, where it comes later, then. */
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

  /** Throws what the application's iterator has thrown, once the results of the calls before it are handed on. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }

  /** Lets the iterator clean up, if it has not ended. */
  async close(): Promise<void> {
    if (this.#isAtEnd) return;
    this.#isAtEnd = true;
    const closed = this.#iterator.return?.();
    // One that is about to give an input cleans up after that, which may take for ever.
    if (!this.#isPulling) await closed;
  }

  #take(item: IteratorResult<object>): void {
    // As the language's own loops do. Such an iterator would never end.
    if (typeof item !== 'object' || item === null)
      throw new TypeError(`Iterator result ${String(item)} is not an object`);
    this.#isAtEnd ||= item.done === true;
    unlessFailed(this.#many.give(item.done ? null : nativeInput(item.value)));
  }

  #fail(reason: unknown): void {
    this.#isAtEnd = true;
    this.#failure = { reason };
    this.#many.give(null);
  }
}

/** An input as the native side takes it. One that JSON cannot hold is the error of its own call. */
function nativeInput(input: unknown): NativeInput {
  try {
    return { json: jsonOf(input), problem: null };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { json: null, problem: text.replace(/^input: /, '') };
  }
}

function resultOf<T>(number: number, answered: () => Answer<T>): CallResult<T> {
  try {
    const response = answered();
    return { number, output: response.output, response };
  } catch (error) {
    return { number, error: error as RuntypeError };
  }
}
