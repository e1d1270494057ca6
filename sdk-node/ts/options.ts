// The options of a client and of a call. The core checks their values; here their names and types.

import { reading, wholeText } from './argument.js';
import type { Hooks } from './hooks.js';
import type { NativeCallOptions, NativeClientOptions } from './native.js';
import { refusal } from './native-error.js';

/** What may be repeated: `safe`, only what the server cannot have executed; `all`, what may run twice too; `never`. */
export type RetryMode = 'safe' | 'all' | 'never';

/** Whether answers come raw or wrapped; `detect` tells the two apart by their shape, which is assumed. */
export type ResponseFormat = 'detect' | 'raw' | 'wrapped';

/** Which header carries the key: `Authorization: Bearer …` or `X-API-Key: …` (api.md, doc). */
export type AuthHeader = 'bearer' | 'x-api-key';

/** Headers to add, as `fetch` takes them. */
export type HeadersToAdd = Readonly<Record<string, string>> | Iterable<readonly [name: string, value: string]>;

/** The options that a client and a call have in common; those of a call come before those of its client. */
export interface SharedOptions {
  /** How long the whole call may take, all attempts and waits included, in milliseconds. 300,000 by default. */
  timeoutMs?: number | undefined;
  /** How long one attempt may take, in milliseconds. No limit of its own by default: the call's serves. */
  attemptTimeoutMs?: number | undefined;
  /** How often a call may be repeated. 2 by default. */
  maxRetries?: number | undefined;
  /** What may be repeated. `safe` by default. */
  retryMode?: RetryMode | undefined;
  /** How large an answer may be, in bytes once it is decompressed. 64 MiB by default. */
  maxResponseBytes?: number | undefined;
  /** How long a stream may be silent, in milliseconds. 120,000 by default. */
  streamIdleTimeoutMs?: number | undefined;
  /** How large one event of a stream may be, in bytes. 16 MiB by default. */
  maxEventBytes?: number | undefined;
  /** Hands on `execution_error` and `error` events like others, in place of throwing a {@link StreamError}. */
  handOnStreamErrors?: boolean | undefined;
  /** Whether answers come raw or wrapped, which the surface's owner sets (api.md, vendor). `detect` by default. */
  responseFormat?: ResponseFormat | undefined;
  /** Headers to add. The client's own (`Authorization`, `Content-Type` and so on) are refused. */
  headers?: HeadersToAdd | undefined;
}

/** The options of one call. */
export interface CallOptions extends SharedOptions {
  /** Cancels the call: its promise rejects with `signal.reason`, and the request is dropped at once. */
  signal?: AbortSignal | undefined;
}

/** The options of many calls. */
export interface CallManyOptions extends CallOptions {
  /** How many calls may be under way at once: 8 by default, 10,000 at most. */
  concurrency?: number | undefined;
  /** Whether results come in the order of the inputs, or as they are there. `true` by default. */
  inOrder?: boolean | undefined;
}

/** The options of a client. What is not given comes from the environment, then from the defaults. */
export interface ClientOptions extends SharedOptions, Hooks {
  /**
   * The product key, or a function that gives it or a promise of it, such as one that asks a secret manager. The function
   * is called before the first call and after a 401; between these its answer is kept. `RUNTYPE_PRODUCT_API_KEY` by
   * default: keys belong in the environment, not in code (api.md, doc).
   */
  apiKey?: string | (() => string | PromiseLike<string>) | undefined;
  /** The path of a file that holds the key alone; read again when it has changed. `RUNTYPE_PRODUCT_API_KEY_FILE` by default. */
  apiKeyFile?: string | undefined;
  /** The product's id. `RUNTYPE_PRODUCT_ID` by default. */
  productId?: string | undefined;
  /** The surface's id. `RUNTYPE_SURFACE_ID` by default. */
  surfaceId?: string | undefined;
  /** A full endpoint URL as copied from the dashboard, in place of the ids. `RUNTYPE_ENDPOINT_URL` by default. */
  endpointUrl?: string | URL | undefined;
  /** Scheme, host and path prefix of the API. `RUNTYPE_BASE_URL`, else `https://api.runtype.com` by default. */
  baseUrl?: string | URL | undefined;
  /** Which header carries the key. `bearer` by default. */
  authHeader?: AuthHeader | undefined;
  /** How long making a connection may take, in milliseconds. 10,000 by default. */
  connectTimeoutMs?: number | undefined;
  /** The URL of an HTTP proxy, in place of the one that `HTTPS_PROXY` and its like name. */
  proxy?: string | URL | undefined;
  /** Certificates to trust beside Mozilla's, as PEM text: a company's own certificate authority. */
  rootCertificates?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** Lets the key travel over plain http to an address that is not loopback, where anyone on the way can read it. */
  allowInsecureHttp?: boolean | undefined;
  /** Makes the waits before retries repeatable, for tests: a whole number. */
  jitterSeed?: number | undefined;
  /** What the variables' names begin with: `STAGING_RUNTYPE` reads `STAGING_RUNTYPE_PRODUCT_API_KEY`. `RUNTYPE` by default. */
  envPrefix?: string | undefined;
}

