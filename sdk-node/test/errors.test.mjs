import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { inspect } from 'node:util';

import * as runtype from 'runtype-surface';

import { run } from './support/program.mjs';
import { surface } from './support/surface.mjs';

const { APIStatusError, AuthenticationError, Client, ConfigurationError, PaymentRequiredError, SurfaceError } = runtype;
const cjs = createRequire(import.meta.url)('runtype-surface');

/** What a promise rejects with. */
const rejection = (promise) => promise.then(assert.fail, (error) => error);

async function unauthorized() {
  const { options } = await surface({ keys: [{ revoked: true }] });
  return { options, error: await rejection(new Client(options).call('echo', {})) };
}

test('an error is an instance of its class, its bases, and Error, in ESM and in CommonJS', async () => {
  const { error } = await unauthorized();
  for (const errorClass of [AuthenticationError, APIStatusError, SurfaceError, Error, cjs.AuthenticationError]) {
    assert.ok(error instanceof errorClass, errorClass.name);
  }
  assert.ok(!(error instanceof ConfigurationError));
});

test('an error has its name, the explanation as message, and the server’s own words beside it', async () => {
  const { error, options } = await unauthorized();
  assert.equal(error.name, 'AuthenticationError');
  assert.equal(error.status, 401);
  assert.equal(error.serverMessage, 'Invalid or missing API key');
  assert.match(error.message, /revoked, expired, or belongs to another surface/);
  assert.equal(error.capability, 'echo');
  assert.equal(error.keyHint, `papi_…${options.apiKey.slice(-4)}`);
  assert.equal(error.mayHaveExecuted, false);
  assert.equal(error.attempts.length, 1);
  assert.equal(error.headers.get('www-authenticate')?.startsWith('Bearer '), true);
  assert.deepEqual(JSON.parse(error.body), { error: 'Invalid or missing API key' });
  assert.ok(Object.prototype.toString.call(error) === '[object Error]');
});

test('a 402 says where the plan can be upgraded', async () => {
  const { options, fault } = await surface();
  const upgradeUrl = 'https://runtype.example/upgrade';
  await fault({ kind: 'status', status: 402, json: { error: 'The plan is used up', code: 'PLAN', upgradeUrl } });
  const error = await rejection(new Client(options).call('echo', {}));
  assert.ok(error instanceof PaymentRequiredError && error instanceof APIStatusError);
  assert.equal(error.name, 'PaymentRequiredError');
  assert.deepEqual([error.upgradeUrl, error.serverMessage, error.code], [upgradeUrl, 'The plan is used up', 'PLAN']);
  assert.equal(JSON.parse(JSON.stringify(error)).upgradeUrl, upgradeUrl);
});

test('serverMessage is null where the server said nothing', async () => {
  const steps = [{ event: 'execution_start', data: {} }];
  const { options } = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps } }] });
  const error = await rejection(new Client(options).stream('agent').text());
  assert.equal(error.name, 'StreamError');
  assert.deepEqual([error.serverMessage, error.code, error.upgradeUrl], [null, null, null]);
});

test('toJSON gives every field as plain data, and the key in none', async () => {
  const { error, options } = await unauthorized();
  const text = JSON.stringify(error);
  const data = JSON.parse(text);
  assert.ok(!text.includes(options.apiKey), 'no key');
  assert.equal(data.name, 'AuthenticationError');
  assert.equal(data.message, error.message);
  assert.equal(data.headers['content-type'], 'application/json');
  assert.deepEqual(JSON.parse(data.body), { error: 'Invalid or missing API key' });
  for (const field of [
    'status',
    'code',
    'details',
    'requestId',
    'executionId',
    'retryAfterMs',
    'location',
    'attempts',
  ]) {
    assert.ok(field in data, field);
  }
});

test('the stack begins at the line that called', async () => {
  const { options } = await unauthorized();
  const client = new Client(options);
  async function theApplicationsOwnFunction() {
    return client.call('echo', {});
  }
  const error = await rejection(theApplicationsOwnFunction());
  const [first, frame] = error.stack.split('\n    at ');
  assert.equal(first, `AuthenticationError: ${error.message}`);
  assert.match(frame, /theApplicationsOwnFunction .*errors\.test\.mjs/);
});

test('the stack begins at the line that called even where nobody awaits', async () => {
  const { options } = await unauthorized();
  const client = new Client(options);
  const error = await new Promise((resolve) => {
    client.callWithResponse('echo', {}).catch(resolve);
  });
  assert.match(error.stack.split('\n    at ')[1], /errors\.test\.mjs/);
});

