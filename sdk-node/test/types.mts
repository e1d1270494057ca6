// Checked by tsc, never run: what needs a newer language than `consumer` is compiled for.

import { Client } from 'runtype-surface';
import { type MockSurface, startMock } from 'runtype-surface/testing';

export async function whatIsClosedAtTheEndOfABlock(): Promise<string> {
  await using mock: MockSurface = await startMock();
  await using client = new Client(mock.env.RUNTYPE_ENDPOINT_URL === undefined ? {} : { envPrefix: 'OTHER' });
  await using stream = client.stream('support-agent');
  return await stream.text();
}
