// The messages on our channels of node:diagnostics_channel.

import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';

import { Client, RateLimitError } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const NAMES = ['call:start', 'attempt:start', 'attempt:end', 'call:error', 'call:end'];
const BUSY = { kind: 'status', status: 429, headers: { 'retry-after-ms': '1' }, json: { error: 'words of the server' } };
const caller = new AsyncLocalStorage();

/** What is published while `step` runs. */
async function published(step, names = NAMES) {
  const messages = [];
  const listeners = names.map((name) => [
    `runtype-surface:${name}`,
    (message) => messages.push({ name, message, caller: caller.getStore() }),
  ]);
  for (const [channel, listener] of listeners) subscribe(channel, listener);
  try {
    await step();
  } finally {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  }
  return messages;
}

const namesOf = (messages) => messages.map(({ name }) => name);

test('a call is told with its attempts, in the context of its caller, as one object', async () => {
  const { options, keys } = await surface({ faults: [{ ...BUSY, times: 1 }] });
  const client = new Client(options);
  const messages = await published(() =>
    caller.run('the caller', () => client.call('echo', { secret: 'words of the input' })),
  );
  assert.deepEqual(namesOf(messages), [
    'call:start',
    'attempt:start',
    'attempt:end',
    'attempt:start',
    'attempt:end',
    'call:end',
  ]);
  assert.deepEqual(new Set(messages.map((published) => published.caller)), new Set(['the caller']));
  const [{ call }] = messages.map(({ message }) => message);
  for (const { message } of messages) assert.equal(message.call, call);
  assert.equal(call.name, 'POST echo');
  assert.equal(call.attributes['runtype.capability'], 'echo');
  assert.deepEqual(
    messages.filter(({ name }) => name === 'attempt:end').map(({ message }) => message.attempt.status),
    [429, 200],
  );
  assert.equal(messages[3].message.attempt.number, 2);
  assert.equal(messages.at(-1).message.attributes['http.response.status_code'], 200);
  const text = JSON.stringify(messages);
  for (const secret of ['words of', ...keys]) assert.ok(!text.includes(secret), text);
});

test('an error is told before the end', async () => {
  const { options, keys } = await surface({ faults: [BUSY] });
  const client = new Client({ ...options, maxRetries: 0 });
  const messages = await published(() => assert.rejects(client.call('echo', {}), RateLimitError));
  assert.deepEqual(namesOf(messages).slice(-2), ['call:error', 'call:end']);
  assert.equal(messages.at(-2).message.attributes['error.type'], '429');
  const text = JSON.stringify(messages);
  for (const secret of ['words of', ...keys]) assert.ok(!text.includes(secret), text);
});

test('streams and each of many calls are told with their ends', async () => {
  const steps = [{ event: 'execution_complete', data: { finalOutput: {} } }];
  const { options } = await surface({
    capabilities: [{ slug: 'echo' }, { slug: 'talk', answer: { kind: 'stream', steps } }],
  });
  const client = new Client(options);
  const ofStream = await published(() => client.stream('talk', {}).finalOutput(), ['call:start', 'call:end']);
  assert.deepEqual(namesOf(ofStream), ['call:start', 'call:end']);
  assert.equal(ofStream[1].message.attributes['runtype.stream.outcome'], 'completed');
  const ofMany = await published(async () => {
    for await (const { ok } of client.callMany('echo', [{}, {}], { concurrency: 1 })) assert.ok(ok);
  });
  for (const name of ['call:start', 'call:end', 'attempt:end']) {
    assert.equal(namesOf(ofMany).filter((published) => published === name).length, 2, name);
  }
});

test('nothing is published where nobody subscribes', async () => {
  const { options } = await surface();
  const client = new Client(options);
  const messages = await published(() => client.call('echo', {}), ['call:error']);
  assert.deepEqual(messages, []);
});
