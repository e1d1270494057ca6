/// <reference lib="es2022" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />

/**
 * Calls the API surface of a Runtype product: the endpoints under which a product exposes its flows and agents.
 * Unofficial, not affiliated with Runtype.
 *
 * A call passes through the modules in this order: client, options, input, the native core, response or stream, errors.
 *
 * @packageDocumentation
 */

export type { Attempt } from './attempt.js';
export type { CallResult } from './call-result.js';
export { Client } from './client.js';
export { capabilitySlug, type Endpoint, parseEndpoint } from './endpoint.js';
export {
  APIConnectionError,
  APIStatusError,
  APITimeoutError,
  AuthenticationError,
  BadRequestError,
  ConfigurationError,
  NotFoundError,
  PaymentRequiredError,
  PermissionDeniedError,
  type Phase,
  RateLimitError,
  ResponseDecodeError,
  ServerError,
  StreamError,
  SurfaceError,
} from './errors.js';
export type { AttemptStart, Hooks } from './hooks.js';
export type {
  AuthHeader,
  CallManyOptions,
  CallOptions,
  ClientOptions,
  EnvironmentOptions,
  HeadersToAdd,
  RequestOptions,
  ResponseFormat,
  RetryMode,
  SharedOptions,
  StreamOptions,
} from './options.js';
export { CallResponse, type Quota, type RateLimit } from './response.js';
export { EventStream, type StreamResponse } from './stream.js';
export type {
  DataEvent,
  DeltaEvent,
  ErrorEvent,
  ExecutionCompleteEvent,
  ExecutionErrorEvent,
  ExecutionStartEvent,
  PartEvent,
  StreamEvent,
  StreamEventName,
  TextDeltaEvent,
  UnknownEvent,
  WaitEvent,
} from './stream-event.js';
export type { StreamOutcome, Usage } from './stream-outcome.js';
