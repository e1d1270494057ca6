// Checks the names and types of options. The core checks their values.

import { kindOf, reading, wellFormed } from './argument.js';
import { refused } from './native-error.js';
import type {
  CallManyOptions,
  CallOptions,
  ClientOptions,
  EnvironmentOptions,
  RequestOptions,
  SharedOptions,
} from './options.js';

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isLimit: Check = (value) => typeof value === 'number' || value === null;
const isBoolean: Check = (value) => typeof value === 'boolean';
const isFunction: Check = (value) => typeof value === 'function';
const isUrl: Check = (value) => typeof value === 'string' || value instanceof URL;
const isObject: Check = (value) => typeof value === 'object' && value !== null;
export const isPem: Check = (value) => typeof value === 'string' || value instanceof Uint8Array;

/** Whether it is an AbortSignal, and not an object with its prototype. */
function isSignal(value: unknown): boolean {
  try {
    return value instanceof AbortSignal && typeof value.aborted === 'boolean';
  } catch {
    return false;
  }
}

const MILLISECONDS = 'a number of milliseconds, or null for no limit';

type Rules<O> = { readonly [name in keyof O]-?: readonly [wanted: string, check: Check] };

const SHARED: Rules<SharedOptions> = {
  timeoutMs: [MILLISECONDS, isLimit],
  attemptTimeoutMs: [MILLISECONDS, isLimit],
  maxRetries: ['a number', isNumber],
  retryMode: ['a string', isString],
  maxRetryWaitMs: [MILLISECONDS, isLimit],
  maxResponseBytes: ['a number of bytes', isNumber],
  streamIdleTimeoutMs: [MILLISECONDS, isLimit],
  streamTimeoutMs: [MILLISECONDS, isLimit],
  maxEventBytes: ['a number of bytes', isNumber],
  responseFormat: ['a string', isString],
  headers: ['an object of strings, or Headers', isObject],
};

const REQUEST: Rules<RequestOptions> = {
  ...SHARED,
  signal: ['an AbortSignal, such as `controller.signal` or `AbortSignal.timeout(ms)`', isSignal],
};

const CALL: Rules<CallOptions> = { ...REQUEST, viaDispatch: ['a boolean', isBoolean] };

const CALL_MANY: Rules<CallManyOptions> = {
  ...CALL,
  concurrency: ['a number', isNumber],
  inOrder: ['a boolean', isBoolean],
  maxWindowWaitMs: [MILLISECONDS, isLimit],
};

const CLIENT: Rules<ClientOptions> = {
  ...SHARED,
  apiKey: ['a string or a function', (value) => typeof value === 'string' || typeof value === 'function'],
  apiKeyFile: ['a path', isString],
  apiKeyPrefix: ['a string, or null for any', (value) => typeof value === 'string' || value === null],
  productId: ['a string', isString],
  surfaceId: ['a string', isString],
  endpointUrl: ['a string or a URL', isUrl],
  baseUrl: ['a string or a URL', isUrl],
  authHeader: ['a string', isString],
  connectTimeoutMs: [MILLISECONDS, isLimit],
  proxy: ['a string or a URL', isUrl],
  rootCertificates: [
    'PEM text, or an array of PEM texts',
    (value) => isPem(value) || (Array.isArray(value) && value.every(isPem)),
  ],
  allowInsecureHttp: ['a boolean', isBoolean],
  beforeAttempt: ['a function', isFunction],
  afterAttempt: ['a function', isFunction],
  envPrefix: ['a string', isString],
};

/**
 * Refuses options that do not exist or have another type, by name. The error does not repeat their values, nor a name that
 * cannot be one: it may be a key. Each is read once: a getter may return something else later.
 */
function checked<O extends object>(options: unknown, rules: Rules<O>): O {
  if (typeof options !== 'object' || options === null) {
    throw refused('options', `they must be an object, such as { timeoutMs: 20_000 }, not ${kindOf(options)}`);
  }
  for (const name of reading('options', () => namesIn(options))) {
    if (Object.hasOwn(rules, name)) continue;
    throw refused('options', unknownOption(name, Object.keys(rules)));
  }
  const given: Record<string, unknown> = {};
  for (const [name, [wanted, isRight]] of Object.entries<readonly [string, Check]>(rules)) {
    const value = reading(name, () => {
      const value = (options as Record<string, unknown>)[name];
      if (value !== undefined && !isRight(value)) throw refused(name, `it must be ${wanted}, not ${kindOf(value)}`);
      return typeof value === 'string' ? wellFormed(name, value) : value;
    });
    if (value !== undefined) given[name] = value;
  }
  return given as O;
}

/** That there is no such option, with the one that was meant or, where that is not clear, all there are. */
function unknownOption(name: string, options: readonly string[]): string {
  // Another name may be a key.
  const isName = /^[a-z]\w{0,40}$/i.test(name) && !name.includes('_');
  const plain = (text: string) => text.toLowerCase().replaceAll('_', '').replace(/ms$/, '');
  const like = options.find((option) => plain(option) === plain(name));
  const meant = like ?? options.find((option) => name.length > 3 && plain(option).includes(plain(name)));
  const remedy = meant === undefined ? `there are ${options.join(', ')}` : `did you mean ${meant}?`;
  return `there is no ${isName ? `option ${name}` : 'such option'}; ${remedy}`;
}

/** The names of an object's options. A promise or list, which would pass for an object without any, is refused. */
function namesIn(options: object): string[] {
  if (options instanceof Promise) throw refused('options', 'they are a Promise: await it first');
  if (Symbol.iterator in options) {
    throw refused('options', 'they must be an object, such as { timeoutMs: 20_000 }, not a list or a map');
  }
  return Object.keys(options);
}

/** A client's options, checked. */
export function checkClientOptions(options: unknown): ClientOptions {
  return checked<ClientOptions>(options, CLIENT);
}

/** The options of a client from the environment, checked. */
export function checkEnvironmentOptions(options: unknown): EnvironmentOptions {
  return checked<EnvironmentOptions>(options, { prefix: CLIENT.envPrefix });
}

/** A request's options, checked. */
export function checkRequestOptions(options: unknown): RequestOptions {
  return checked<RequestOptions>(options, REQUEST);
}

/** A call's options, checked. */
export function checkCallOptions(options: unknown): CallOptions {
  return checked<CallOptions>(options, CALL);
}

/** The options of many calls, checked. */
export function checkCallManyOptions(options: unknown): CallManyOptions {
  return checked<CallManyOptions>(options, CALL_MANY);
}
