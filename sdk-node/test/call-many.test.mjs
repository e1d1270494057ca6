import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { AuthenticationError, CallResponse, Client, ConfigurationError } from 'runtype-surface';

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
    results.map(({ index, ok, output }) => [index, ok, output]),
    [
      [0, true, { n: 0 }],
      [1, false, undefined],
      [2, false, undefined],
      [3, true, { n: 3 }],
    ],
  );
  for (const { error } of results.slice(1, 3)) {
    assert.ok(error instanceof ConfigurationError);
    assert.equal(error.option, 'input');
    assert.doesNotMatch(error.message, /input: input/);
    assert.match(error.stack.split('\n    at ')[1], /call-many\.test\.mjs/);
  }
  assert.equal((await journal()).length, 2);
});

test('each result has its own input, the very same, in whatever order the results arrive', async () => {
  const { options, fault } = await surface();
  await fault({ kind: 'latency', latency_ms: 100, nth: 1 });
  await fault({ kind: 'status', status: 500, nth: 2 });
  const inputs = [{ n: 0 }, { n: 1 }, { n: 2 }];
  const results = [];
  for await (const result of new Client({ ...options, maxRetries: 0 }).callMany('echo', inputs, { inOrder: false })) {
    results.push(result);
  }
  assert.deepEqual(results.map(({ index }) => index).sort(), [0, 1, 2]);
  for (const { index, input } of results) assert.equal(input, inputs[index]);
  for (const { ok, input, output, response } of results.filter((result) => result.ok)) {
    assert.deepEqual([ok, output, response.output], [true, input, input]);
  }
  const [failed, ...others] = results.filter(({ ok }) => !ok);
  assert.equal(failed.error.status, 500);
  assert.deepEqual(others, []);
});

test('leaving the loop drops the in-flight calls and begins no more', async () => {
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

test('inputs are taken only so many ahead of the results', async () => {
  const { options } = await surface();
  const client = new Client(options);
  let taken = 0;
  let isCleanedUp = false;
  function* endless() {
    try {
      for (;;) yield { n: taken++ };
    } finally {
      isCleanedUp = true;
    }
  }
  let seen = 0;
  for await (const { output, index } of client.callMany('echo', endless(), { concurrency: 4 })) {
    assert.deepEqual(output, { n: index });
    seen += 1;
    // In flight, finished, one that is handed over, and taken ahead.
    assert.ok(taken <= seen + 4 + 4 + 1 + 4, `${taken} inputs were taken for ${seen} results`);
    if (seen === 20) break;
  }
  assert.ok(isCleanedUp, 'the generator of the inputs was left open');
});

test('an async iterator that has no more inputs yet holds back no result', async () => {
  const { options } = await surface();
  let more;
  const inputs = {
    [Symbol.asyncIterator]() {
      let number = 0;
      return {
        next: () => {
          if (number < 2) return Promise.resolve({ done: false, value: { n: number++ } });
          return new Promise((resolve) => {
            more = () => resolve({ done: true });
          });
        },
      };
    },
  };
  const outputs = [];
  for await (const { output } of new Client(options).callMany('echo', inputs)) {
    outputs.push(output);
    if (outputs.length === 2) {
      while (more === undefined) await new Promise(setImmediate);
      more();
    }
  }
  assert.deepEqual(outputs, [{ n: 0 }, { n: 1 }]);
});

test('what the iterator of the inputs throws is thrown after the results of the calls before it', async () => {
  const { options } = await surface();
  const client = new Client(options);
  const reason = new Error('no more articles');
  function* generator() {
    yield { n: 0 };
    throw reason;
  }
  async function* asyncGenerator() {
    yield* generator();
  }
  for (const inputs of [generator(), asyncGenerator()]) {
    const outputs = [];
    const read = async () => {
      for await (const { output } of client.callMany('echo', inputs)) outputs.push(output);
    };
    await assert.rejects(read(), (error) => error === reason);
    assert.deepEqual(outputs, [{ n: 0 }]);
  }
  for (const inputs of [undefined, null, 5]) {
    assert.throws(() => client.callMany('echo', inputs), {
      name: 'ConfigurationError',
      option: 'inputs',
      message: /iterable/,
    });
  }
});

test('one input where many belong is refused', async () => {
  const { options, journal } = await surface();
  const client = new Client(options);
  const ones = ['text', {}, { input: 'x' }, new Map([['input', 'x']]), Buffer.from('{}'), new Float64Array(2)];
  for (const one of [...ones, new ArrayBuffer(2)]) {
    const message = 'inputs: one input was given, not many: pass a list';
    assert.throws(() => client.callMany('echo', one), { name: 'ConfigurationError', option: 'inputs', message });
  }
  assert.deepEqual(await journal(), []);
});

test('a run that a revoked key stops has its error for each of the rest', async () => {
  const { options, keys, control, journal } = await surface();
  await control('POST', `/keys/${keys[0]}/revoke`);
  const inputs = Array.from({ length: 2_000 }, (_, n) => ({ n }));
  let count = 0;
  for await (const { index, input, ok, error } of new Client(options).callMany('echo', inputs, { concurrency: 8 })) {
    assert.equal(index, count);
    assert.equal(input, inputs[count++]);
    assert.ok(!ok && error instanceof AuthenticationError);
    assert.equal(error.notSent, error.attempts.length === 0);
    assert.equal(error.mayHaveExecuted, false);
    assert.equal(error.toJSON().notSent, error.notSent);
  }
  assert.equal(count, 2_000);
  const requests = (await journal()).length;
  assert.ok(requests <= 8 + 1, `${requests} requests`);
});

test('a window is waited for as long as maxWindowWaitMs allows', async () => {
  const { options, fault } = await surface();
  const slowDown = { kind: 'status', status: 429, headers: { 'retry-after-ms': '300' }, json: { error: 'Slow down' } };
  const client = new Client({ ...options, timeoutMs: 250 });
  const run = async (maxWindowWaitMs) => {
    const results = [];
    const many = { concurrency: 1, maxWindowWaitMs };
    for await (const { ok, error } of client.callMany('echo', [{}, {}], many)) results.push(ok || error.notSent);
    return results;
  };
  await fault({ ...slowDown, times: 1 });
  assert.deepEqual(await run(null), [true, true]);
  await fault({ ...slowDown, times: 1 });
  assert.deepEqual(await run(250), [false, true]);
});

test('a result is a plain object, whose response is made when it is asked for', async () => {
  const { options } = await surface();
  const results = [];
  for await (const result of new Client(options).callMany('echo', [{ n: 0 }])) results.push(result);
  const [{ response, ...others }] = results;
  assert.ok(response instanceof CallResponse);
  assert.equal(results[0].response, response);
  assert.deepEqual(others, { index: 0, input: { n: 0 }, ok: true, output: { n: 0 } });
  assert.deepEqual({ ...results[0] }, { ...others, response });
  assert.equal(response.status, 200);
});

test('calls go on while a result is looked at', async () => {
  const { options, control, journal } = await surface();
  await control('PUT', '/capabilities/later', { latency_ms: 50 });
  const results = new Client(options).callMany('later', Array(3).fill({}), { concurrency: 3, timeoutMs: 2_000 });
  await results.next();
  while ((await journal()).some(({ outcome }) => outcome === 'open'));
  assert.equal((await results.next()).value.error, undefined);
  assert.equal((await results.next()).value.error, undefined);
});
