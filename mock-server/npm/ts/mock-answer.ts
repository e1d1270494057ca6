// Answers of a capability: fixed ones, functions, matched ones, scripted streams.

/** A function from an input to an output, or to a {@link Reply}. */
// biome-ignore lint/suspicious/noExplicitAny: an input is what the test's own client sends
export type MockFunction = (input: any) => unknown;

/** What a function answers, with a status. */
export class Reply {
  /** The output, or the whole body of an error. */
  readonly output: unknown;
  /** The status of the response. */
  readonly status: number;

  constructor(output: unknown, status = 200) {
    this.output = output;
    this.status = status;
  }
}

/** An answer of a capability, made by {@link fail}, {@link sequence}, {@link matched} or {@link streamOf}. */
export class MockAnswer {
  readonly #configure: (nested: (answer: unknown) => object) => object;

  /** @internal */
  constructor(configure: (nested: (answer: unknown) => object) => object) {
    this.#configure = configure;
  }

  /** @internal */
  configured(nested: (answer: unknown) => object): object {
    return this.#configure(nested);
  }
}

/** Conditions on a call. All that are set must hold. */
export interface MockWhen {
  /** Fields that the input has, with their values; it may have others. */
  input?: Readonly<Record<string, unknown>> | undefined;
  /** Values that the input has at JSON Pointers, such as `{ '/items/0/id': 7 }`. */
  at?: Readonly<Record<string, unknown>> | undefined;
  /** Headers of the request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Its key, named by its plain text, its id or its name. */
  key?: string | undefined;
  /** Number of the capability's call, counted from 1, or several. */
  call?: number | readonly number[] | undefined;
  /** Whether it requests a stream. */
  stream?: boolean | undefined;
}

/** Number of tokens of a stream, and its cost. */
export interface MockUsage {
  input?: number | undefined;
  output?: number | undefined;
  cost?: number | undefined;
}

interface Script {
  readonly steps: readonly object[];
  readonly text: string;
  readonly usage: MockUsage | undefined;
  readonly isEnded: boolean;
  readonly end: 'complete' | 'reset';
}

/** A scripted stream, made by {@link streamOf}. Each method returns a longer one. */
export class StreamAnswer extends MockAnswer {
  /** @internal */
  constructor(script: Script) {
    super(() => configuredScript(script));
    scripts.set(this, script);
  }

  /** More text, one event for each word. */
  thenText(text: string): StreamAnswer {
    const words = text.match(/\s*\S+\s*|\s+/g) ?? [];
    const steps = words.map((delta) => event('text_delta', { delta }));
    return longer(this, steps, { text: scriptOf(this).text + text });
  }

  /** A pause, in milliseconds. */
  thenWait(ms: number): StreamAnswer {
    return longer(this, [{ waitMs: ms }]);
  }

  /** An event of the vocabulary. */
  thenEvent(name: string, data: object): StreamAnswer {
    return longer(this, [event(name, data)]);
  }

  /** The end: the execution fails. */
  thenError(message: string, code = 'EXECUTION_FAILED'): StreamAnswer {
    const failed = event('execution_error', { code, error: { code, message } });
    return longer(this, [failed], { isEnded: true });
  }

  /** The end: the execution waits for the result of a tool that the caller runs. */
  thenAwait(toolName: string, parameters: object = {}): StreamAnswer {
    return longer(this, [event('await', { toolName, parameters })], { isEnded: true });
  }

  /** The end: the connection is reset. */
  thenCut(): StreamAnswer {
    return longer(this, [], { isEnded: true, end: 'reset' });
  }
}

// Not a private field: the declaration of one in a derived class contradicts that of its base.
const scripts = new WeakMap<StreamAnswer, Script>();

function scriptOf(answer: StreamAnswer): Script {
  return scripts.get(answer) ?? { steps: [], text: '', usage: undefined, isEnded: false, end: 'complete' };
}

function longer(answer: StreamAnswer, steps: readonly object[], change: Partial<Script> = {}): StreamAnswer {
  const script = scriptOf(answer);
  return new StreamAnswer({ ...script, steps: [...script.steps, ...steps], ...change });
}

function event(name: string, data: object): object {
  return { event: name, data };
}

function configuredScript({ steps, text, usage, isEnded, end }: Script): object {
  if (isEnded) return { kind: 'stream', steps, end };
  const tokens = { input: usage?.input ?? 0, output: usage?.output ?? 0 };
  const done = event('execution_complete', {
    finalOutput: text,
    stopReason: 'end_turn',
    ...(usage !== undefined && { totalTokens: tokens, totalTokensUsed: tokens.input + tokens.output }),
    ...(usage?.cost !== undefined && { totalCost: usage.cost }),
  });
  return { kind: 'stream', steps: [...steps, done], end };
}

/**
 * A stream of a text, word by word, with its end: `streamOf('Hello world', { usage: { input: 3, output: 2 } })`. Without a
 * stream, a call gets the whole text, or the failure that the stream ends with.
 */
export function streamOf(text = '', { usage }: { usage?: MockUsage } = {}): StreamAnswer {
  const started = { steps: [event('execution_start', {})], text: '', usage, isEnded: false, end: 'complete' as const };
  return new StreamAnswer(started).thenText(text);
}

/** An error in the form of the API's. */
export function fail(status = 500, error = 'Capability execution failed', code?: string): MockAnswer {
  return new MockAnswer(() => ({ kind: 'fail', status, error, ...(code !== undefined && { code }) }));
}

/** Answers in turn: outputs, functions or answers. The last one stays, unless `repeat` starts over. */
export function sequence(answers: readonly unknown[], { repeat = false }: { repeat?: boolean } = {}): MockAnswer {
  return new MockAnswer((nested) => ({ kind: 'sequence', answers: answers.map(nested), repeat }));
}

/**
 * Of several answers the first whose conditions hold, else `otherwise`, by default the input:
 * `matched([[{ input: { item: 'tea' } }, { eur: 2 }]], fail(404, 'no such item'))`.
 */
export function matched(
  cases: readonly (readonly [when: MockWhen, answer: unknown])[],
  otherwise: unknown = new MockAnswer(() => ({ kind: 'echo' })),
): MockAnswer {
  return new MockAnswer((nested) => ({
    kind: 'matched',
    cases: cases.map(([when, answer]) => ({ when, answer: nested(answer) })),
    otherwise: nested(otherwise),
  }));
}
