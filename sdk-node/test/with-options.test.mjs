import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, ConfigurationError } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const connectionsOf = async (journal) => new Set((await journal()).map(({ connection }) => connection)).size;

test('a derived client shares the connections', async () => {
  const { options, journal } = await surface();
  const client = new Client(options);
  const derived = client.withOptions({ timeoutMs: 9_000, headers: { 'X-Job': '1' } });
  for (const one of [client, derived, derived.withOptions({ maxRetries: 0 }), client]) await one.call('echo');
  assert.equal(await connectionsOf(journal), 1);
  assert.deepEqual(
    (await journal()).map(({ headers }) => headers['x-job']),
    [undefined, '1', '1', undefined],
  );
  assert.ok(derived instanceof Client);
  assert.deepEqual(derived.toJSON(), client.toJSON());
  assert.equal(derived.endpointUrl('echo'), client.endpointUrl('echo'));
});

test('closing a derived client waits for its calls and leaves its origin open', async () => {
  const { options, journal, journalShows } = await surface({ capabilities: [{ slug: 'slow', latency_ms: 150 }] });
  const client = new Client(options);
  const derived = client.withOptions({ timeoutMs: 9_000 });
  const second = derived.withOptions({ maxRetries: 0 });
  let isDone = false;
  const call = derived.call('slow').then(() => {
    isDone = true;
  });
  await journalShows([{}]);
  await derived.close();
  await new Promise(setImmediate);
  assert.ok(isDone);
  await call;
  await assert.rejects(derived.call('slow'), { name: 'ConfigurationError', message: /the client is closed/ });
  assert.throws(() => derived.withOptions({ maxRetries: 1 }), ConfigurationError);
  assert.throws(() => second.withOptions({ maxRetries: 1 }).endpointUrl(7), ConfigurationError);
  await client.call('slow');
  assert.equal(await connectionsOf(journal), 1);
});

test('closing the origin waits for the calls of derived clients, and closes them', async () => {
  const { options, journalShows } = await surface({ capabilities: [{ slug: 'slow', latency_ms: 150 }] });
  const client = new Client(options);
  const derived = client.withOptions({ timeoutMs: 9_000 }).withOptions({ maxRetries: 0 });
  let isDone = false;
  const call = derived.call('slow').then(() => {
    isDone = true;
  });
  await journalShows([{}]);
  const closing = client.close();
  await assert.rejects(derived.call('slow'), { name: 'ConfigurationError', message: /the client is closed/ });
  await closing;
  await new Promise(setImmediate);
  assert.ok(isDone);
  await call;
});

test('a key that changes in the environment is the key of derived clients too', async () => {
  const { env, keys, journal, revoke } = await surface({ keys: [{}, {}] });
  for (const [name, value] of Object.entries(env)) process.env[name.replace('RUNTYPE', 'DERIVED_RUNTYPE')] = value;
  process.env.DERIVED_RUNTYPE_PRODUCT_API_KEY = keys[0];
  const derived = Client.fromEnv({ prefix: 'DERIVED_RUNTYPE' }).withOptions({ maxRetries: 0 });
  await derived.call('echo');
  process.env.DERIVED_RUNTYPE_PRODUCT_API_KEY = keys[1];
  await revoke(keys[0]);
  await derived.call('echo');
  assert.deepEqual(
    (await journal()).map(({ status, key_hint }) => [status, key_hint.slice(-4)]),
    [
      [200, keys[0].slice(-4)],
      [401, keys[0].slice(-4)],
      [200, keys[1].slice(-4)],
    ],
  );
});

test('what is shared cannot be changed, and the text says what to do', async () => {
  const { options } = await surface();
  const client = new Client(options);
  for (const option of [
    'apiKey',
    'baseUrl',
    'proxy',
    'rootCertificates',
    'connectTimeoutMs',
    'afterAttempt',
    'envPrefix',
  ]) {
    assert.throws(() => client.withOptions({ [option]: 'papi_of_nobody_c3d4' }), {
      name: 'ConfigurationError',
      message:
        `client.withOptions() has no option "${option}": it is an option of the client, shared by the derived ones: ` +
        'create another client',
    });
  }
  assert.throws(
    () => client.withOptions({ signal: AbortSignal.timeout(9) }),
    /it is an option of call\(\), stream\(\)/,
  );
  assert.throws(() => client.withOptions({ timeoutMs: -1 }), { name: 'ConfigurationError', option: 'timeoutMs' });
  assert.throws(() => client.withOptions(), ConfigurationError);
});
