import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { AuthenticationError, Client, ConfigurationError } from 'runtype-surface';

import { surface } from './support/surface.mjs';

test('a key function may be sync or async, or give any thenable', async () => {
  const { options, journal } = await surface();
  const { apiKey } = options;
  // biome-ignore lint/suspicious/noThenProperty: that is what a thenable is
  const thenable = { then: (resolve) => resolve(apiKey) };
  for (const ask of [() => apiKey, async () => apiKey, () => thenable]) {
    assert.deepEqual(await new Client({ ...options, apiKey: ask }).call('echo', { a: 1 }), { a: 1 });
  }
  assert.equal((await journal()).length, 3);
});

test('a key function is asked once for many calls, and again after a 401', async () => {
  const { options, mint, revoke } = await surface();
  let key = options.apiKey;
  let asked = 0;
  const client = new Client({
    ...options,
    apiKey: async () => {
      asked += 1;
      return key;
    },
  });
  const many = () => Promise.all(Array.from({ length: 32 }, (_, number) => client.call('echo', { number })));
  await many();
  assert.equal(asked, 1);
  const next = await mint();
  await revoke(key);
  key = next;
  const outputs = await many();
  assert.deepEqual(outputs[31], { number: 31 });
  assert.equal(asked, 2);
});

test('what a key function throws is the cause, in words without a key', async () => {
  const { options, journal } = await surface();
  const sealed = Object.assign(new TypeError('the vault is sealed papi_seen_by_nobody'), {
    vault: 'papi_seen_by_nobody',
  });
  const throwing = [
    () => {
      throw sealed;
    },
    async () => {
      throw sealed;
    },
  ];
  for (const apiKey of throwing) {
    const call = new Client({ ...options, apiKey }).call('echo', {});
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof ConfigurationError);
      assert.equal(error.option, 'apiKey');
      assert.match(error.message, /the vault is sealed/);
      assert.equal(error.cause.message, 'the vault is sealed papi_…');
      assert.doesNotMatch(inspect(error, { depth: 9 }), /seen_by_nobody/);
      return true;
    });
  }
  assert.deepEqual(await journal(), [], 'nothing was sent');
});

test('what a key function throws after a 401 is the cause of the AuthenticationError', async () => {
  const { options } = await surface({ keys: [{ revoked: true }] });
  const sealed = new Error('the vault is sealed');
  let asked = 0;
  const apiKey = () => {
    asked += 1;
    if (asked > 1) throw sealed;
    return options.apiKey;
  };
  const call = new Client({ ...options, apiKey }).call('echo', {});
  await assert.rejects(call, (error) => {
    return error instanceof AuthenticationError && error.cause.message === 'the vault is sealed';
  });
});

test('a key function that gives no string is an error that says so', async () => {
  const { options } = await surface();
  const call = new Client({ ...options, apiKey: () => undefined }).call('echo', {});
  await assert.rejects(call, {
    name: 'ConfigurationError',
    message: /the key function returned undefined, not a string/,
  });
});

test('a key in process.env is rotated with no restart and no failed call', async () => {
  const { env, keys, mint, revoke } = await surface();
  const prefix = 'ROTATED_RUNTYPE';
  for (const [name, value] of Object.entries(env)) process.env[name.replace('RUNTYPE', prefix)] = value;
  const client = Client.fromEnv({ prefix });
  await client.call('echo', {});
  const next = await mint();
  await revoke(keys[0]);
  process.env[`${prefix}_PRODUCT_API_KEY`] = next;
  assert.deepEqual(await client.call('echo', { a: 1 }), { a: 1 });
});

test('what a key function throws takes one line', async () => {
  const { options } = await surface();
  const apiKey = () => {
    throw new Error('l1\nl2\nl3\n\u001b[2Jl4\nl5');
  };
  await assert.rejects(new Client({ ...options, apiKey }).call('echo', {}), {
    message: "apiKey: the application's key function failed: l1\\nl2\\nl3\\n\\u{1b}[2Jl4\\nl5",
  });
});
