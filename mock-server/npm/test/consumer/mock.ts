// An application's test, which is compiled as `client.ts` is.

import { type MockRequest, type MockSurface, startMock } from 'runtype-mock';

export async function aMockHasItsTypes(): Promise<string | undefined> {
  const mock: MockSurface = await startMock({ seed: 7 });
  await mock.inject('latency', { latencyMs: 5, nth: [1, 2] });
  // @ts-expect-error there is no such fault
  await mock.inject('earthquake');
  const [request]: MockRequest[] = await mock.journal();
  await mock.close();
  return request?.outcome;
}
