// The options of a client and of a call.

import type { Hooks } from './hooks.js';

/**
 * What is retried. `safe`: only what the server cannot have executed. `idempotent`: also 408, 500, 502, 503, 504, broken and
 * timed-out attempts; the capability may run more than once, so choose it only where that does no harm.
 */
export type RetryMode = 'safe' | 'idempotent';

/** Whether responses are raw or wrapped; `detect` tells the two apart by their shape, which is assumed. */
export type ResponseFormat = 'detect' | 'raw' | 'wrapped';

/** Which header carries the key: `Authorization: Bearer …` or `X-API-Key: …`. The API accepts either. */
export type AuthHeader = 'bearer' | 'x-api-key';

/** Headers to add, as `fetch` takes them: an object, pairs of name and value, or `Headers`. The last of one name counts. */
export type HeadersToAdd =
  | Readonly<Record<string, string>>
  | readonly (readonly [name: string, value: string])[]
  | Iterable<readonly [name: string, value: string]>
  | Headers;

/**
 * The options that a client and each of its requests have in common. A request's override its client's. A duration that is
 * `null` is disabled; any other option that is `null`, except `apiKeyPrefix`, counts as not given.
 */
export interface SharedOptions {
  /**
   * Overall timeout, including retries and backoff, in milliseconds; for a stream, until the response begins. `null` disables
   * it. Default: `RUNTYPE_TIMEOUT_SECONDS`, otherwise 300,000.
   */
  timeoutMs?: number | null | undefined;
  /** Timeout of one attempt, in milliseconds. Default: `null`; the overall timeout applies. */
  attemptTimeoutMs?: number | null | undefined;
  /** Maximum number of retries, 0 to 100. Default: `RUNTYPE_MAX_RETRIES`, otherwise 2. */
  maxRetries?: number | null | undefined;
  /** What is retried. Default: `safe`. */
  retryMode?: RetryMode | null | undefined;
  /**
   * Longest wait before a retry, in milliseconds. Where the server asks to wait longer, the call fails at once. `null` waits as
   * long as the overall timeout allows. Default: 60,000.
   */
  maxRetryWaitMs?: number | null | undefined;
  /** Maximum size of a response, in bytes after decompression; of a stream, of its text as JSON. Default: 64 MiB. */
  maxResponseBytes?: number | null | undefined;
  /** Headers to add. The client's own (`Authorization`, `Content-Type` and so on) are refused. Default: none. */
  headers?: HeadersToAdd | null | undefined;
}

/** The option of a client and a call that says how a response is read. */
export interface FormatOptions {
  /** Whether responses are raw or wrapped, which the surface's owner sets. Default: `detect`. */
  responseFormat?: ResponseFormat | null | undefined;
}

/** The limits of a stream, which are options of a client and a stream. */
export interface StreamLimits {
  /** Longest silence of a stream, in milliseconds. `null` disables it. Default: 120,000. */
  streamIdleTimeoutMs?: number | null | undefined;
  /** Timeout of a whole stream, from its first byte, in milliseconds. Default: `null`; a stream may take as long as it likes. */
  streamTimeoutMs?: number | null | undefined;
  /** Maximum size of one event of a stream in bytes, and of all else between two events. Default: 16 MiB. */
  maxEventBytes?: number | null | undefined;
}

/** The options of every request, and the only ones of the OpenAPI document's. */
export interface RequestOptions extends SharedOptions {
  /** Cancels the call: its promise rejects with `signal.reason`, and the request is dropped at once. */
  signal?: AbortSignal | null | undefined;
}

/** The option of a request to a capability that says where it is sent. */
export interface DispatchOptions {
  /** Sends the call to the surface's dispatch endpoint, which takes the name in the body. Default: `false`. */
  viaDispatch?: boolean | null | undefined;
}

/** The options of one call. */
export interface CallOptions extends RequestOptions, FormatOptions, DispatchOptions {}

/** The options of a stream. */
export interface StreamOptions extends RequestOptions, StreamLimits, DispatchOptions {}

/** The options of many calls. */
export interface CallManyOptions extends CallOptions {
  /** Maximum number of in-flight calls, up to 10,000. Default: 8. */
  concurrency?: number | null | undefined;
  /** Whether results come in the order of the inputs, or as they arrive. Default: `true`. */
  inOrder?: boolean | null | undefined;
  /**
   * Longest wait for the next window of a used-up rate limit, in milliseconds. If it begins later, or if three windows pass
   * without a success, the rest is not sent: {@link SurfaceError.notSent}. `null` disables it. Default: 900,000.
   */
  maxWindowWaitMs?: number | null | undefined;
}

/** The options of a client. Those not given come from the environment, then from the defaults. */
export interface ClientOptions extends SharedOptions, FormatOptions, StreamLimits, Hooks {
  /**
   * The product key, or a function that returns it or a promise of it, such as one that asks a secret manager. The function
   * is called before the first call and after a 401; in between its key is kept. Default: `RUNTYPE_PRODUCT_API_KEY`; keys
   * belong in the environment, not in code.
   */
  apiKey?: string | (() => string | PromiseLike<string>) | null | undefined;
  /** The path of a file that holds the key alone; read again when it has changed. Default: `RUNTYPE_PRODUCT_API_KEY_FILE`. */
  apiKeyFile?: string | null | undefined;
  /** The name of another variable that holds the key; read again after a 401. Default: `RUNTYPE_PRODUCT_API_KEY`. */
  apiKeyVariable?: string | null | undefined;
  /** What a key must begin with. `null` accepts any key, should the vendor change it. Default: `papi_`, as the vendor documents. */
  apiKeyPrefix?: string | null | undefined;
  /** The product's id. Default: `RUNTYPE_PRODUCT_ID`. */
  productId?: string | null | undefined;
  /** The surface's id. Default: `RUNTYPE_SURFACE_ID`. */
  surfaceId?: string | null | undefined;
  /** A full endpoint URL as copied from the dashboard, instead of the ids. Default: `RUNTYPE_ENDPOINT_URL`. */
  endpointUrl?: string | URL | null | undefined;
  /** Scheme, host and path prefix of the API. Default: `RUNTYPE_BASE_URL`, otherwise `https://api.runtype.com`. */
  baseUrl?: string | URL | null | undefined;
  /** Which header carries the key. Default: `bearer`. */
  authHeader?: AuthHeader | null | undefined;
  /** Timeout for establishing a connection, in milliseconds. `null` disables it. Default: 10,000. */
  connectTimeoutMs?: number | null | undefined;
  /** The URL of an HTTP proxy. Overrides `HTTPS_PROXY` and related variables; an empty string means no proxy. */
  proxy?: string | URL | null | undefined;
  /**
   * Certificates to trust in addition to Mozilla's, for a company's own certificate authority: PEM text, or the path of a PEM
   * file. Default: none.
   */
  rootCertificates?: string | Uint8Array | readonly (string | Uint8Array)[] | null | undefined;
  /** Allows sending the key over plain http to an address that is not loopback, where anyone on the way can read it. Default: `false`. */
  allowInsecureHttp?: boolean | null | undefined;
  /** What the variables' names begin with: `STAGING_RUNTYPE` reads `STAGING_RUNTYPE_PRODUCT_API_KEY`. Default: `RUNTYPE`. */
  envPrefix?: string | null | undefined;
}

/** The options of {@link Client.fromEnv}. */
export interface EnvironmentOptions {
  /** What the variables' names begin with. Default: `RUNTYPE`. */
  prefix?: string | null | undefined;
}
