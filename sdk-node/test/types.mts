// Checked by tsc, never run: what needs a newer language than `consumer` is compiled for.

import {
  type CallResponse,
  Client,
  errorForTest,
  RateLimitError,
  type StreamEvent,
  type StreamOptions,
} from 'runtype-surface';
import * as v from 'valibot';
import { z } from 'zod';

export async function whatIsClosedAtTheEndOfABlock(): Promise<string> {
  await using client = new Client({ envPrefix: 'OTHER' });
  await using stream = client.stream('support-agent');
  return await stream.text();
}

export function theNameTellsTheFields(client: Client, options: StreamOptions): Promise<string> {
  const show = (event: StreamEvent): string => {
    if (event.name === 'text_delta') return event.delta.trim();
    if (event.name === 'error' && event.recoverable) return event.errorMessage ?? '';
    // @ts-expect-error a misspelt name
    if (event.name === 'text_dleta') return '';
    // @ts-expect-error a field of other events
    return event.delta;
  };
  return client
    .stream('support-agent', {}, options)
    .next()
    .then(({ value }) => (value === undefined ? '' : show(value)));
}

interface Summary {
  summary: string;
}

/** The type of an output is that of its schema. */
export async function aSchemaGivesTheType(client: Client): Promise<string[]> {
  const zod = z.object({ summary: z.string(), words: z.string().transform(Number) });
  const valibot = v.object({ summary: v.string() });
  const one: { summary: string; words: number } = await client.call('a', {}, { schema: zod });
  const other = await client.call('a', {}, { schema: valibot, timeoutMs: 9 });
  const response: CallResponse<{ summary: string }> = await client.callWithResponse('a', {}, { schema: valibot });
  const final = await client.stream('a').finalOutput({ schema: valibot });
  const found = [one.words.toFixed(), other.summary, response.output.summary, final.summary];
  for await (const result of client.callMany('a', [{ b: 1 }], { schema: valibot }))
    found.push(result.ok ? result.output.summary : `${result.input.b}`);
  // @ts-expect-error the schema has no such field
  other.words;
  const named = await client.call<Summary>('a', {}, { timeoutMs: 9 });
  // @ts-expect-error no schema
  await client.call('a', {}, { schema: { parse: () => 1 } });
  // @ts-expect-error the class has no such field
  errorForTest(RateLimitError, 'slow down', { eventsSeen: 3 });
  return [...found, named.summary];
}
