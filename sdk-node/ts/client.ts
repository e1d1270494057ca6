import process from 'node:process';
import { wholeText } from './argument.js';
import { type CallResult, type Inputs, iterable, resultsOf } from './call-many.js';
import { following } from './cancel.js';
import { Environment } from './environment.js';
import { type Tell, tellOf } from './hooks.js';
import { jsonOf } from './input.js';
import { keyFunction } from './key-function.js';
import { type NativeCallOptions, native } from './native.js';
import { type Boundary, CallSite, refusal, unlessFailed } from './native-error.js';
import {
  type CallManyOptions,
  type CallOptions,
  type ClientOptions,
  checkCallManyOptions,
  checkCallOptions,
  checkClientOptions,
  checkEnvironmentOptions,
  type EnvironmentOptions,
  nativeCallOptions,
  nativeClientOptions,
} from './options.js';
import { Answer } from './response.js';
import { EventStream } from './stream.js';

type NativeClient = InstanceType<typeof native.Client>;
type NativeStream = InstanceType<typeof native.EventStream>;
type Cancel = InstanceType<typeof native.Cancel>;

/**
 * Calls the capabilities of one API surface.
 *
 * Make one a surface and keep it: it holds the connections, the key and the allowance of retries. It does not keep the
 * process alive. What its options leave out comes from the environment, then from the defaults.
 *
 * @example
 * ```js
 * import { Client } from 'runtype-surface';
 *
 * // RUNTYPE_PRODUCT_API_KEY, RUNTYPE_PRODUCT_ID and RUNTYPE_SURFACE_ID
 * const client = new Client();
 * const { summary } = await client.call('summarize-article', { input: 'A long text.' }, { timeoutMs: 20_000 });
 * console.log(summary);
 * ```
 */
