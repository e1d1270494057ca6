// In whose asynchronous context the application's functions run: the caller's.

import assert from 'node:assert/strict';
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { test } from 'node:test';

import { Client } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const caller = new AsyncLocalStorage();

const TALK = { slug: 'talk', answer: { kind: 'stream', steps: [{ event: 'execution_complete', data: {} }] } };

function watch() {
  const lines = [];
  return {
    lines,
    hooks: {
      beforeAttempt: ({ number }) => lines.push(`${caller.getStore()}: ${number} begins`),
      afterAttempt: (_, { number, status }) => lines.push(`${caller.getStore()}: ${number} ended with ${status}`),
    },
  };
}

function toldTo(name) {
  return [`${name}: 1 begins`, `${name}: 1 ended with 200`];
}

test('hooks of calls in flight together run in the context of their own call', async () => {
  const { options } = await surface();
  const { lines, hooks } = watch();
  const client = caller.run('constructor', () => new Client({ ...options, ...hooks }));
  await client.call('echo', {});
  assert.deepEqual(lines.splice(0), toldTo(undefined));
  const names = Array.from({ length: 20 }, (_, n) => `call ${n}`);
  await Promise.all(names.map((name) => caller.run(name, () => client.call('echo', {}))));
  assert.deepEqual(lines.splice(0).sort(), names.flatMap(toldTo).sort());
  await caller.run('document', () => client.openapi());
  assert.deepEqual(lines, toldTo('document'));
});

test('hooks of a stream and of many calls run in the context that made them', async () => {
  const { options } = await surface({ capabilities: [{ slug: 'echo' }, TALK] });
  const { lines, hooks } = watch();
  const client = new Client({ ...options, ...hooks });
  const stream = caller.run('maker', () => client.stream('talk', {}));
  await caller.run('reader', () => stream.finalOutput());
  assert.deepEqual(lines.splice(0), toldTo('maker'));
  const many = caller.run('maker', () => client.callMany('echo', [{}, {}], { concurrency: 1 }));
  await caller.run('reader', async () => {
    for await (const { ok } of many) assert.ok(ok);
  });
  assert.deepEqual(lines, [...toldTo('maker'), ...toldTo('maker')]);
});

test('what a promise of a hook does runs in the context of its call', async () => {
  const { options } = await surface();
  const places = [];
  const beforeAttempt = async () => {
    await Promise.resolve();
    places.push(caller.getStore());
  };
  await caller.run('call', () => new Client({ ...options, beforeAttempt }).call('echo', {}));
  assert.deepEqual(places, ['call']);
});

test('a key function runs in the context of the call that asks', async () => {
  const { options, keys } = await surface();
  const places = [];
  const apiKey = async () => {
    places.push(caller.getStore());
    await Promise.resolve();
    places.push(caller.getStore());
    return keys[0];
  };
  const client = new Client({ ...options, apiKey });
  await caller.run('call', () => client.call('echo', {}));
  assert.deepEqual(places, ['call', 'call']);
  const another = new Client({ ...options, apiKey });
  await caller.run('many', async () => {
    for await (const { ok } of another.callMany('echo', [{}])) assert.ok(ok);
  });
  assert.deepEqual(places.slice(2), ['many', 'many']);
});

test('only a client with hooks or a key function makes a resource for a call', async () => {
  const { options, keys } = await surface();
  const made = [];
  const hook = createHook({ init: (_, type) => type.startsWith('Runtype') && made.push(type) }).enable();
  try {
    await new Client(options).call('echo', {});
    assert.deepEqual(made, []);
    await new Client({ ...options, afterAttempt: () => undefined }).call('echo', {});
    await new Client({ ...options, apiKey: () => keys[0] }).call('echo', {});
    assert.deepEqual(made, ['RuntypeCall', 'RuntypeCall']);
  } finally {
    hook.disable();
  }
});
