// An application, which is compiled by each compiler with each configuration of `declarations.test.mjs`, and never run.

import {
  APIConnectionError,
  type Attempt,
  type CallOptions,
  type CallResponse,
  type CallResult,
  Client,
  type ClientOptions,
  capabilitySlug,
  type Endpoint,
  type ErrorEvent,
  type EventStream,
  PaymentRequiredError,
  parseEndpoint,
  type Quota,
  RateLimitError,
  StreamError,
  type StreamEvent,
  type StreamOptions,
  SurfaceError,
  type TextDeltaEvent,
  type UnknownEvent,
} from 'runtype-surface';

interface Article {
  input: string;
}

interface Summary {
  summary: string;
}

const article: Article = { input: 'A text.' };

export async function everyMethodHasItsTypes(signal: AbortSignal | undefined, timeoutMs: number | null | undefined) {
  const client = new Client({ apiKey: async () => 'papi_from_a_vault', headers: new Headers(), timeoutMs });
  const { summary }: Summary = await client.call<Summary>('summarize-article', article, { signal, timeoutMs });
  const response: CallResponse<Summary> = await client.callWithResponse<Summary>('summarize-article', article);
  const attempt: Attempt | undefined = response.attempts[0];
  const isRefused: boolean = attempt?.outcome === 'responded' && attempt.status === 429;
  const resetAfter: number | null | undefined = response.rateLimit?.resetAfter;
  const quota: Quota | null = response.quota;
  const unknown: unknown = await client.call('echo', {}, { viaDispatch: true });
  const paths: unknown = (await client.openapi({ signal })).paths;
  const url: string = client.endpointUrl(capabilitySlug('Summarize Article'));
  const stream: EventStream = client.stream('support-agent', article, { signal, streamTimeoutMs: null });
  const status: number = (await stream.response()).status;
  for await (const event of stream) if (show(event) === '') break;
  const text: string = await stream.text();
  const readable: ReadableStream<StreamEvent> = client.stream('support-agent').toReadableStream();
  const final: Summary = await client.stream('support-agent').finalOutput<Summary>();
  const endpoint: Endpoint = parseEndpoint(new URL(url));
  const options: [ClientOptions, CallOptions] = [
    { authHeader: 'x-api-key', retryMode: 'idempotent', maxRetryWaitMs: null, apiKeyPrefix: null },
    { headers: [['x-trace', 'a']] },
  ];
  const other = Client.fromEnv({ prefix: 'STAGING_RUNTYPE' });
  await other.close();
  return { summary, isRefused, resetAfter, quota, unknown, paths, status, text, readable, final, endpoint, options };
}

export async function resultsOfManyCallsNarrow(client: Client): Promise<string[]> {
  const lines: string[] = [];
  for await (const result of client.callMany<Summary, Article>('summarize-article', [article])) {
    const one: CallResult<Summary, Article> = result;
    if (one.ok) lines.push(one.output.summary, String(one.response.status));
    else lines.push(one.error.message);
    lines.push(String(one.index), one.input.input);
    // @ts-expect-error there may be no output
    one.output.summary;
  }
  for await (const { ok, output, error } of client.callMany<Summary>('summarize-article', [article])) {
    lines.push(ok ? output.summary : error.message);
  }
  return lines;
}

export function show(event: StreamEvent): string {
  const name: string = event.name;
  // @ts-expect-error the event may have none
  event.delta;
  if (event.name === 'text_delta') return event.delta;
  if (event.name === 'artifact_start') return JSON.stringify(event.data);
  if (name === 'a_name_of_tomorrow') return (event as UnknownEvent).id;
  // @ts-expect-error there is no such name
  if (event.name === 'text_detla') return '';
  switch (event.name) {
    case 'execution_complete':
      return `${event.durationMs} ms: ${JSON.stringify(event.finalOutput)}`;
    case 'error':
      return `${event.code}: ${event.errorMessage}${event.recoverable ? ', going on' : ''}`;
    // @ts-expect-error there is no such name
    case 'excution_error':
      return '';
    default:
      return `${event.name} ${event.seq} ${event.executionId}`;
  }
}

export function theDataOfAnEventNarrows(event: StreamEvent): unknown {
  switch (event.name) {
    case 'text_delta': {
      const piece: TextDeltaEvent = event;
      const data: { delta: string; id?: string; parentToolCallId?: string } = piece.data;
      return data;
    }
    case 'tool_start':
      return event.data.toolName?.toUpperCase();
    case 'execution_complete':
      return (event.data.totalTokens?.input ?? 0) + (event.data.totalCost ?? 0);
    case 'execution_error':
    case 'error': {
      const recoverable: ErrorEvent['recoverable'] = event.recoverable;
      // @ts-expect-error it may be a number
      const code: string | undefined = event.data.code;
      return recoverable ? code : null;
    }
    case 'await':
      return event.data.awaitReason?.length;
    case 'state_changed':
      return event.data.a_field_of_tomorrow;
    case 'ping':
      // @ts-expect-error what the vocabulary does not say is unknown
      return event.data.at.length;
    default:
      return event.seq;
  }
}

export function theDataOfAnUnknownEventIsUnknown(event: UnknownEvent): unknown {
  // @ts-expect-error it may be anything
  event.data.field;
  return event.data;
}

export function anErrorNarrows(error: unknown): number | string | null {
  if (error instanceof RateLimitError) return error.retryAfterMs;
  if (error instanceof PaymentRequiredError) return error.upgradeUrl ?? error.serverMessage;
  if (error instanceof APIConnectionError) return error.code;
  if (error instanceof StreamError) return error.eventsSeen;
  if (error instanceof SurfaceError) return error.attempts.length;
  return null;
}

export function mistakesAreRefused(client: Client): void {
  // @ts-expect-error there is no such option
  new Client({ apikey: 'papi_x' });
  // @ts-expect-error only tests have a seed
  new Client({ jitterSeed: 1 });
  // @ts-expect-error there is no such mode: maxRetries 0 never retries
  client.call('echo', {}, { retryMode: 'never' });
  // @ts-expect-error an input is an object
  client.call('echo', 'text');
  // @ts-expect-error an option of the client is none of a call
  client.call('echo', {}, { baseUrl: 'https://example.com' });
  // @ts-expect-error an option of a stream is none of a call
  client.call('echo', {}, { streamTimeoutMs: 1 });
  // @ts-expect-error nor of many
  client.callMany('echo', [], { maxEventBytes: 1 });
  // @ts-expect-error a stream has no format
  client.stream('echo', {}, { responseFormat: 'raw' });
  // @ts-expect-error nor has the document
  client.openapi({ responseFormat: 'raw' });
  // @ts-expect-error a signal is an option
  client.call('echo', {}, new AbortController().signal);
  client.stream('echo', {}, { maxResponseBytes: 1_000, maxEventBytes: 1_000 });
  const options: StreamOptions = { streamTimeoutMs: null, viaDispatch: true };
  client.stream('echo', {}, options);
  // @ts-expect-error an option of many calls is none of a stream
  client.stream('echo', {}, { concurrency: 2 });
  // @ts-expect-error the document is not called by dispatch
  client.openapi({ viaDispatch: true });
  // @ts-expect-error errors are made by the package
  new SurfaceError('text');
}
