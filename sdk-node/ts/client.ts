// A client, which sends the calls.

import process from 'node:process';

import { inputOf, type Rest, type Send, slug } from './call-arguments.js';
import { iterable, resultsOf } from './call-many.js';
import type { CallResult, Inputs } from './call-result.js';
import { type Boundary, CallSite, outcomeOf } from './call-site.js';
import { type Cancel, sendWithSignal } from './cancel.js';
import { Derived, type SharedParts } from './derived-client.js';
import { Environment } from './environment.js';
import { eventReader } from './event-reader.js';
import { hookRunner } from './hook-runner.js';
import { InFlight } from './in-flight.js';
import { keyFunction } from './key-function.js';
import { native } from './native.js';
import { unwrap } from './native-error.js';
import type {
  CallManyOptions,
  CallOptions,
  ClientOptions,
  DefaultOptions,
  EnvironmentOptions,
  RequestOptions,
  SchemaOptions,
  StreamOptions,
} from './options.js';
import {
  checkCallManyOptions,
  checkCallOptions,
  checkClientOptions,
  checkDefaultOptions,
  checkEnvironmentOptions,
  checkRequestOptions,
  checkStreamOptions,
} from './options-check.js';
import { nativeCallManyOptions, nativeCallOptions, nativeClientOptions } from './options-native.js';
import { type CallResponse, responseOf } from './response.js';
import { checkedBy } from './schema.js';
import type { SchemaOutput, StandardSchema } from './standard-schema.js';
import { EventStream } from './stream.js';
import { type WatchedCall, WatchedCalls } from './watched-call.js';

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
  readonly #native: NativeClient;
  readonly #shared: SharedParts;
  readonly #inFlight: InFlight;
  readonly #isDerived: boolean;

  /**
   * Nothing is sent.
   *
   * @throws {@link ConfigurationError}, which names the option or the variable that is missing or wrong.
   */
  constructor(options?: ClientOptions);
  constructor(options: ClientOptions | Derived = {}) {
    this.#isDerived = Derived.is(options);
    if (Derived.is(options)) {
      this.#native = options.native;
      this.#shared = options.shared;
      this.#inFlight = new InFlight(options.inFlight);
      return;
    }
    const site = new CallSite(new.target);
    const given = site.run(() => checkClientOptions(options));
    const { apiKey, apiKeyFile, apiKeyVariable, envPrefix } = given;
    const environment = site.run(() => new Environment(envPrefix ?? undefined, apiKeyVariable ?? undefined));
    const calls = new WatchedCalls();
    const runHooks = hookRunner(given, calls);
    const askKey = typeof apiKey === 'function' ? keyFunction(apiKey, calls) : undefined;
    const [client, address] = site.run(() => {
      const nativeOptions = nativeClientOptions(given, environment.variables(), `node ${process.versions.node}`);
      const opened = unwrap(native.openClient(nativeOptions, askKey));
      if (runHooks !== undefined) unwrap(opened.listenToAttempts(runHooks));
      return [opened, unwrap(opened.endpoint)] as const;
    });
    this.#native = client;
    this.#inFlight = new InFlight();
    const isKeyInEnvironment = apiKey === undefined && apiKeyFile === undefined;
    const watchedCalls = runHooks === undefined && askKey === undefined ? undefined : calls;
    this.#shared = { address, runHooks, watchedCalls, environment: isKeyInEnvironment ? environment : undefined };
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
   * Derives a client whose calls have other options by default. Both share the connections, the key, the retry budget and the
   * hooks, so options of these are refused: create another client. The options of a call override those of either.
   *
   * @example
   * ```ts
   * import { Client } from 'runtype-surface';
   *
   * const client = new Client();
   * const patient = client.withOptions({ timeoutMs: 1_800_000, maxRetries: 5 });
   * ```
   *
   * Closing a derived client leaves the other as it is; closing the one that has the connections closes all.
   *
   * @throws {@link ConfigurationError} for a wrong option, and where the client is closed.
   */
  withOptions(options: DefaultOptions): Client {
    const derived = new CallSite(Client.prototype.withOptions).run(() => {
      const made = unwrap(this.#open().withOptions(nativeCallOptions(checkDefaultOptions(options))));
      return new Derived(made, this.#shared, this.#inFlight);
    });
    return new Client(derived as ClientOptions);
  }

  /**
   * Calls a capability and returns its output.
   *
   * @param capability - The slug, or a full URL of this surface.
   * @param input - What the capability takes: a JSON object, which becomes the whole request body. Default: `{}`.
   * @typeParam T - The output's type. It is not checked; with the option `schema` it is, and is inferred.
   * @throws Any {@link SurfaceError}; `signal.reason` where the signal aborts the call.
   */
  call<S extends StandardSchema>(
    capability: string,
    input: object,
    options: CallOptions & SchemaOptions<S>,
  ): Promise<SchemaOutput<S>>;
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
  callWithResponse<S extends StandardSchema>(
    capability: string,
    input: object,
    options: CallOptions & SchemaOptions<S>,
  ): Promise<CallResponse<SchemaOutput<S>>>;
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
   * With `ledger` and `id` the run can be continued after a crash: answered inputs are not sent again, their results are `replayed`.
   * Those sent when the process was killed (at most `concurrency` each time), and failures that may have been executed, are held
   * back with a {@link LedgerError}; {@link listUnknown} lists them, and `rerunUnknown` sends them again.
   *
   * @param inputs - What the capability takes, each a JSON object.
   * @typeParam T - The output's type. It is not checked.
   * @typeParam I - The input's type.
   * @throws `signal.reason` where the signal ends it, {@link ConfigurationError} for a wrong option, and, after the results
   * of the calls before it, what the iterator of the inputs throws. The errors of the calls are in their results.
   */
  callMany<S extends StandardSchema, I extends object>(
    capability: string,
    inputs: Inputs<I>,
    options: CallManyOptions<I> & SchemaOptions<S>,
  ): AsyncGenerator<CallResult<SchemaOutput<S>, I>, void, undefined>;
  callMany<T = unknown, I extends object = object>(
    capability: string,
    inputs: Inputs<I>,
    options?: CallManyOptions<I>,
  ): AsyncGenerator<CallResult<T, I>, void, undefined>;
  callMany<T, I extends object>(
    capability: string,
    inputs: Inputs<I>,
    options: CallManyOptions<I> = {},
  ): AsyncGenerator<CallResult<T, I>, void, undefined> {
    const site = new CallSite(Client.prototype.callMany);
    const given = site.run(() => checkCallManyOptions<I>(options));
    const { schema } = given;
    const watched = this.#shared.watchedCalls?.make();
    const ofAll = nativeCallManyOptions(given);
    const build = () => this.#open().callMany(slug(capability), ofAll, nativeCallOptions(given), watched?.number);
    // It only builds, and refuses a wrong option at once.
    const many = site.run(() => unwrap(build()));
    const open = () => {
      // The client may have been closed since, and its key may be another one.
      site.run(() => this.#open());
      return many;
    };
    return resultsOf(
      open,
      site.run(() => iterable(inputs)),
      typeof given.id === 'function' ? given.id : undefined,
      site,
      given.signal ?? undefined,
      watched,
      () => this.#runWaitingHooks(),
      schema && ((output, report) => checkedBy(schema, output, report, slug(capability), site)),
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
    const watched = this.#shared.watchedCalls?.make();
    const open = async (signal: AbortSignal) => {
      if ('thrown' in built) throw built.thrown;
      const { capability, input } = built.value;
      const send: Send = (client, nativeOptions, cancel, watch) =>
        client.stream(capability, input, nativeOptions, cancel, watch);
      return eventReader((await this.#send(site, { ...options, signal }, send, watched)) as NativeStream, site);
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
   * other object and keeps no process alive. The clients that {@link Client.withOptions} derived are closed with it; a derived
   * client closes itself only.
   */
  close(): Promise<void> {
    const site = new CallSite(Client.prototype.close);
    return this.#inFlight.close(() => {
      if (!this.#isDerived) site.run(() => unwrap(this.#native.close()));
    });
  }

  /** Closes the client at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What `console.log` shows: the address, never the key. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    // Its prototype, or an object that has only borrowed it, has none.
    return #shared in this ? `Client { endpoint: '${this.#shared.address}' }` : 'Client {}';
  }

  /** The address; never the key. */
  toJSON(): { endpoint: string } {
    return { endpoint: this.#shared.address };
  }

  async #call<T>(boundary: Boundary, capability: string, rest: Rest, withReport = false): Promise<T> {
    const site = new CallSite(boundary);
    const options =
      rest[1] === undefined ? undefined : site.run(() => checkCallOptions(rest[1], `client.${boundary.name}()`));
    const schema = options?.schema;
    const request = () => ({ capability: slug(capability), input: inputOf(rest), withReport: withReport || !!schema });
    const received = await this.#send(site, options, (client, nativeOptions, cancel, watch) =>
      client.call(request(), nativeOptions, cancel, watch),
    );
    if (schema == null) return received as T;
    const { output, report } = received as { output: unknown; report: string };
    const checked = await checkedBy(schema, output, () => JSON.parse(report), capability, site);
    return (withReport ? { output: checked, report } : checked) as T;
  }

  /** The options of a stream, which is opened later, with values that the core takes. */
  #checkedOptions(given: unknown): StreamOptions {
    const options = checkStreamOptions(given);
    const nativeOptions = nativeCallOptions(options);
    // A closed client refuses the call itself.
    if (!this.#inFlight.isClosed) unwrap(this.#native.check(nativeOptions));
    // An iterator gives its headers once.
    return { ...options, headers: nativeOptions.headers?.map(({ name, value }) => [name, value] as const) };
  }

  #openapi(boundary: Boundary, given: RequestOptions | undefined): Promise<unknown> {
    const site = new CallSite(boundary);
    const options =
      given === undefined ? undefined : site.run(() => checkRequestOptions(given, `client.${boundary.name}()`));
    return this.#send(site, options, (client, nativeOptions, cancel, watch) =>
      client.openapi(nativeOptions, cancel, watch),
    );
  }

  async #send(
    site: CallSite,
    options: CallOptions | StreamOptions | undefined,
    send: Send,
    watched: WatchedCall | undefined = this.#shared.watchedCalls?.make(),
  ): Promise<unknown> {
    return this.#inFlight.during(async () => {
      const nativeOptions = options && site.run(() => nativeCallOptions(options));
      const begin = (cancel?: Cancel) => site.run(() => send(this.#open(), nativeOptions, cancel, watched?.number));
      const signal = options?.signal;
      const result = signal == null ? await begin() : await sendWithSignal(signal, site, begin);
      this.#runWaitingHooks();
      return site.run(() => unwrap(result));
    });
  }

  /** Runs the hooks for attempts that they have not received yet. */
  #runWaitingHooks(): void {
    this.#shared.runHooks?.(this.#native.takeAttemptReports());
  }

  /** The native client, with the environment's current key. */
  #open(): NativeClient {
    if (this.#inFlight.isClosed) return unwrap<never>(native.closedClient());
    const { environment } = this.#shared;
    if (environment?.hasAnotherKey()) unwrap(this.#native.setVariables(environment.variables()));
    return this.#native;
  }
}
