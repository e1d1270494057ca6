// Checked by tsc, never run: what needs a newer language than `consumer` is compiled for.

import { Client } from 'runtype-surface';

export async function whatIsClosedAtTheEndOfABlock(): Promise<string> {
  await using client = new Client({ envPrefix: 'OTHER' });
  await using stream = client.stream('support-agent');
  return await stream.text();
}
