import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, ConfigurationError, capabilitySlug, parseEndpoint } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const complete = { apiKey: 'papi_example_0000a1b2', productId: 'prod_1', surfaceId: 'surf_2' };

test('an option that does not exist is refused by name, and its value is not shown', async () => {
  assert.throws(() => new Client({ ...complete, apikey: 'papi_example_0000a1b2' }), {
    name: 'ConfigurationError',
    option: 'apikey',
    message: /^apikey: there is no such option; there are .*apiKey/,
  });
  const client = new Client(complete);
  await assert.rejects(client.call('echo', {}, { timeout: 20 }), { option: 'timeout' });
  assert.throws(() => client.stream('echo', {}, { timeout: 20 }), { option: 'timeout' });
  assert.throws(() => Client.fromEnv({ envPrefix: 'X' }), { option: 'envPrefix' });
  // A name that every object inherits is none of an option.
  assert.throws(() => new Client({ ...complete, toString: 1 }), { option: 'toString' });
});

test('an option of another type is refused by name', () => {
  const wrong = {
    apiKey: 7,
    apiKeyFile: true,
    timeoutMs: '20',
    maxRetries: null,
    headers: 'x-trace: 1',
    allowInsecureHttp: 'yes',
    rootCertificates: [1],
    baseUrl: 80,
    handOnStreamErrors: 1,
  };
  for (const [option, value] of Object.entries(wrong)) {
    assert.throws(() => new Client({ ...complete, [option]: value }), { name: 'ConfigurationError', option }, option);
  }
  for (const options of [null, 'text', 5, () => {}]) {
    assert.throws(() => new Client(options), { name: 'ConfigurationError', option: 'options' });
  }
  assert.throws(() => new Client({ ...complete, headers: { 'x-trace': 1 } }), { option: 'headers' });
});

test('a signal that is none is refused by name', async () => {
  const call = new Client(complete).call('echo', {}, { signal: new AbortController() });
  await assert.rejects(call, { name: 'ConfigurationError', option: 'signal' });
});

test('an option that is undefined counts as not given', () => {
  const client = new Client({ ...complete, timeoutMs: undefined, headers: undefined });
  assert.equal(client.endpointUrl('echo'), 'https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/echo');
});

test('a key and a key file together are refused', () => {
  assert.throws(() => new Client({ ...complete, apiKeyFile: '/run/secrets/key' }), { option: 'apiKeyFile' });
});

test('headers come as an object, as pairs, or as Headers', async () => {
  const { options, journal } = await surface();
  for (const headers of [{ 'x-trace': 'a' }, [['x-trace', 'a']], new Headers({ 'x-trace': 'a' })]) {
    await new Client({ ...options, headers }).call('echo', {});
    await new Client(options).call('echo', {}, { headers });
  }
  const seen = (await journal()).map((request) => request.headers['x-trace']);
  assert.deepEqual(seen, Array(6).fill('a'));
});

test('URLs may be URL objects', () => {
  const url = new URL('https://proxy.example/prefix/v1/products/prod_1/surfaces/surf_2/api/echo');
  const client = new Client({
    apiKey: complete.apiKey,
    endpointUrl: url,
    baseUrl: new URL('https://proxy.example/prefix'),
  });
  assert.equal(client.endpointUrl('echo'), url.href);
  assert.deepEqual(parseEndpoint(url), {
    baseUrl: 'https://proxy.example/prefix',
    productId: 'prod_1',
    surfaceId: 'surf_2',
    capability: 'echo',
  });
});

test('an input that JSON cannot hold is refused, and nothing is sent', async () => {
  const { options, journal } = await surface();
  const client = new Client(options);
  const cycle = {};
  cycle.self = cycle;
  const throwing = {
    toJSON() {
      throw new Error('not me');
    },
  };
  const inputs = [
    [undefined, /of type undefined/],
    [() => {}, /of type function/],
    [Symbol('a'), /of type symbol/],
    [{ big: 1n }, /BigInt/],
    [cycle, /circular/],
    [throwing, /not me/],
    [Promise.resolve({}), /await it first/],
    [new Map([['input', 'a']]), /Object\.fromEntries/],
    [new Set(['a']), /it is a Set/],
  ];
  for (const [input, message] of inputs) {
    const refused = { name: 'ConfigurationError', option: 'input', message };
    await assert.rejects(client.call('echo', input), refused);
    await assert.rejects(client.dispatch('echo', input), refused);
    await assert.rejects(client.stream('echo', input).text(), refused);
  }
  await assert.rejects(client.call('echo', throwing), (error) => error.cause.message === 'not me');
  assert.deepEqual(await journal(), []);
});

test('an input left out is an empty object', async () => {
  const { options } = await surface();
  assert.deepEqual(await new Client(options).call('echo'), {});
});

test('arguments that are no strings are refused by name', async () => {
  await assert.rejects(new Client(complete).call(7, {}), { option: 'capability' });
  assert.throws(() => capabilitySlug(undefined), ConfigurationError);
  assert.throws(() => parseEndpoint(null), ConfigurationError);
});

test('an output keeps what JSON.parse keeps: lone surrogates, and the numbers as JavaScript rounds them', async () => {
  const text = '{"lone":"\\ud800","big":1e400,"long":123456789012345678901234567890,"proto":{"__proto__":1},"ü":"€𝄞"}';
  const { options, fault } = await surface();
  await fault({ kind: 'status', status: 200, headers: { 'Content-Type': 'application/json' }, text });
  assert.deepEqual(await new Client(options).call('echo', {}), JSON.parse(text));
});
