// A client, which sends the calls.

import process from 'node:process';

import { kindOf, wellFormed } from './argument.js';
import { iterable, resultsOf } from './call-many.js';
import type { CallResult, Inputs } from './call-result.js';
import { type Boundary, CallSite } from './call-site.js';
import { type Cancel, sendWithSignal } from './cancel.js';
import { Environment } from './environment.js';
import { eventReader } from './event-reader.js';
import { hookRunner, type RunHooks } from './hook-runner.js';
import { jsonOf } from './input.js';
import { keyFunction } from './key-function.js';
import { type NativeCallOptions, native } from './native.js';
import { refused, unwrap } from './native-error.js';
import type {
  CallManyOptions,
  CallOptions,
  ClientOptions,
  EnvironmentOptions,
  RequestOptions,
  StreamOptions,
} from './options.js';
import {
  checkCallManyOptions,
  checkCallOptions,
  checkClientOptions,
  checkEnvironmentOptions,
  checkRequestOptions,
  checkStreamOptions,
} from './options-check.js';
import { nativeCallManyOptions, nativeCallOptions, nativeClientOptions } from './options-native.js';
import { CallResponse } from './response.js';
import { EventStream } from './stream.js';

type NativeClient = InstanceType<typeof native.Client>;
type NativeStream = InstanceType<typeof native.EventStream>;

/**
 * Calls the capabilities of one API surface.
 *
 * Create one per surface and keep it: it holds the connections, the key and the retry budget. It does not keep the process
 * alive. Options that are not given come from the environment, then from the defaults.
 *
 * @example
 * ```ts
 * import { Client } from 'runtype-surface';
 *
 * interface Summary {
 *   summary: string;
 * }
 *
 * // RUNTYPE_PRODUCT_API_KEY, RUNTYPE_PRODUCT_ID and RUNTYPE_SURFACE_ID
 * const client = new Client();
 * const input = { input: 'A long text.' };
 * const { summary } = await client.call<Summary>('summarize-article', input, { timeoutMs: 20_000 });
 * console.log(summary);
 * ```
 */
export class Client {
  #native: NativeClient | undefined;
  /** Set where the key comes from the environment. */
  readonly #environment: Environment | undefined;
  readonly #address: string;
  readonly #runHooks: RunHooks | undefined;
  #inFlight = 0;
  #whenIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Nothing is sent.
   *
   * @throws {@link ConfigurationError}, which names the option or the variable that is missing or wrong.
   */
  constructor(options: ClientOptions = {}) {
    const site = new CallSite(new.target);
    const given = site.run(() => checkClientOptions(options));
    const { apiKey, apiKeyFile, apiKeyVariable, envPrefix } = given;
    const environment = site.run(() => new Environment(envPrefix ?? undefined, apiKeyVariable ?? undefined));
    const runHooks = hookRunner(given);
    const [client, address] = site.run(() => {
      const nativeOptions = nativeClientOptions(given, environment.variables(), `node ${process.versions.node}`);
      const askKey = typeof apiKey === 'function' ? keyFunction(apiKey) : undefined;
      const opened = unwrap(native.openClient(nativeOptions, askKey, runHooks));
      return [opened, unwrap(opened.endpoint)] as const;
    });
    this.#runHooks = runHooks;
    this.#native = client;
    this.#address = address;
    this.#environment = apiKey === undefined && apiKeyFile === undefined ? environment : undefined;
  }

  /**
   * A client from the environment alone, under variables that begin with `prefix` (`RUNTYPE` by default). So one process
   * has clients for development and for production.
   *
   * @throws {@link ConfigurationError}, which names the variable that is missing or wrong.
   */
  static fromEnv(options: EnvironmentOptions = {}): Client {
    const { prefix } = new CallSite(Client.fromEnv).run(() => checkEnvironmentOptions(options));
    return new Client({ envPrefix: prefix });
  }

  /**
   * Calls a capability and returns its output.
   *
   * @param capability - The slug, or a full URL of this surface.
   * @param input - What the capability takes: a JSON object, which becomes the whole request body. Default: `{}`.
   * @typeParam T - The output's type. It is not checked.
   * @throws Any {@link SurfaceError}; `signal.reason` where the signal aborts the call.
   */
  call<T = unknown>(capability: string): Promise<T>;
  call<T = unknown>(capability: string, input: object, options?: CallOptions): Promise<T>;
  async call<T>(capability: string, ...rest: Rest): Promise<T> {
    return this.#call(Client.prototype.call, capability, rest);
  }