/** The options of {@link Client.fromEnv}. */
export interface EnvironmentOptions {
  /** What the variables' names begin with. `RUNTYPE` by default. */
  prefix?: string | undefined;
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isFunction: Check = (value) => typeof value === 'function';
const isUrl: Check = (value) => typeof value === 'string' || value instanceof URL;
const isObject: Check = (value) => typeof value === 'object' && value !== null;
const isPem: Check = (value) => typeof value === 'string' || value instanceof Uint8Array;

/** Whether it is one, and not an object that has borrowed its prototype. */
function isSignal(value: unknown): boolean {
  try {
    return value instanceof AbortSignal && typeof value.aborted === 'boolean';
  } catch {
    return false;
  }
}

type Rules<O> = { readonly [name in keyof O]-?: readonly [wanted: string, check: Check] };

const SHARED: Rules<SharedOptions> = {
  timeoutMs: ['a number of milliseconds', isNumber],
  attemptTimeoutMs: ['a number of milliseconds', isNumber],
  maxRetries: ['a number', isNumber],
  retryMode: ['a string', isString],
  maxResponseBytes: ['a number of bytes', isNumber],
  streamIdleTimeoutMs: ['a number of milliseconds', isNumber],
  maxEventBytes: ['a number of bytes', isNumber],
  handOnStreamErrors: ['a boolean', isBoolean],
  responseFormat: ['a string', isString],
  headers: ['an object of strings, or Headers', isObject],
};

const CALL: Rules<CallOptions> = {
  ...SHARED,
  signal: ['an AbortSignal, such as `controller.signal` or `AbortSignal.timeout(ms)`', isSignal],
};

const CALL_MANY: Rules<CallManyOptions> = {
  ...CALL,
  concurrency: ['a number', isNumber],
  inOrder: ['a boolean', isBoolean],
};

const CLIENT: Rules<ClientOptions> = {
  ...SHARED,
  apiKey: ['a string or a function', (value) => typeof value === 'string' || typeof value === 'function'],
  apiKeyFile: ['a path', isString],
  productId: ['a string', isString],
  surfaceId: ['a string', isString],
  endpointUrl: ['a string or a URL', isUrl],
  baseUrl: ['a string or a URL', isUrl],
  authHeader: ['a string', isString],
  connectTimeoutMs: ['a number of milliseconds', isNumber],
  proxy: ['a string or a URL', isUrl],
  rootCertificates: [
    'PEM text, or an array of PEM texts',
    (value) => isPem(value) || (Array.isArray(value) && value.every(isPem)),
  ],
  allowInsecureHttp: ['a boolean', isBoolean],
  jitterSeed: ['a number', isNumber],
  beforeAttempt: ['a function', isFunction],
  afterAttempt: ['a function', isFunction],
  envPrefix: ['a string', isString],
};

/**
 * Refuses options that do not exist or are of another type, by name. What stands in them is not repeated, nor a name that
 * cannot be one: it may be a key. Each is read once: a getter may give something else later.
 */
function checked<O extends object>(options: unknown, rules: Rules<O>): O {
  if (typeof options !== 'object' || options === null) {
    throw refusal('options', `they must be an object, such as { timeoutMs: 20_000 }, not ${kindOf(options)}`);
  }
  for (const name of reading('options', () => namesIn(options))) {
    if (Object.hasOwn(rules, name)) continue;
    const isName = /^[a-z]\w{0,40}$/i.test(name) && !name.includes('_');
    throw refusal(isName ? name : 'options', `there is no such option; there are ${Object.keys(rules).join(', ')}`);
  }
  const given: Record<string, unknown> = {};
  for (const [name, [wanted, isRight]] of Object.entries<readonly [string, Check]>(rules)) {
    const value = reading(name, () => {
      const value = (options as Record<string, unknown>)[name];
      if (value !== undefined && !isRight(value)) throw refusal(name, `it must be ${wanted}, not ${kindOf(value)}`);
      return typeof value === 'string' ? wholeText(name, value) : value;
    });
    if (value !== undefined) given[name] = value;
  }
  return given as O;
}

/** The names of an object's options. What would pass for an object without any is refused. */
function namesIn(options: object): string[] {
  if (options instanceof Promise) throw refusal('options', 'they are a Promise: await it first');
  if (Symbol.iterator in options) {
    throw refusal('options', 'they must be an object, such as { timeoutMs: 20_000 }, not a list or a map');
  }
  return Object.keys(options);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `of type ${typeof value}`;
}

/** Refuses what cannot be a client's options. */
export function checkClientOptions(options: unknown): ClientOptions {
  const given = checked<ClientOptions>(options, CLIENT);
  if (given.apiKey !== undefined && given.apiKeyFile !== undefined) {
    throw refusal('apiKeyFile', 'apiKey is given too: give one of them');
  }
  return given;
}

/** Refuses what cannot be the options of a client from the environment. */
export function checkEnvironmentOptions(options: unknown): EnvironmentOptions {
  return checked<EnvironmentOptions>(options, { prefix: CLIENT.envPrefix });
}

/** Refuses what cannot be a call's options. */
export function checkCallOptions(options: unknown): CallOptions {
  return checked<CallOptions>(options, CALL);
}

/** Refuses what cannot be the options of many calls. */
export function checkCallManyOptions(options: unknown): CallManyOptions {
  return checked<CallManyOptions>(options, CALL_MANY);
}

/** A client's options as the native side takes them. The key function goes there by a way of its own. */
export function nativeClientOptions(
  options: ClientOptions,
  variables: Record<string, string>,
  runtime: string,
): NativeClientOptions {
  const { apiKey, rootCertificates, endpointUrl, baseUrl, proxy } = options;
  return {
    variables,
    runtime,
    defaults: nativeCallOptions(options),
    envPrefix: options.envPrefix ?? null,
    apiKey: typeof apiKey === 'string' ? apiKey : null,
    apiKeyFile: options.apiKeyFile ?? null,
    productId: options.productId ?? null,
    surfaceId: options.surfaceId ?? null,
    endpointUrl: endpointUrl === undefined ? null : urlText('endpointUrl', endpointUrl),
    baseUrl: baseUrl === undefined ? null : urlText('baseUrl', baseUrl),
    authHeader: options.authHeader ?? null,
    connectTimeoutMs: options.connectTimeoutMs ?? null,
    proxy: proxy === undefined ? null : urlText('proxy', proxy),
    rootCertificates: rootCertificates === undefined ? null : pemTexts(rootCertificates),
    allowInsecureHttp: options.allowInsecureHttp ?? null,
    jitterSeed: options.jitterSeed ?? null,
  };
}

/** A call's options as the native side takes them. */
export function nativeCallOptions(options: SharedOptions): NativeCallOptions {
  return {
    timeoutMs: options.timeoutMs ?? null,
    attemptTimeoutMs: options.attemptTimeoutMs ?? null,
    maxRetries: options.maxRetries ?? null,
    retryMode: options.retryMode ?? null,
    maxResponseBytes: options.maxResponseBytes ?? null,
    streamIdleTimeoutMs: options.streamIdleTimeoutMs ?? null,
    maxEventBytes: options.maxEventBytes ?? null,
    handOnStreamErrors: options.handOnStreamErrors ?? null,
    responseFormat: options.responseFormat ?? null,
    headers: options.headers === undefined ? null : headerPairs(options.headers),
  };
}

function pemTexts(certificates: NonNullable<ClientOptions['rootCertificates']>): Buffer[] {
  return reading('rootCertificates', () => {
    const list: unknown[] = isPem(certificates)
      ? [certificates]
      : Array.from<unknown>(certificates as Iterable<unknown>);
    return list.map((pem) => {
      if (typeof pem === 'string') return Buffer.from(pem);
      if (pem instanceof Uint8Array) return Buffer.from(pem);
      throw refusal('rootCertificates', `each must be PEM text, not ${kindOf(pem)}`);
    });
  });
}

function headerPairs(headers: HeadersToAdd): { name: string; value: string }[] {
  return reading('headers', () => {
    const pairs: unknown[] = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
    return pairs.map((pair) => {
      const [name, value, ...more] = Array.isArray(pair) ? pair : [];
      if (typeof name !== 'string' || typeof value !== 'string' || more.length > 0) {
        throw refusal('headers', 'each must have a name and a value, which are strings');
      }
      return { name: wholeText('headers', name), value: wholeText('headers', value) };
    });
  });
}

/** The text of a URL, whose class may be the application's own. */
export function urlText(option: string, url: string | URL): string {
  return reading(option, () => wholeText(option, String(url)));
}
