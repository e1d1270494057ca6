import assert from 'node:assert/strict';
import { test } from 'node:test';

import { APITimeoutError, Client, StreamError } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const KEY = 'papi_a_secret_that_nobody_sees_a1b2';
const HELLO = [
  { event: 'execution_start', data: {} },
  { event: 'text_delta', data: { delta: 'Hello ', id: 't1' } },
];
const COMPLETE = {
  event: 'execution_complete',
  data: {
    success: true,
    finalOutput: 'all',
    durationMs: 1250,
    stopReason: 'end_turn',
    totalTokens: { input: 11, output: 7 },
    totalTokensUsed: 18,
    totalCost: 0.0125,
    iterations: 2,
  },
};
const USAGE = {
  inputTokens: 11,
  outputTokens: 7,
  totalTokens: 18,
  cost: 0.0125,
  stopReason: 'end_turn',
  durationMs: 1250,
  iterations: 2,
};

/** A client of a capability that streams these steps. */
async function agent(steps, { options = {}, ...answer } = {}) {
  const capabilities = [{ slug: 'agent', answer: { kind: 'stream', steps, ...answer } }];
  const made = await surface({ capabilities, keys: [{ key: KEY }] });
  return new Client({ ...made.options, apiKey: KEY, ...options });
}

test('the outcome and the usage are there once the stream has ended, and stay', async () => {
  const stream = (await agent([...HELLO, COMPLETE])).stream('agent', {});
  assert.deepEqual([stream.outcome, stream.usage], [null, null]);
  await stream.response();
  assert.deepEqual([stream.outcome, stream.usage], [null, null]);
  for await (const _ of stream);
  assert.deepEqual([stream.outcome, stream.usage], ['completed', USAGE]);
  await stream.close();
  assert.deepEqual([stream.outcome, stream.usage], ['completed', USAGE]);
});

test('a failure has what came before it, and its event, also as JSON and without the key', async () => {
  const data = { error: { message: `no ${KEY}`, code: 'E1' }, finalOutput: { part: KEY }, stopReason: 'quota' };
  const client = await agent([...HELLO, { event: 'execution_error', data, id: '9' }]);
  const error = await client
    .stream('agent', {})
    .text()
    .catch((reason) => reason);
  assert.ok(error instanceof StreamError);
  assert.equal(error.partialText, 'Hello ');
  assert.deepEqual(error.partialOutput, { part: 'papi_…a1b2' });
  assert.equal(error.stopReason, 'quota');
  assert.deepEqual([error.event.name, error.event.id, error.event.code], ['execution_error', '9', 'E1']);
  const json = JSON.stringify(error);
  assert.ok(!json.includes('nobody_sees'), json);
  const plain = JSON.parse(json);
  assert.deepEqual(
    [plain.partialText, plain.partialOutput, plain.stopReason],
    ['Hello ', { part: 'papi_…a1b2' }, 'quota'],
  );
  assert.equal(plain.event.data.error.message, 'no papi_…a1b2');
});

test('data of a failure that is not JSON is text', async () => {
  const client = await agent([{ raw: 'event: execution_error\ndata: boom\n\n' }]);
  const error = await client
    .stream('agent', {})
    .text()
    .catch((reason) => reason);
  assert.equal(error.event.data, 'boom');
});

test('a stream that falls silent tells the text until then', async () => {
  const client = await agent(HELLO, { end: 'stall', options: { streamIdleTimeoutMs: 100 } });
  const error = await client
    .stream('agent', {})
    .text()
    .catch((reason) => reason);
  assert.ok(error instanceof APITimeoutError);
  assert.deepEqual([error.partialText, error.eventsSeen], ['Hello ', 2]);
});

test('a text that was too large is no end of the stream', async () => {
  const stream = (await agent([...HELLO, COMPLETE])).stream('agent', {}, { maxResponseBytes: 3 });
  for (let times = 0; times < 2; times += 1) await assert.rejects(stream.text(), /maxResponseBytes \(3 bytes\)/);
  assert.equal(await stream.finalOutput(), 'all');
});
