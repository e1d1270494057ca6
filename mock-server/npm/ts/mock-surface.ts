// A mock surface, and its control.

import { AssertionError } from 'node:assert';

import type { Client, ClientOptions } from 'runtype-surface';

import { camelCase, respelled, snakeCase } from './field-names.js';
import { FunctionServer } from './function-server.js';
import { MockAnswer, type MockFunction, type MockWhen, Reply } from './mock-answer.js';
import { findMockBinary } from './mock-binary.js';
import type { MockFault, MockFaultKind } from './mock-fault.js';
import { MockProcess } from './mock-process.js';
import type { MockRequest } from './mock-request.js';

/** How a mock is started. */
export interface MockOptions {
  /** A TOML file that says what is mocked. Default: the demo surface. */
  config?: string | undefined;
  /** Random seed of the faults, a whole number: the same seed gives the same faults. Default: a new one. */
  seed?: number | undefined;
  /** The path of the binary. Default: the one that is found. */
  binary?: string | undefined;
}

/** What a new key may do, and for how long. */
export interface MockKey {
  /** The key itself; made up by default. */
  key?: string | undefined;
  /** Its name. */
  name?: string | undefined;
  /** `production` or `test`. */
  environment?: string | undefined;
  /** The capabilities that it reaches; all by default. */
  scopes?: readonly string[] | undefined;
  /** When it expires, as a `Date` or an ISO 8601 time. */
  expiresAt?: Date | string | undefined;
  /** How many calls a minute it allows. */
  rateLimitPerMinute?: number | undefined;
  /** How many calls a day it allows. */
  rateLimitPerDay?: number | undefined;
}

/** A capability of the mock. */
export interface MockCapability {
  /** Its name. */
  name?: string | undefined;
  /** What it does. */
  description?: string | undefined;
  /** Whether it can be called. */
  enabled?: boolean | undefined;
  /** `raw` or `wrapped`. */
  responseFormat?: 'raw' | 'wrapped' | undefined;
  /** How long it takes, in milliseconds. */
  latencyMs?: number | undefined;
  /** What it returns, such as `{ kind: 'fixed', output: { words: 3 } }`. Default: its input. */
  answer?: Readonly<Record<string, unknown>> | undefined;
}

/** Calls to count: how many, and which. */
export interface MockVerification extends MockWhen {
  /** Their exact number. Default: at least 1. */
  times?: number | undefined;
  /** Their lowest number. */
  atLeast?: number | undefined;
  /** Their highest number. */
  atMost?: number | undefined;
  /** The status of their responses. */
  status?: number | undefined;
  /** Whether they ran the capability. */
  ran?: boolean | undefined;
}

/**
 * A mock surface on a free port of this machine: a server of its own, made by {@link startMock}.
 *
 * It begins as the demo surface: the capabilities `echo`, `summarize-article`, `support-agent`, `fails` and `slow`, and the
 * keys `papi_demo_full`, `papi_demo_scoped`, `papi_demo_revoked`, `papi_demo_expired` and `papi_demo_limited`.
 */
export class MockSurface {
  /** The variables that configure a client for this mock, such as for a child process. */
  readonly env: Readonly<Record<string, string>>;
  /** Where the mock listens. */
  readonly baseUrl: string;
  /** The mock product's id. */
  readonly productId: string;
  /** The mock surface's id. */
  readonly surfaceId: string;
  /** A key with access to all capabilities. */
  readonly apiKey: string;
  readonly #process: MockProcess;
  readonly #isAdded: boolean;
  #functions: Promise<FunctionServer> | undefined;
  #isClosed = false;

  /** @internal */
  constructor(process: MockProcess, env: Readonly<Record<string, string | undefined>>, isAdded: boolean) {
    const variable = (name: string): string => {
      const value = env[name];
      if (value === undefined) throw new Error(`the mock did not print ${name}: it is of another version`);
      return value;
    };
    this.#process = process;
    this.#isAdded = isAdded;
    this.env = env as Readonly<Record<string, string>>;
    this.baseUrl = variable('RUNTYPE_BASE_URL');
    this.productId = variable('RUNTYPE_PRODUCT_ID');
    this.surfaceId = variable('RUNTYPE_SURFACE_ID');
    this.apiKey = variable('RUNTYPE_PRODUCT_API_KEY');
  }