test('a constructor’s error points at the line that constructed', () => {
  assert.throws(
    () => new Client({ apiKey: 'rt_live_0123456789abcdef' }),
    (error) => error instanceof ConfigurationError && /errors\.test\.mjs/.test(error.stack.split('\n    at ')[1]),
  );
});

test('a broken connection has the operating system’s code, its reason in words, and one cause', async () => {
  const { options } = await surface();
  const client = new Client({ ...options, baseUrl: 'http://127.0.0.1:9', maxRetries: 0 });
  const error = await rejection(client.call('echo', {}));
  assert.equal(error.name, 'APIConnectionError');
  assert.equal(error.code, 'ECONNREFUSED');
  assert.match(error.message, /^echo: could not connect to 127\.0\.0\.1:9: connection refused\n/);
  assert.match(error.message, /baseUrl/);
  assert.equal(error.mayHaveExecuted, false);
  assert.match(error.cause.message, /refused/i);
  assert.deepEqual([error.cause.code, error.cause.cause], ['ECONNREFUSED', undefined]);
});

test('an error is shown with its stack and its short fields, and without its body and its headers', async () => {
  const { options } = await surface();
  const { error } = await unauthorized();
  const shown = inspect(error);
  assert.ok(shown.startsWith(error.stack));
  assert.deepEqual(shown.slice(error.stack.length).match(/\w+(?=: )/g), ['mayHaveExecuted', 'status', 'requestId']);
  const client = new Client({ ...options, baseUrl: 'http://127.0.0.1:9', maxRetries: 0 });
  const text = inspect(await rejection(client.call('echo', {})));
  assert.match(text, /code: 'ECONNREFUSED'/);
  assert.equal(text.match(/\[cause\]/g).length, 1);
  assert.doesNotMatch(text, /tcp connect|client error|attempts/);
});

test('an error that nobody catches is printed in the same way', async () => {
  const program = `
    import { Client } from 'runtype-surface';
    const options = { apiKey: 'papi_example_0000a1b2', productId: 'prod_1', surfaceId: 'surf_2', maxRetries: 0 };
    await new Client({ ...options, baseUrl: 'http://127.0.0.1:9' }).call('echo', {});
  `;
  const { stderr, code } = await rejection(run(program));
  assert.equal(code, 1);
  assert.match(stderr, /^APIConnectionError: echo: could not connect to 127\.0\.0\.1:9: connection refused$/m);
  assert.equal(stderr.match(/\[cause\]/g).length, 1);
  assert.doesNotMatch(stderr, /tcp connect|client error|attempts|Uint8Array/);
});

test('no inspection of an error acts on a terminal, and the fields are as the server sent them', async () => {
  const json = {
    error: 'no \u202eexe\u2028INFO',
    code: 'A\u2066B',
    details: { why: '\u200f' },
    executionId: 'e\u202dx',
  };
  const { options } = await surface({ faults: [{ kind: 'status', status: 500, json }] });
  const error = await rejection(new Client(options).call('echo', {}));
  assert.deepEqual([error.serverMessage, error.code, error.executionId], [json.error, json.code, json.executionId]);
  for (const thing of [error, { error }, Object.freeze(error)]) {
    const shown = inspect(thing, { depth: 10 });
    assert.doesNotMatch(shown, /[\u200f\u2028\u202d\u202e\u2066]/);
    for (const part of [
      "code: 'A\\u2066B'",
      "executionId: 'e\\u202dx'",
      'no \\u{202e}exe\\u{2028}INFO',
      'ServerError: echo: 500',
    ])
      assert.ok(shown.includes(part), shown);
  }
  assert.deepEqual(Object.getOwnPropertySymbols(error), []);
});

test('no inspection of a client or an error shows the key', async () => {
  const { error, options } = await unauthorized();
  const client = new Client(options);
  for (const thing of [client, error, { client, error }]) {
    const shown = inspect(thing, { depth: 10, showHidden: true, getters: true });
    assert.ok(!shown.includes(options.apiKey), 'inspect');
    assert.ok(!String(thing).includes(options.apiKey), 'String');
    assert.ok(!JSON.stringify(thing).includes(options.apiKey), 'JSON');
  }
  assert.match(inspect(client), /^Client \{ endpoint: 'http/);
});
