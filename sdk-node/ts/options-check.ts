// Checks the names and types of options. The core checks their values.

import { kindOf, reading, wellFormed } from './argument.js';
import { refused } from './native-error.js';
import type { CallManyOptions, CallOptions, ClientOptions, EnvironmentOptions, SharedOptions } from './options.js';

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
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
 * Refuses options that do not exist or have another type, by name. The error does not repeat their values, nor a name that
 * cannot be one: it may be a key. Each is read once: a getter may return something else later.
 */
function checked<O extends object>(options: unknown, rules: Rules<O>): O {
  if (typeof options !== 'object' || options === null) {
    throw refused('options', `they must be an object, such as { timeoutMs: 20_000 }, not ${kindOf(options)}`);
  }
  for (const name of reading('options', () => namesIn(options))) {
    if (Object.hasOwn(rules, name)) continue;
    const isName = /^[a-z]\w{0,40}$/i.test(name) && !name.includes('_');
    throw refused(isName ? name : 'options', `there is no such option; there are ${Object.keys(rules).join(', ')}`);
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
  const given = checked<ClientOptions>(options, CLIENT);
  if (given.apiKey !== undefined && given.apiKeyFile !== undefined) {
    throw refused('apiKeyFile', 'apiKey is given too: give one of them');
  }
  return given;
}

/** The options of a client from the environment, checked. */
export function checkEnvironmentOptions(options: unknown): EnvironmentOptions {
  return checked<EnvironmentOptions>(options, { prefix: CLIENT.envPrefix });
}

/** A call's options, checked. */
export function checkCallOptions(options: unknown): CallOptions {
  return checked<CallOptions>(options, CALL);
}

/** The options of many calls, checked. */
export function checkCallManyOptions(options: unknown): CallManyOptions {
  return checked<CallManyOptions>(options, CALL_MANY);
}