  /**
   * Calls a capability and returns its output with the response: status, ids, headers, attempts.
   *
   * @throws As {@link Client.call}.
   */
  callWithResponse<T = unknown>(capability: string): Promise<CallResponse<T>>;
  callWithResponse<T = unknown>(capability: string, input: object, options?: CallOptions): Promise<CallResponse<T>>;
  async callWithResponse<T>(capability: string, ...rest: Rest): Promise<CallResponse<T>> {
    return responseOf(await this.#call(Client.prototype.callWithResponse, capability, rest, true));
  }

  /**
   * Calls a capability once for each input, a few at a time, and yields the results: in the order of the inputs, or as they
   * arrive. An error ends no other call. No call begins while the server reports that the key's limit is used up.
   *
   * The first call is sent when the first result is read, and the next input is taken when there is room for its call.
   * Leaving the loop and the signal drop the in-flight calls, and no more begin.
   *
   * @example
   * ```ts
   * import { Client } from 'runtype-surface';
   *
   * interface Summary {
   *   summary: string;
   * }
   *
   * const inputs = [{ input: 'One.' }, { input: 'Two.' }];
   * for await (const result of new Client().callMany<Summary>('summarize-article', inputs)) {
   *   console.log(result.index, result.ok ? result.output.summary : result.error.message);
   * }
   * ```
   *
   * Calls go on while a result is looked at, until as many finished results wait as calls may be in flight; up to as many inputs
   * are taken ahead. A used-up rate limit holds all calls until its next window, outside of their timeouts and retries. After
   * an error that concerns all (a refused key, a missing permission, an exhausted day or plan) the rest is not sent: each
   * remaining result has that error, with {@link SurfaceError.notSent}.
   *
   * @param inputs - What the capability takes, each a JSON object.
   * @typeParam T - The output's type. It is not checked.
   * @typeParam I - The input's type.
   * @throws `signal.reason` where the signal ends it, {@link ConfigurationError} for a wrong option, and, after the results
   * of the calls before it, what the iterator of the inputs throws. The errors of the calls are in their results.
   */
  callMany<T = unknown, I extends object = object>(
    capability: string,
    inputs: Inputs<I>,
    options: CallManyOptions = {},
  ): AsyncGenerator<CallResult<T, I>, void, undefined> {
    const site = new CallSite(Client.prototype.callMany);
    const { concurrency, inOrder, maxWindowWaitMs, signal, ...shared } = site.run(() => checkCallManyOptions(options));
    const manyOptions = nativeCallManyOptions({ concurrency, inOrder, maxWindowWaitMs });
    const build = () => unwrap(this.#open().callMany(slug(capability), manyOptions, nativeCallOptions(shared)));
    // It only builds, and refuses a wrong option at once.
    const many = site.run(build);
    const open = () => {
      // The client may have been closed since, and its key may be another one.
      site.run(() => this.#open());
      return many;
    };
    return resultsOf(
      open,
      site.run(() => iterable(inputs)),
      site,
      signal ?? undefined,
      () => this.#runWaitingHooks(),
    );
  }

  /**
   * Calls a capability and returns its events as a stream. Nothing is sent before the stream is opened: by
   * {@link EventStream.response} or by reading it.
   *
   * `timeoutMs` and the retry rules apply until the response begins; after that nothing is retried, and the stream may last
   * as long as it is not silent for `streamIdleTimeoutMs`, and no longer than `streamTimeoutMs`.
   *
   * @param capability - The slug, or a full URL of this surface.
   * @param input - What the capability takes: a JSON object. Default: `{}`.
   * @throws {@link ConfigurationError} for a wrong option. Everything else is thrown where the stream is opened.
   */
  stream(capability: string): EventStream;
  stream(capability: string, input: object, options?: StreamOptions): EventStream;
  stream(capability: string, ...rest: Rest<StreamOptions>): EventStream {
    const site = new CallSite(Client.prototype.stream);
    const options = rest[1] === undefined ? {} : site.run(() => this.#checkedOptions(rest[1]));
    const built = outcomeOf(() => site.run(() => ({ capability: slug(capability), input: inputOf(rest) })));
    const open = async (signal: AbortSignal) => {
      if ('thrown' in built) throw built.thrown;
      const { capability, input } = built.value;
      const send = (client: NativeClient, nativeOptions: NativeCallOptions | undefined, cancel?: Cancel) =>
        client.stream(capability, input, nativeOptions, cancel);
      return eventReader((await this.#send(site, { ...options, signal }, send)) as NativeStream, site);
    };
    return new EventStream(open, options.signal ?? undefined);
  }

  /**
   * The surface's OpenAPI 3.0 document, which follows its capabilities. Its URL is assumed.
   *
   * @throws As {@link Client.call}.
   */
  async openapi(options?: RequestOptions): Promise<Record<string, unknown>> {
    return responseOf<Record<string, unknown>>(await this.#openapi(Client.prototype.openapi, options)).output;
  }

  /**
   * The surface's OpenAPI document with the response.
   *
   * @throws As {@link Client.call}.
   */
  async openapiWithResponse(options?: RequestOptions): Promise<CallResponse<Record<string, unknown>>> {
    return responseOf(await this.#openapi(Client.prototype.openapiWithResponse, options));
  }

  /**
   * The URL of a capability.
   *
   * @throws {@link ConfigurationError} for a slug that cannot be one path segment, or the URL of another surface.
   */
  endpointUrl(capability: string): string {
    return new CallSite(Client.prototype.endpointUrl).run(() => unwrap(this.#open().endpointUrl(slug(capability))));
  }

  /**
   * Refuses new calls, waits for those in flight to end, and closes the connections. It does not wait for streams that
   * have begun, which continue until they are read to the end or closed. A client that is not closed is collected like any
   * other object and keeps no process alive.
   */
  close(): Promise<void> {
    const site = new CallSite(Client.prototype.close);
    this.#closed ??= new Promise<void>((resolve, reject) => {
      this.#whenIdle = () => {
        const client = this.#native;
        this.#native = undefined;
        try {
          site.run(() => unwrap(client?.close()));
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      if (this.#inFlight === 0) this.#whenIdle();
    });
    return this.#closed;
  }

  /** Closes the client at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What `console.log` shows: the address, never the key. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    // Its prototype, or an object that has only borrowed it, has none.
    return #address in this ? `Client { endpoint: '${this.#address}' }` : 'Client {}';
  }

  /** The address; never the key. */
  toJSON(): { endpoint: string } {
    return { endpoint: this.#address };
  }

  async #call<T>(boundary: Boundary, capability: string, rest: Rest, withReport = false): Promise<T> {
    const site = new CallSite(boundary);
    const options =
      rest[1] === undefined ? undefined : site.run(() => checkCallOptions(rest[1], `client.${boundary.name}()`));
    const output = await this.#send(site, options, (client, nativeOptions, cancel) =>
      client.call({ capability: slug(capability), input: inputOf(rest), withReport }, nativeOptions, cancel),
    );
    return output as T;
  }

  /** The options of a stream, which is opened later, with values that the core takes. */
  #checkedOptions(given: unknown): StreamOptions {
    const options = checkStreamOptions(given);
    const nativeOptions = nativeCallOptions(options);
    // A closed client refuses the call itself.
    if (this.#closed === undefined && this.#native !== undefined) unwrap(this.#native.check(nativeOptions));
    // An iterator gives its headers once.
    return { ...options, headers: nativeOptions.headers?.map(({ name, value }) => [name, value] as const) };
  }

  #openapi(boundary: Boundary, given: RequestOptions | undefined): Promise<unknown> {
    const site = new CallSite(boundary);
    const options =
      given === undefined ? undefined : site.run(() => checkRequestOptions(given, `client.${boundary.name}()`));
    return this.#send(site, options, (client, nativeOptions, cancel) => client.openapi(nativeOptions, cancel));
  }

  async #send(
    site: CallSite,
    options: CallOptions | StreamOptions | undefined,
    send: (client: NativeClient, options: NativeCallOptions | undefined, cancel?: Cancel) => unknown,
  ): Promise<unknown> {
    this.#inFlight += 1;
    try {
      const nativeOptions = options && site.run(() => nativeCallOptions(options));
      const begin = (cancel?: Cancel) => site.run(() => send(this.#open(), nativeOptions, cancel));
      const signal = options?.signal;
      const result = signal == null ? await begin() : await sendWithSignal(signal, site, begin);
      this.#runWaitingHooks();
      return site.run(() => unwrap(result));
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#whenIdle?.();
    }
  }

  /** Runs the hooks for attempts that they have not received yet. */
  #runWaitingHooks(): void {
    if (this.#native !== undefined) this.#runHooks?.(this.#native.takeAttemptReports());
  }

  /** The native client, with the environment's current key. */
  #open(): NativeClient {
    const client = this.#native;
    if (client === undefined || this.#closed !== undefined) return unwrap<never>(native.closedClient());
    if (this.#environment?.hasAnotherKey()) unwrap(client.setVariables(this.#environment.variables()));
    return client;
  }
}

function responseOf<T>(received: unknown): CallResponse<T> {
  const { output, report } = received as { output: T; report: string };
  return new CallResponse(output, report);
}

/** What a step returns or throws. */
function outcomeOf<T>(step: () => T): { value: T } | { thrown: unknown } {
  try {
    return { value: step() };
  } catch (thrown) {
    return { thrown };
  }
}

/** The arguments after the capability. */
type Rest<O = CallOptions> = [input?: object, options?: O];

/** An input that is left out is `{}`; one that is `undefined` is a mistake. */
function inputOf(rest: Rest<unknown>): string {
  return rest.length === 0 ? '{}' : jsonOf(rest[0]);
}

function slug(capability: unknown): string {
  if (typeof capability !== 'string') throw refused('capability', `it must be a string, not ${kindOf(capability)}`);
  return wellFormed('capability', capability);
}
