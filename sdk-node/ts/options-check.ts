// Checks the names and types of options. The core checks their values.

import { kindOf, reading, wellFormed } from './argument.js';
import { native } from './native.js';
import { refused, refusedTogether, unwrap } from './native-error.js';
import type {
  CallManyOptions,
  CallOptions,
  ClientOptions,
  DispatchOptions,
  EnvironmentOptions,
  FormatOptions,
  RequestOptions,
  SharedOptions,
  StreamLimits,
  StreamOptions,
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
  headers: ['an object of strings, an array of [name, value] pairs, or Headers', isObject],
};

const FORMAT: Rules<FormatOptions> = { responseFormat: ['a string', isString] };

const STREAM_LIMITS: Rules<StreamLimits> = {
  streamIdleTimeoutMs: [MILLISECONDS, isLimit],
  streamTimeoutMs: [MILLISECONDS, isLimit],
  maxEventBytes: ['a number of bytes', isNumber],
};

const REQUEST: Rules<RequestOptions> = {
  ...SHARED,
  signal: ['an AbortSignal, such as `controller.signal` or `AbortSignal.timeout(ms)`', isSignal],
};

const DISPATCH: Rules<DispatchOptions> = { viaDispatch: ['a boolean', isBoolean] };

const CALL: Rules<CallOptions> = { ...REQUEST, ...FORMAT, ...DISPATCH };

const STREAM: Rules<StreamOptions> = { ...REQUEST, ...STREAM_LIMITS, ...DISPATCH };

const CALL_MANY: Rules<CallManyOptions> = {
  ...CALL,
  concurrency: ['a number', isNumber],
  inOrder: ['a boolean', isBoolean],
  maxWindowWaitMs: [MILLISECONDS, isLimit],
};

const CLIENT: Rules<ClientOptions> = {
  ...SHARED,
  ...FORMAT,
  ...STREAM_LIMITS,
  apiKey: ['a string or a function', (value) => typeof value === 'string' || typeof value === 'function'],
  apiKeyFile: ['a path', isString],
  apiKeyVariable: ['the name of a variable', isString],
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
 * Refuses options that do not exist or have another type, by name, all at once. The error does not repeat their values, nor a
 * name that may be a key. Each is read once: a getter may return something else later. `null` counts as not given where it has
 * no meaning of its own.
 */
function checked<O extends object>(options: unknown, rules: Rules<O>, caller: string): O {
  if (typeof options !== 'object' || options === null) {
    throw refused('options', `they must be an object, such as { timeoutMs: 20_000 }, not ${kindOf(options)}`);
  }
  const unknown = reading('options', () => namesIn(options)).filter((name) => !Object.hasOwn(rules, name));
  const given: Record<string, unknown> = {};
  const problems: { option: string; problem: string }[] = [];
  for (const [name, [wanted, isRight]] of Object.entries<readonly [string, Check]>(rules)) {
    const value = reading(name, () => {
      const value = (options as Record<string, unknown>)[name];
      return typeof value === 'string' ? wellFormed(name, value) : value;
    });
    if (value === undefined) continue;
    if (reading(name, () => isRight(value))) given[name] = value;
    else if (value !== null) problems.push({ option: name, problem: `it must be ${wanted}, not ${kindOf(value)}` });
  }
  if (unknown.length > 0) unwrap<never>(native.unknownOptions(caller, Object.keys(rules), unknown, problems));
  if (problems.length > 0) throw refusedTogether(problems);
  return given as O;
}

/** The names of an object's options. A signal, promise or list, which would pass for an object without any, is refused. */
function namesIn(options: object): string[] {
  if (options instanceof AbortSignal) throw refused('options', 'they are an AbortSignal: pass { signal }');
  if (options instanceof AbortController) {
    throw refused('options', 'they are an AbortController: pass { signal: controller.signal }');
  }
  if (options instanceof Promise) throw refused('options', 'they are a Promise: await it first');
  if (Symbol.iterator in options) {
    throw refused('options', 'they must be an object, such as { timeoutMs: 20_000 }, not a list or a map');
  }
  return Object.keys(options);
}

/** A client's options, checked. */
export function checkClientOptions(options: unknown): ClientOptions {
  return checked<ClientOptions>(options, CLIENT, 'new Client()');
}

/** The options of a client from the environment, checked. */
export function checkEnvironmentOptions(options: unknown): EnvironmentOptions {
  return checked<EnvironmentOptions>(options, { prefix: CLIENT.envPrefix }, 'Client.fromEnv()');
}

/** A request's options, checked. `caller` is the function that takes them, for texts. */
export function checkRequestOptions(options: unknown, caller: string): RequestOptions {
  return checked<RequestOptions>(options, REQUEST, caller);
}

/** A call's options, checked. */
export function checkCallOptions(options: unknown, caller: string): CallOptions {
  return checked<CallOptions>(options, CALL, caller);
}

/** A stream's options, checked. */
export function checkStreamOptions(options: unknown): StreamOptions {
  return checked<StreamOptions>(options, STREAM, 'client.stream()');
}

/** The options of many calls, checked. */
export function checkCallManyOptions(options: unknown): CallManyOptions {
  return checked<CallManyOptions>(options, CALL_MANY, 'client.callMany()');
}
