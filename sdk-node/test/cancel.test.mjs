import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import process from 'node:process';
import { test } from 'node:test';

import { Client } from 'runtype-surface';

import { surface } from './support/surface.mjs';

/** A client of a capability that does not respond by itself. */
async function silent() {
  const { options, fault, journal, journalShows } = await surface({
    capabilities: [{ slug: 'echo' }, { slug: 'slow' }],
  });
  await fault({ kind: 'stall', capability: 'slow' });
  return { client: new Client(options), journal, journalShows };
}

test('an aborted call rejects with the signal’s reason, the very same', async () => {
  const { client, journalShows } = await silent();
  const controller = new AbortController();
  const reason = new Error('the user has left');
  const call = client.call('slow', {}, { signal: controller.signal });
  await journalShows([{}]);
  controller.abort(reason);
  await assert.rejects(call, (error) => error === reason);
});

test('without a reason it is the platform’s AbortError', async () => {
  const { client } = await silent();
  const controller = new AbortController();
  const call = client.call('slow', {}, { signal: controller.signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError', code: DOMException.ABORT_ERR });
});

test('AbortSignal.timeout rejects with the platform’s TimeoutError', async () => {
  const { client } = await silent();
  await assert.rejects(client.call('slow', {}, { signal: AbortSignal.timeout(5) }), {
    name: 'TimeoutError',
    code: DOMException.TIMEOUT_ERR,
  });
});

test('an aborted call drops its request at once', async () => {
  const { client, journal, journalShows } = await silent();
  const controller = new AbortController();
  const call = client.call('slow', {}, { signal: controller.signal });
  await journalShows([{}]);
  const aborted = Date.now();
  controller.abort();
  await assert.rejects(call);
  await journalShows([{ outcome: 'client_closed' }]);
  const [request] = await journal();
  const took = Date.parse(request.client_closed_at) - aborted;
  assert.ok(took < 100, `it took ${took} ms`);
});

test('a signal that is aborted already sends nothing', async () => {
  const { client, journal } = await silent();
  await assert.rejects(client.call('echo', {}, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.deepEqual(await journal(), []);
});

test('an abort after the response changes nothing', async () => {
  const { client } = await silent();
  const controller = new AbortController();
  const output = await client.call('echo', { a: 1 }, { signal: controller.signal });
  controller.abort();
  assert.deepEqual(output, { a: 1 });
});

test('many calls follow one signal without a warning and leave no listener', async () => {
  const { client } = await silent();
  const warnings = [];
  const warn = (warning) => warnings.push(warning);
  process.on('warning', warn);
  const controller = new AbortController();
  const { signal } = controller;
  const ended = Promise.all(Array.from({ length: 64 }, () => client.call('echo', {}, { signal })));
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  await ended;
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  const aborted = Array.from({ length: 64 }, () => client.call('slow', {}, { signal }));
  controller.abort();
  for (const { reason } of await Promise.allSettled(aborted)) assert.equal(reason, signal.reason);
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warn);
  assert.deepEqual(warnings, []);
});

test('the application’s own onabort is left alone', async () => {
  const { client } = await silent();
  const controller = new AbortController();
  let heard = 0;
  controller.signal.onabort = () => {
    heard += 1;
  };
  const call = client.call('slow', {}, { signal: controller.signal });
  controller.abort();
  await assert.rejects(call);
  assert.equal(heard, 1);
});
