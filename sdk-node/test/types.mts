// Checked by tsc, never run: what an application may write, and what it may not.

import {
  type Answer,
  type Attempt,
  type CallOptions,
  Client,
  type ClientOptions,
  capabilitySlug,
  type Endpoint,
  parseEndpoint,
  RateLimitError,
  RuntypeError,
  type StreamEvent,
} from 'runtype-surface';
import { type MockRequest, type MockSurface, startMock } from 'runtype-surface/testing';

interface Article {
  input: string;
}

interface Summary {
  summary: string;
}

export async function everyMethodHasItsTypes(signal: AbortSignal | undefined, timeoutMs: number | undefined) {
  await using client = new Client({ apiKey: async () => 'papi_from_a_vault', headers: new Headers(), timeoutMs });
  const article: Article = { input: 'A text.' };
  const { summary }: Summary = await client.call<Summary>('summarize-article', article, { signal, timeoutMs });
  const answer: Answer<Summary> = await client.callWithResponse<Summary>('summarize-article', article);
  const attempt: Attempt | undefined = answer.attempts[0];
  const unknown: unknown = await client.dispatch('echo', {});
  const paths: unknown = (await client.openapi()).paths;
  const url: string = client.endpointUrl(capabilitySlug('Summarize Article'));
  for await (const event of client.stream('support-agent', article, { signal })) {
    const delta: string | null = event.name === 'text_delta' ? event.delta : null;
    if (delta !== null) break;
  }
  const readable: ReadableStream<StreamEvent> = client.stream('support-agent').toReadableStream();
  const final: Summary = await client.stream('support-agent').finalOutput<Summary>();
  const endpoint: Endpoint = parseEndpoint(new URL(url));
  const options: [ClientOptions, CallOptions] = [{ authHeader: 'x-api-key' }, { headers: [['x-trace', 'a']] }];
  const other = Client.fromEnv({ prefix: 'STAGING_RUNTYPE' });
  return { summary, attempt, unknown, paths, readable, final, endpoint, options, other };
}

export function anErrorNarrows(error: unknown): number | null {
  if (error instanceof RateLimitError) return error.retryAfterMs;
  if (error instanceof RuntypeError) return error.attempts.length;
  return null;
}

export function mistakesAreRefused(client: Client) {
  // @ts-expect-error there is no such option
  new Client({ apikey: 'papi_x' });
  // @ts-expect-error there is no such mode
  client.call('echo', {}, { retryMode: 'sometimes' });
  // @ts-expect-error an input is an object
  client.call('echo', 'text');
  // @ts-expect-error an option of the client is none of a call
  client.call('echo', {}, { baseUrl: 'https://example.com' });
  // @ts-expect-error errors are made by the package
  new RuntypeError('text');
}

export async function aMockHasItsTypes() {
  await using mock: MockSurface = await startMock({ seed: 7 });
  await mock.inject('latency', { latencyMs: 5, nth: [1, 2] });
  // @ts-expect-error there is no such fault
  await mock.inject('earthquake');
  const [request]: MockRequest[] = await mock.journal();
  return request?.outcome;
}