export class Client {
  #native: NativeClient | undefined;
  /** Set where the key comes from the environment. */
  readonly #environment: Environment | undefined;
  readonly #address: string;
  readonly #tell: Tell | undefined;
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
    const { apiKey, apiKeyFile, envPrefix } = given;
    const environment = new Environment(envPrefix);
    const tell = tellOf(given);
    const [client, address] = site.run(() => {
      const crossing = nativeClientOptions(given, environment.variables(), `node ${process.versions.node}`);
      const askKey = typeof apiKey === 'function' ? keyFunction(apiKey) : undefined;
      const opened = unlessFailed(native.openClient(crossing, askKey, tell));
      return [opened, unlessFailed(opened.endpoint)] as const;
    });
    this.#tell = tell;
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
   * Calls a capability and gives its output.
   *
   * @param capability - The slug, or a full URL of this surface.
   * @param input - What the capability takes: a JSON object (api.md: the whole request body is the input). Left out, it is `{}`.
   * @typeParam T - What the output is taken for. It is not checked.
   * @throws Every {@link RuntypeError}; `signal.reason` where the signal aborts the call.
   */
  call<T = unknown>(capability: string): Promise<T>;
  call<T = unknown>(capability: string, input: object, options?: CallOptions): Promise<T>;
  async call<T>(capability: string, ...rest: Rest): Promise<T> {
    const output = await this.#send(rest[1], Client.prototype.call, (client, crossing, cancel) =>
      client.call(slug(capability), inputOf(rest), false, crossing, cancel),
    );
    return output as T;
  }

  /**
   * Calls a capability and gives its output with what came beside it: status, ids, headers, attempts.
   *
   * @throws As {@link Client.call}.
   */
  callWithResponse<T = unknown>(capability: string): Promise<Answer<T>>;
  callWithResponse<T = unknown>(capability: string, input: object, options?: CallOptions): Promise<Answer<T>>;
  async callWithResponse<T>(capability: string, ...rest: Rest): Promise<Answer<T>> {
    const whole = await this.#send(rest[1], Client.prototype.callWithResponse, (client, crossing, cancel) =>
      client.call(slug(capability), inputOf(rest), true, crossing, cancel),
    );
    return answerOf(whole);
  }

  /**
   * Calls a capability by way of the surface's dispatch endpoint, which takes the name in the body (api.md, vendor).
   *
   * @throws As {@link Client.call}.
   */
  dispatch<T = unknown>(capability: string): Promise<T>;
  dispatch<T = unknown>(capability: string, input: object, options?: CallOptions): Promise<T>;
  async dispatch<T>(capability: string, ...rest: Rest): Promise<T> {
    const output = await this.#send(rest[1], Client.prototype.dispatch, (client, crossing, cancel) =>
      client.dispatch(slug(capability), inputOf(rest), false, crossing, cancel),
    );
    return output as T;
  }

  /**
   * Calls a capability by way of the surface's dispatch endpoint, and gives its output with what came beside it.
   *
   * @throws As {@link Client.call}.
   */
  dispatchWithResponse<T = unknown>(capability: string): Promise<Answer<T>>;
  dispatchWithResponse<T = unknown>(capability: string, input: object, options?: CallOptions): Promise<Answer<T>>;
  async dispatchWithResponse<T>(capability: string, ...rest: Rest): Promise<Answer<T>> {
    const whole = await this.#send(rest[1], Client.prototype.dispatchWithResponse, (client, crossing, cancel) =>
      client.dispatch(slug(capability), inputOf(rest), true, crossing, cancel),
    );
    return answerOf(whole);
  }

  /**
   * Calls a capability once for each input, a few at a time, and hands the results on: in the order of the inputs, or as
   * they are there. One failure ends no other call. No call begins while the server says that the key's limit is used up.
   *
   * The first call is sent when the first result is asked for, and the next input is taken when there is room for its call.
   * Leaving the loop and the signal drop the calls that are under way, and no more begin.
   *
   * @example
   * ```js
   * import { Client } from 'runtype-surface';
   *
   * const inputs = [{ input: 'One.' }, { input: 'Two.' }];
   * for await (const { number, output, error } of new Client().callMany('summarize-article', inputs)) {
   *   console.log(number, error ?? output);
   * }
   * ```
   *
   * @param inputs - What the capability takes, each a JSON object.
   * @throws `signal.reason` where the signal ends it, {@link ConfigurationError} where an option cannot be, and, after the
   * results of the calls before it, what the iterator of the inputs throws. The errors of the calls are in their results.
   */
  callMany<T = unknown>(
    capability: string,
    inputs: Inputs,
    options: CallManyOptions = {},
  ): AsyncGenerator<CallResult<T>, void, undefined> {
    const site = new CallSite(Client.prototype.callMany);
    const { concurrency, inOrder, signal, ...shared } = site.run(() => checkCallManyOptions(options));
    const crossing = site.run(() => nativeCallOptions(shared));
    const open = () =>
      site.run(() =>
        unlessFailed(this.#open().callMany(slug(capability), concurrency ?? null, inOrder ?? true, crossing)),
      );
    return resultsOf(
      open,
      site.run(() => iterable(inputs)),
      site,
      signal,
      () => this.#tellHooks(),
    );
  }

  /**
   * Calls a capability and hands its events on as they come. Nothing is sent before the stream is read.
   *
   * `timeoutMs` and the retry rules hold until the answer begins; after that nothing is repeated, and the stream may last
   * as long as it is not silent for `streamIdleTimeoutMs`.
   */
  stream(capability: string): EventStream;
  stream(capability: string, input: object, options?: CallOptions): EventStream;
  stream(capability: string, ...rest: Rest): EventStream {
    const site = new CallSite(Client.prototype.stream);
    const options = site.run(() => (rest[1] === undefined ? {} : checkCallOptions(rest[1])));
    const open = async (signal: AbortSignal) => {
      const opened = await this.#send({ ...options, signal }, site, (client, crossing, cancel) =>
        client.stream(slug(capability), inputOf(rest), crossing, cancel),
      );
      return opened as NativeStream;
    };
    return new EventStream(open, site, options.signal);
  }

  /**
   * The surface's OpenAPI 3.0 document, which follows its capabilities. Its URL is assumed.
   *
   * @throws As {@link Client.call}.
   */
  async openapi(options?: CallOptions): Promise<Record<string, unknown>> {
    const document = await this.#send(options, Client.prototype.openapi, (client, crossing, cancel) =>
      client.openapi(false, crossing, cancel),
    );
    return document as Record<string, unknown>;
  }

  /**
   * The surface's OpenAPI document with what came beside it.
   *
   * @throws As {@link Client.call}.
   */
  async openapiWithResponse(options?: CallOptions): Promise<Answer<Record<string, unknown>>> {
    const whole = await this.#send(options, Client.prototype.openapiWithResponse, (client, crossing, cancel) =>
      client.openapi(true, crossing, cancel),
    );
    return answerOf(whole);
  }

  /**
   * The URL of a capability.
   *
   * @throws {@link ConfigurationError} for a slug that cannot be one path segment, or the URL of another surface.
   */
  endpointUrl(capability: string): string {
    return new CallSite(Client.prototype.endpointUrl).run(() =>
      unlessFailed(this.#open().endpointUrl(slug(capability))),
    );
  }

  /**
   * Takes no more calls, waits for those in flight to end, and closes the connections. It does not wait for streams that
   * have begun, which go on until they are read to the end or closed. A client that is not closed is collected like any
   * other object and keeps no process alive.
   */
  close(): Promise<void> {
    const site = new CallSite(Client.prototype.close);
    this.#closed ??= new Promise<void>((resolve, reject) => {
      this.#whenIdle = () => {
        const client = this.#native;
        this.#native = undefined;
        try {
          site.run(() => unlessFailed(client?.close()));
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
    // Of its prototype, or an object that has only borrowed it, there is none.
    return #address in this ? `Client { endpoint: '${this.#address}' }` : 'Client {}';
  }

  /** The address; never the key. */
  toJSON(): { endpoint: string } {
    return { endpoint: this.#address };
  }

  async #send(
    options: CallOptions | undefined,
    from: Boundary | CallSite,
    send: (client: NativeClient, options: NativeCallOptions | undefined, cancel?: Cancel) => unknown,
  ): Promise<unknown> {
    const site = from instanceof CallSite ? from : new CallSite(from);
    this.#inFlight += 1;
    try {
      const given = options === undefined ? undefined : site.run(() => checkCallOptions(options));
      const crossing = given && site.run(() => nativeCallOptions(given));
      const begin = (cancel?: Cancel) => site.run(() => send(this.#open(), crossing, cancel));
      const signal = given?.signal;
      const result = signal === undefined ? await begin() : await following(signal, site, begin);
      this.#tellHooks();
      return site.run(() => unlessFailed(result));
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#whenIdle?.();
    }
  }

  /** Tells the hooks of attempts that they have not been told of yet. */
  #tellHooks(): void {
    if (this.#native !== undefined) this.#tell?.(this.#native.takeNotices());
  }

  /** The native client, with the environment's key as it stands now. */
  #open(): NativeClient {
    const client = this.#native;
    if (client === undefined || this.#closed !== undefined) {
      throw refusal('client', 'it is closed: make another one, or close it later');
    }
    if (this.#environment?.hasAnotherKey()) unlessFailed(client.setVariables(this.#environment.variables()));
    return client;
  }
}

function answerOf<T>(whole: unknown): Answer<T> {
  const { output, report } = whole as { output: T; report: string };
  return new Answer(output, report);
}

/** The arguments after the capability. */
type Rest = [input?: object, options?: CallOptions];

/** An input that is left out is `{}`; one that is `undefined` is a mistake. */
function inputOf(rest: Rest): string {
  return rest.length === 0 ? '{}' : jsonOf(rest[0]);
}

function slug(capability: unknown): string {
  if (typeof capability !== 'string')
    throw refusal('capability', `it must be a string, not of type ${typeof capability}`);
  return wholeText('capability', capability);
}