  /** @internal */
  static async on(process: MockProcess): Promise<MockSurface> {
    const state = decoded('GET /state', await process.ask('GET', '/state')) as { default_surface: string };
    const copy = { copy_of: state.default_surface };
    const made = decoded('POST /surfaces', await process.ask('POST', '/surfaces', copy));
    return new MockSurface(process, (made as { env: Record<string, string> }).env, true);
  }

  /** Another surface of the same mock, as its first surface began. The two share nothing but the process. */
  newSurface(): Promise<MockSurface> {
    return MockSurface.on(this.#process);
  }

  /**
   * A client of the mock, with access to all capabilities; it takes the options of {@link Client}.
   *
   * @throws An `Error` where the package `runtype-surface` is not installed.
   */
  client(options: ClientOptions = {}): Client {
    const { baseUrl, productId, surfaceId, apiKey } = this;
    const key = options.apiKeyFile === undefined ? { apiKey } : {};
    return new (sdk().Client)({ baseUrl, productId, surfaceId, ...key, ...options });
  }

  /**
   * Sets what a capability answers: an output, a function from an input to an output, or what `fail`, `sequence`, `matched` and
   * `streamOf` return. Adds or replaces the capability.
   *
   * A function runs in this process. What it throws becomes a 500 with its text.
   */
  async answer(slug: string, answer: unknown, capability: Omit<MockCapability, 'answer'> = {}): Promise<void> {
    this.#functions ??= FunctionServer.start();
    const functions = await this.#functions;
    const configured = (one: unknown): object => {
      if (one instanceof MockAnswer) return one.configured(configured);
      if (one instanceof Reply) return { kind: 'fixed', output: one.output, status: one.status };
      if (typeof one === 'function') return { kind: 'callback', url: functions.register(one as MockFunction) };
      return { kind: 'fixed', output: one };
    };
    await this.putCapability(slug, { ...capability, answer: configured(answer) as Record<string, unknown> });
  }

  /** Adds or replaces a capability. */
  async putCapability(slug: string, capability: MockCapability = {}): Promise<void> {
    await this.control('PUT', `/capabilities/${encodeURIComponent(slug)}`, snakeCase(capability));
  }

  /** Removes a capability. */
  async removeCapability(slug: string): Promise<void> {
    await this.control('DELETE', `/capabilities/${encodeURIComponent(slug)}`);
  }

  /** Pauses the surface: calls get a 503. */
  async pause(): Promise<void> {
    await this.control('PATCH', `/surfaces/${this.surfaceId}`, { status: 'paused' });
  }

  /** Ends the pause. */
  async resume(): Promise<void> {
    await this.control('PATCH', `/surfaces/${this.surfaceId}`, { status: 'active' });
  }

  /** Mints a key, for all capabilities or for those in `scopes`, and returns it in plain text. */
  async mintKey(key: MockKey = {}): Promise<string> {
    const minted = (await this.control('POST', '/keys', snakeCase(key))) as { key: string };
    return minted.key;
  }

  /** Revokes a key at once; by default the one that this mock's clients have. */
  async revokeKey(key: string = this.apiKey): Promise<void> {
    await this.control('POST', `/keys/${encodeURIComponent(key)}/revoke`);
  }

  /** Injects a fault, such as `inject('status', { status: 503, times: 2 })`; returns its id, for {@link removeFault}. */
  async inject(kind: MockFaultKind, fault: MockFault = {}): Promise<string> {
    const made = (await this.control('POST', '/faults', snakeCase({ kind, ...fault }))) as { ids: unknown[] };
    return String(made.ids[0]);
  }

  /** Removes one fault. */
  async removeFault(id: string): Promise<void> {
    await this.control('DELETE', `/faults/${encodeURIComponent(id)}`);
  }

  /** Removes all faults. */
  async clearFaults(): Promise<void> {
    await this.control('DELETE', '/faults');
  }

  /** Advances the surface's clock, such as past a key's expiry or its limit's window, by milliseconds. */
  async advanceClock(ms: number): Promise<void> {
    await this.control('POST', '/clock', { advance_ms: ms });
  }

  /** Goes back to how it began: capabilities, keys, faults, clock, journal. */
  async reset(): Promise<void> {
    await this.control('POST', '/reset');
  }

  /** The requests that were received, oldest first, for all capabilities or for one. */
  async journal(capability?: string): Promise<MockRequest[]> {
    const query = capability === undefined ? '' : `&capability=${encodeURIComponent(capability)}`;
    const requests: MockRequest[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page = await this.control('GET', `/journal?after=${after}${query}`);
      const { requests: some, next } = page as { requests: object[]; next: number | null };
      requests.push(...some.map((request) => camelCase(request) as unknown as MockRequest));
      after = next;
    }
    return requests;
  }

  /**
   * Verifies a number of calls, by default at least one, and returns it: `verify('echo', { times: 2, input: { item: 'tea' } })`.
   *
   * @throws An `AssertionError` that says what was expected, what came, and the nearest request.
   */
  async verify(capability?: string, verification: MockVerification = {}): Promise<number> {
    const { times, atLeast, atMost, status, ran, ...when } = verification;
    if (times !== undefined && (atLeast !== undefined || atMost !== undefined)) {
      throw new TypeError('set either times, or atLeast and atMost');
    }
    const bounds = atLeast === undefined && atMost === undefined ? undefined : { atLeast, atMost };
    const body = snakeCase({ capability, times: times ?? bounds, status, ran, when });
    const answer = await this.#process.ask('POST', `/verify?surface=${encodeURIComponent(this.surfaceId)}`, body);
    if (answer.status === 409) {
      const { error } = JSON.parse(answer.text) as { error: string };
      throw new AssertionError({ message: error, stackStartFn: this.verify });
    }
    return (decoded('POST /verify', answer) as { seen: number }).seen;
  }

  /** Calls the mock's control interface, for what has no method of its own here. `path` is below `/__mock`. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const url = new URL(path, 'http://mock');
    // These concern no surface, or name it in the path.
    const isGeneral = /^\/surfaces(\/|$)/.test(url.pathname) || (method === 'PUT' && url.pathname === '/state');
    if (!isGeneral && !url.searchParams.has('surface')) url.searchParams.set('surface', this.surfaceId);
    return decoded(`${method} ${path}`, await this.#process.ask(method, url.pathname + url.search, body));
  }

  /**
   * Stops the mock and waits until it has ended, or removes this surface from a mock that others use too. A mock that nobody
   * closes ends with this process.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    (await this.#functions)?.close();
    if (!this.#isAdded) return await this.#process.stop();
    // The mock may have stopped already.
    await this.control('DELETE', `/surfaces/${encodeURIComponent(this.surfaceId)}`).catch(() => {});
  }

  /** Stops the mock at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Starts a mock of an API surface for an application's own tests: no account, no network.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { AuthenticationError } from 'runtype-surface';
 * import { startMock } from 'runtype-mock';
 *
 * const mock = await startMock();
 * const client = mock.client();
 * await mock.revokeKey();
 * await assert.rejects(client.call('echo', {}), AuthenticationError);
 * await mock.close();
 * ```
 *
 * In a process that `runtype-mock run` started, or where `runtype-mock/global-setup` is the test runner's global setup, it is a new
 * surface of that mock instead, unless an option says otherwise.
 *
 * @throws An `Error` where there is no binary, or where it does not start.
 */
export async function startMock(options: MockOptions = {}): Promise<MockSurface> {
  const unknown = Object.keys(options).find((name) => !['config', 'seed', 'binary'].includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`startMock() has no option ${unknown}; it has config, seed and binary`);
  }
  const { config, seed, binary } = options;
  const running = MockProcess.running();
  if (running !== undefined && (config ?? seed ?? binary) === undefined) return MockSurface.on(running);
  const flags: string[] = [];
  if (config !== undefined) flags.push('--config', config);
  if (seed !== undefined) flags.push('--seed', String(seed));
  const started = await MockProcess.start(binary ?? findMockBinary(), flags);
  return new MockSurface(started, started.env, false);
}

/** The body of a control response. */
function decoded(request: string, { status, text }: { status: number; text: string }): unknown {
  if (status >= 300) throw new Error(`the mock refused ${request}: ${status} ${respelled(text)}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** The SDK, which only {@link MockSurface.client} needs. */
function sdk(): typeof import('runtype-surface') {
  try {
    return require('runtype-surface');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(
      'client() makes a client of the package runtype-surface, which is not installed: `npm install runtype-surface`, or use ' +
        'another HTTP client with the variables in `env`',
      { cause },
    );
  }
}
