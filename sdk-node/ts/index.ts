/**
 * Calls the API surface of a Runtype product: the endpoints under which a product exposes its flows and agents.
 *
 * A call passes through the modules in this order: client, options, input, the native core, response or stream, errors.
 *
 * @packageDocumentation
 */

export type { Attempt } from './attempt.js';
export type { CallResult } from './call-many.js';
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
  PermissionDeniedError,
  type Phase,
  RateLimitError,
  ResponseDecodeError,
  RuntypeError,
  ServerError,
  StreamError,
} from './errors.js';
export type { AttemptStart, Hooks } from './hooks.js';
export type {
  AuthHeader,
  CallManyOptions,
  CallOptions,
  ClientOptions,
  EnvironmentOptions,
  HeadersToAdd,
  ResponseFormat,
  RetryMode,
  SharedOptions,
} from './options.js';
export { Answer, type RateLimit } from './response.js';
export { EventStream, type StreamResponse } from './stream.js';
export { StreamEvent, type StreamEventName } from './stream-event.js';
