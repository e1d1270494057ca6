import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { Client, ConfigurationError } from 'runtype-surface';

import { surface } from './support/surface.mjs';

test('inputs come from an array, a generator, or an async generator', async () => {
  const { options } = await surface();
  const client = new Client(options);
  const array = [{ n: 0 }, { n: 1 }, { n: 2 }];
  function* generator() {
    yield* array;
  }
  async function* asyncGenerator() {
    yield* array;
  }
  for (const inputs of [array, generator(), asyncGenerator()]) {
    const outputs = [];
    for await (const { output } of client.callMany('echo', inputs)) outputs.push(output);
    assert.deepEqual(outputs, array);
  }
});

test('an input that JSON cannot hold is the error of its own call', async () => {
  const { options, journal } = await surface();
  const results = [];
  for await (const result of new Client(options).callMany('echo', [{ n: 0 }, { big: 1n }, undefined, { n: 3 }])) {
    results.push(result);
  }
  assert.deepEqual(
    results.map(({ number, output }) => [number, output]),
    [
      [0, { n: 0 }],
      [1, undefined],
      [2, undefined],
      [3, { n: 3 }],
    ],
  );
  for (const { error } of results.slice(1, 3)) {
    assert.ok(error instanceof ConfigurationError);
    assert.equal(error.option, 'input');
    assert.match(error.stack.split('\n    at ')[1], /call-many\.test\.mjs/);
  }
  assert.equal((await journal()).length, 2);
});

test('leaving the loop drops what is under way and begins no more', async () => {
  const { options, fault, journal } = await surface();
  await fault({ kind: 'stall', nth: [2, 3, 4] });
  const results = new Client(options).callMany('echo', Array(64).fill({}), { concurrency: 4, inOrder: false });
  for await (const { output } of results) {
    assert.deepEqual(output, {});
    break;
  }
  let requests;
  do {
    requests = await journal();
  } while (requests.some(({ outcome }) => outcome === 'open'));
  assert.ok(requests.length <= 5, `${requests.length} requests`);
});

test('the signal ends it with its reason and loses its listener', async () => {
  const { options, fault, journal } = await surface();
  await fault({ kind: 'stall' });
  const controller = new AbortController();
  const reason = new Error('the user has left');
  const { signal } = controller;
  const first = new Client(options).callMany('echo', [{}, {}], { signal }).next();
  while ((await journal()).length < 2);
  controller.abort(reason);
  await assert.rejects(first, (error) => error === reason);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('nothing is sent before the first result is asked for', async () => {
  const { options, journal } = await surface();
  const results = new Client(options).callMany('echo', [{}]);
  assert.deepEqual(await journal(), []);
  await results.return();
  assert.deepEqual(await journal(), []);
});
