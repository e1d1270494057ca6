// Many calls to one capability, and their results.

import { reading } from './argument.js';
import type { CallResult, Inputs } from './call-result.js';
import type { CallSite } from './call-site.js';
import { cancelOnAbort } from './cancel.js';
import type { SurfaceError } from './errors.js';
import { write } from './input.js';
import { native } from './native.js';
import { refused, unwrap } from './native-error.js';
import { CallResponse } from './response.js';

type NativeCallMany = InstanceType<typeof native.CallMany>;
type NativeInput = NonNullable<Parameters<NativeCallMany['give']>[0]>;

/** Inputs that a `for` or `for await` loop can iterate; others are refused. */
export function iterable<I extends object>(inputs: Inputs<I>): Inputs<I> {
  const isObject = typeof inputs === 'object' && inputs !== null;
  const given: Partial<Iterable<object> & AsyncIterable<object>> = isObject ? inputs : {};
  const methods = reading('inputs', () => [given[Symbol.asyncIterator], given[Symbol.iterator]]);
  const canIterate = methods.some((method) => typeof method === 'function');
  // A map has pairs of names and values, and a buffer bytes: each is one input, as an object and a text are.
  const isOne = inputs instanceof Map || ArrayBuffer.isView(inputs);
  if (canIterate && !isOne) return inputs;
  if (isObject || typeof inputs === 'string') return unwrap<never>(native.oneInput());
  throw refused('inputs', 'they must be iterable, such as an array or a generator of JSON objects');
}

/** Reads the results to the end; leaving it early drops the in-flight calls. */
export async function* resultsOf<T, I extends object>(
  open: () => NativeCallMany,
  inputs: Inputs<I>,
  site: CallSite,
  signal: AbortSignal | undefined,
  runHooks: () => void,
): AsyncGenerator<CallResult<T, I>, void, undefined> {
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
      const { index, result, report = '{}' } = next;
      if (index === undefined) continue;
      const output = () => site.run(() => unwrap(result)) as T;
      yield resultOf(index, feed.takeInput(index), output, report);
    }
  } finally {
    stopListening?.();
    many.close();
    await feed.close();
  }
}

/** Gives the application's inputs to the native part, each when there is room for its call. */
class InputFeed<I extends object> {
  readonly #many: NativeCallMany;
  readonly #iterator: Iterator<I> | AsyncIterator<I>;
  /** The inputs whose results have not been read, by their positions. */
  readonly #inputs = new Map<number, I>();
  #given = 0;
  readonly #isAsync: boolean;
  #isAtEnd = false;
  #isPulling = false;
  #thrown: { reason: unknown } | undefined;

  constructor(inputs: Inputs<I>, many: NativeCallMany) {
    this.#many = many;
    this.#isAsync = Symbol.asyncIterator in inputs;
    this.#iterator = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  }

  /** Gives the next input, at once or once an async iterator has it. */
  give(): void {
    try {
      const item = this.#iterator.next();
      if (this.#isAsync) this.#giveLater(item as Promise<IteratorResult<I>>);
      else this.#take(item as IteratorResult<I>);
    } catch (reason) {
      this.#fail(reason);
    }
  }

  /** The input of a result. */
  takeInput(index: number): I {
    const input = this.#inputs.get(index);
    this.#inputs.delete(index);
    // `undefined` is the input where the application gave none.
    return input as I;
  }

  async #giveLater(item: Promise<IteratorResult<I>>): Promise<void> {
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

  #take(item: IteratorResult<I>): void {
    // As the language's own loops do. Such an iterator would never end.
    if (typeof item !== 'object' || item === null)
      throw new TypeError(`Iterator result ${String(item)} is not an object`);
    this.#isAtEnd ||= item.done === true;
    if (!item.done) this.#inputs.set(this.#given++, item.value);
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
  const written = write(input);
  return 'json' in written ? { json: written.json, problem: null } : { json: null, problem: written.problem };
}

function resultOf<T, I extends object>(index: number, input: I, read: () => T, report: string): CallResult<T, I> {
  try {
    const output = read();
    let response: CallResponse<T> | undefined;
    return {
      index,
      input,
      ok: true,
      output,
      // Most readers want the output only: the report is parsed when it is asked for.
      get response() {
        response ??= new CallResponse(output, report);
        return response;
      },
    };
  } catch (error) {
    return { index, input, ok: false, error: error as SurfaceError };
  }
}
