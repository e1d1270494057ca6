// Checked by tsc, never run: what needs a newer language than `consumer` is compiled for.

import { Client, type StreamEvent, type StreamOptions } from 'runtype-surface';

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
