// The options of a client and of a call.

import type { Hooks } from './hooks.js';

/** Which calls are retried: `safe`, those that the server cannot have executed; `all`, also those that may run twice; `never`. */
export type RetryMode = 'safe' | 'all' | 'never';

/** Whether responses are raw or wrapped; `detect` tells the two apart by their shape, which is assumed. */
export type ResponseFormat = 'detect' | 'raw' | 'wrapped';

/** Which header carries the key: `Authorization: Bearer …` or `X-API-Key: …` (api.md, doc). */
export type AuthHeader = 'bearer' | 'x-api-key';

/** Headers to add, as `fetch` takes them. */
export type HeadersToAdd = Readonly<Record<string, string>> | Iterable<readonly [name: string, value: string]>;

/** The options that a client and a call have in common. A call's override its client's. */
export interface SharedOptions {
  /** Overall timeout, including retries and backoff, in milliseconds. Default: 300,000. */
  timeoutMs?: number | undefined;
  /** Timeout of one attempt, in milliseconds. Default: none; the overall timeout applies. */
  attemptTimeoutMs?: number | undefined;
  /** Maximum number of retries. Default: 2. */
  maxRetries?: number | undefined;
  /** Which calls are retried. Default: `safe`. */
  retryMode?: RetryMode | undefined;
  /** Maximum size of a response, in bytes after decompression. Default: 64 MiB. */
  maxResponseBytes?: number | undefined;
  /** Maximum silence of a stream, in milliseconds. Default: 120,000. */
  streamIdleTimeoutMs?: number | undefined;
  /** Maximum size of one event of a stream, in bytes. Default: 16 MiB. */
  maxEventBytes?: number | undefined;
  /** Yields `execution_error` and `error` events like others instead of throwing a {@link StreamError}. */
  handOnStreamErrors?: boolean | undefined;
  /** Whether responses are raw or wrapped, which the surface's owner sets (api.md, vendor). Default: `detect`. */
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
  /** Maximum number of in-flight calls, up to 10,000. Default: 8. */
  concurrency?: number | undefined;
  /** Whether results come in the order of the inputs, or as they arrive. Default: `true`. */
  inOrder?: boolean | undefined;
}

/** The options of a client. Those not given come from the environment, then from the defaults. */
export interface ClientOptions extends SharedOptions, Hooks {
  /**
   * The product key, or a function that returns it or a promise of it, such as one that asks a secret manager. The function
   * is called before the first call and after a 401; in between its key is kept. Default: `RUNTYPE_PRODUCT_API_KEY`; keys
   * belong in the environment, not in code (api.md, doc).
   */
  apiKey?: string | (() => string | PromiseLike<string>) | undefined;
  /** The path of a file that holds the key alone; read again when it has changed. Default: `RUNTYPE_PRODUCT_API_KEY_FILE`. */
  apiKeyFile?: string | undefined;
  /** The product's id. Default: `RUNTYPE_PRODUCT_ID`. */
  productId?: string | undefined;
  /** The surface's id. Default: `RUNTYPE_SURFACE_ID`. */
  surfaceId?: string | undefined;
  /** A full endpoint URL as copied from the dashboard, instead of the ids. Default: `RUNTYPE_ENDPOINT_URL`. */
  endpointUrl?: string | URL | undefined;
  /** Scheme, host and path prefix of the API. Default: `RUNTYPE_BASE_URL`, otherwise `https://api.runtype.com`. */
  baseUrl?: string | URL | undefined;
  /** Which header carries the key. Default: `bearer`. */
  authHeader?: AuthHeader | undefined;
  /** Timeout of making a connection, in milliseconds. Default: 10,000. */
  connectTimeoutMs?: number | undefined;
  /** The URL of an HTTP proxy. Overrides `HTTPS_PROXY` and its like. */
  proxy?: string | URL | undefined;
  /** Certificates to trust in addition to Mozilla's, as PEM text: a company's own certificate authority. */
  rootCertificates?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /** Allows sending the key over plain http to an address that is not loopback, where anyone on the way can read it. */
  allowInsecureHttp?: boolean | undefined;
  /** Makes the backoff reproducible, for tests: a whole number. */
  jitterSeed?: number | undefined;
  /** What the variables' names begin with: `STAGING_RUNTYPE` reads `STAGING_RUNTYPE_PRODUCT_API_KEY`. Default: `RUNTYPE`. */
  envPrefix?: string | undefined;
}

/** The options of {@link Client.fromEnv}. */
export interface EnvironmentOptions {
  /** What the variables' names begin with. Default: `RUNTYPE`. */
  prefix?: string | undefined;
}
