// Checked by tsc, never run: what needs a newer language than `consumer` is compiled for.

import { type MockSurface, startMock } from 'runtype-mock';
import type { Client } from 'runtype-surface';

export async function whatIsClosedAtTheEndOfABlock(): Promise<string> {
  await using mock: MockSurface = await startMock();
  const client: Client = mock.client({ maxRetries: 0 });
  // @ts-expect-error there is no such option
  mock.client({ maxRetry: 0 });
  return await client.stream('support-agent').text();
}
