// A mock surface, and its control.

import type { Client, ClientOptions } from 'runtype-surface';

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
  /** When it expires, as an ISO 8601 time. */
  expiresAt?: string | undefined;
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
  readonly #control: string;

  /** @internal */
  constructor(process: MockProcess) {
    const variable = (name: string): string => {
      const value = process.env[name];
      if (value === undefined) throw new Error(`the mock did not print ${name}: it is of another version`);
      return value;
    };
    this.#process = process;
    this.env = process.env;
    this.baseUrl = variable('RUNTYPE_BASE_URL');
    this.productId = variable('RUNTYPE_PRODUCT_ID');
    this.surfaceId = variable('RUNTYPE_SURFACE_ID');
    this.apiKey = variable('RUNTYPE_PRODUCT_API_KEY');
    this.#control = variable('RUNTYPE_MOCK_CONTROL_URL');
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
    const made = (await this.control('POST', '/faults', { kind, ...snakeCase(fault) })) as { ids: unknown[] };
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

  /** Advances the mock's clock, such as past a key's expiry or its limit's window, by milliseconds. */
  async advanceClock(ms: number): Promise<void> {
    await this.control('POST', '/clock', { advance_ms: ms });
  }

  /** Goes back to how it began: capabilities, keys, faults, clock, journal. */
  async reset(): Promise<void> {
    await this.control('POST', '/reset');
  }

  /** The requests that were received, oldest first, for all capabilities or for one. */
  async journal(capability?: string): Promise<MockRequest[]> {
    const query = capability === undefined ? '' : `?capability=${encodeURIComponent(capability)}`;
    const { requests } = (await this.control('GET', `/journal${query}`)) as { requests: object[] };
    return requests.map((request) => camelCase(request) as unknown as MockRequest);
  }

  /** Calls the mock's control interface, for what has no method of its own here. `path` is below `/__mock`. */
  async control(method: string, path: string, body?: unknown): Promise<unknown> {
    const url = new URL(this.#control + path);
    if (!url.searchParams.has('surface')) url.searchParams.set('surface', this.surfaceId);
    const response = await fetch(url, {
      method,
      // The mock asks for it of a request without a body too.
      headers: { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the mock refused ${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Stops the mock, and waits until it has ended. A mock that nobody closes ends with this process. */
  close(): Promise<void> {
    return this.#process.stop();
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
 * @throws An `Error` where there is no binary, or where it does not start.
 */
export async function startMock(options: MockOptions = {}): Promise<MockSurface> {
  const { config, seed, binary } = options;
  const flags: string[] = [];
  if (config !== undefined) flags.push('--config', config);
  if (seed !== undefined) flags.push('--seed', String(seed));
  return new MockSurface(await MockProcess.start(binary ?? findMockBinary(), flags));
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

/** `latencyMs` becomes `latency_ms`: the control interface's names. Only the fields' own, not those inside of them. */
function snakeCase(fields: object): Record<string, unknown> {
  return renamed(fields, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function camelCase(fields: object): Record<string, unknown> {
  return renamed(fields, (name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function renamed(fields: object, rename: (name: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [rename(name), value]));
}
