// The entry for `import`: the same objects as for `require`, so that `instanceof` holds across both.

export type {
  Attempt,
  AuthHeader,
  CallOptions,
  ClientOptions,
  Endpoint,
  EnvironmentOptions,
  HeadersToAdd,
  Phase,
  RateLimit,
  ResponseFormat,
  RetryMode,
  SharedOptions,
} from './index.js';
export {
  Answer,
  APIConnectionError,
  APIStatusError,
  APITimeoutError,
  AuthenticationError,
  BadRequestError,
  Client,
  ConfigurationError,
  capabilitySlug,
  NotFoundError,
  PermissionDeniedError,
  parseEndpoint,
  RateLimitError,
  ResponseDecodeError,
  RuntypeError,
  ServerError,
} from './index.js';
