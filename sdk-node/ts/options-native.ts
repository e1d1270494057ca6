// Options as the native part takes them.

import { kindOf, reading, urlText, wellFormed } from './argument.js';
import { type NativeCallManyOptions, type NativeCallOptions, type NativeClientOptions, native } from './native.js';
import { refused, unwrap } from './native-error.js';
import type {
  CallManyOptions,
  ClientOptions,
  DispatchOptions,
  FormatOptions,
  HeadersToAdd,
  SharedOptions,
  StreamLimits,
} from './options.js';
import { isPem } from './options-check.js';

/** A client's options for the native part. The key function is passed separately. */
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
    apiKeyVariable: options.apiKeyVariable ?? null,
    apiKeyPrefix: options.apiKeyPrefix === null ? '' : (options.apiKeyPrefix ?? null),
    productId: options.productId ?? null,
    surfaceId: options.surfaceId ?? null,
    endpointUrl: endpointUrl == null ? null : urlText('endpointUrl', endpointUrl),
    baseUrl: baseUrl == null ? null : urlText('baseUrl', baseUrl),
    authHeader: options.authHeader ?? null,
    connectTimeoutMs: limit(options.connectTimeoutMs),
    proxy: proxy == null ? null : urlText('proxy', proxy),
    rootCertificates: rootCertificates == null ? null : pemTexts(rootCertificates),
    allowInsecureHttp: options.allowInsecureHttp ?? null,
  };
}

/** The options of a call or a stream for the native part. */
export function nativeCallOptions(
  options: SharedOptions & FormatOptions & StreamLimits & DispatchOptions,
): NativeCallOptions {
  return {
    timeoutMs: limit(options.timeoutMs),
    attemptTimeoutMs: limit(options.attemptTimeoutMs),
    maxRetries: options.maxRetries ?? null,
    maxRetryWaitMs: limit(options.maxRetryWaitMs),
    retryMode: options.retryMode ?? null,
    maxResponseBytes: options.maxResponseBytes ?? null,
    streamIdleTimeoutMs: limit(options.streamIdleTimeoutMs),
    streamTimeoutMs: limit(options.streamTimeoutMs),
    maxEventBytes: options.maxEventBytes ?? null,
    responseFormat: options.responseFormat ?? null,
    headers: options.headers == null ? null : headerPairs(options.headers),
    viaDispatch: options.viaDispatch ?? null,
  };
}

/** What only many calls have, for the native part. */
export function nativeCallManyOptions(
  options: Pick<CallManyOptions, 'concurrency' | 'inOrder' | 'maxWindowWaitMs'>,
): NativeCallManyOptions {
  return {
    concurrency: options.concurrency ?? null,
    inOrder: options.inOrder ?? null,
    maxWindowWaitMs: limit(options.maxWindowWaitMs),
  };
}

/** A duration: `null` where it is not given, `false` where it is disabled. */
function limit(option: number | null | undefined): number | false | null {
  return option === null ? false : (option ?? null);
}

function pemTexts(certificates: NonNullable<ClientOptions['rootCertificates']>): Buffer[] {
  return reading('rootCertificates', () => {
    const list: unknown[] = isPem(certificates)
      ? [certificates]
      : Array.from<unknown>(certificates as Iterable<unknown>);
    return list.map((pem) => {
      if (typeof pem === 'string') return Buffer.from(pem);
      if (pem instanceof Uint8Array) return Buffer.from(pem);
      throw refused('rootCertificates', `each must be PEM text, not ${kindOf(pem)}`);
    });
  });
}

function headerPairs(headers: HeadersToAdd): { name: string; value: string }[] {
  return reading('headers', () => {
    const pairs: unknown[] = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
    return pairs.map((pair) => {
      const [name, value, ...more] = Array.isArray(pair) ? pair : [];
      if (typeof name !== 'string' || more.length > 0) {
        throw refused('headers', 'each must have a name and a value, which are strings');
      }
      if (typeof value !== 'string') return unwrap<never>(native.headerValue(name, kindOf(value)));
      return { name: wellFormed('headers', name), value: wellFormed('headers', value) };
    });
  });
}
