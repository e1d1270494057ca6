import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, ConfigurationError, capabilitySlug, parseEndpoint } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const complete = { apiKey: 'papi_example_0000a1b2', productId: 'prod_1', surfaceId: 'surf_2' };

const unknown = (option, message) => ({ name: 'ConfigurationError', option, message });

test('an option that does not exist is refused by name, and its value is not shown', async () => {
  const said = (caller, option, rest) => unknown(option, `${caller} has no option "${option}": ${rest}`);
  assert.throws(
    () => new Client({ ...complete, apikey: 'papi_example_0000a1b2' }),
    said('new Client()', 'apikey', 'did you mean apiKey?'),
  );
  const client = new Client(complete);
  const timeout = (caller) => said(caller, 'timeout', 'did you mean timeoutMs?');
  await assert.rejects(client.call('echo', {}, { timeout: 20 }), timeout('client.call()'));
  await assert.rejects(client.callWithResponse('echo', {}, { timeout: 20 }), timeout('client.callWithResponse()'));
  await assert.rejects(client.openapi({ timeout: 20 }), timeout('client.openapi()'));
  // Both only build, and refuse a wrong option at once.
  assert.throws(() => client.stream('echo', {}, { timeout: 20 }), timeout('client.stream()'));
  assert.throws(() => client.callMany('echo', [], { timeout: 20 }), timeout('client.callMany()'));
  for (const [option, rest] of [
    ['retries', 'did you mean maxRetries?'],
    ['max_retries', 'did you mean maxRetries?'],
    ['timeout_ms', 'did you mean timeoutMs?'],
    ['readTimeout', 'did you mean attemptTimeoutMs?'],
    ['abortSignal', 'did you mean signal?'],
    ['concurrency', 'it is an option of callMany()'],
    ['maxConcurrency', 'did you mean concurrency, an option of callMany()?'],
    ['baseUrl', 'it is an option of the client'],
    ['stream', 'call stream() for a stream of events'],
    ['json', 'pass the input as the argument after the capability'],
    ['streamTimeoutMs', 'it is an option of stream() and the client'],
    ['maxEventBytes', 'it is an option of stream() and the client'],
    ['fetch', 'no HTTP client can be passed in: it might follow redirects with the key'],
    ['dispatcher', 'no HTTP client can be passed in: it might follow redirects with the key'],
    ['hooks', 'pass beforeAttempt and afterAttempt to the client'],
    ['interceptors', 'pass beforeAttempt and afterAttempt to the client'],
    ['idempotencyKey', 'there is none: retryMode says what is retried'],
    ['schema', 'outputs are not validated: check what is returned'],
    [
      'speed',
      'it takes timeoutMs, attemptTimeoutMs, maxRetries, retryMode, maxRetryWaitMs, maxResponseBytes, headers, signal, ' +
        'responseFormat, viaDispatch',
    ],
  ]) {
    await assert.rejects(client.call('echo', {}, { [option]: 1 }), said('client.call()', option, rest));
  }
  const viaDispatch = 'it is an option of call(), stream() and callMany()';
  await assert.rejects(client.openapi({ viaDispatch: true }), said('client.openapi()', 'viaDispatch', viaDispatch));
  const format = 'it is an option of call(), callMany() and the client';
  assert.throws(
    () => client.stream('echo', {}, { responseFormat: 'raw' }),
    said('client.stream()', 'responseFormat', format),
  );
  await assert.rejects(client.openapi({ responseFormat: 'raw' }), said('client.openapi()', 'responseFormat', format));
  assert.throws(
    () => client.callMany('echo', [], { streamIdleTimeoutMs: 1 }),
    said('client.callMany()', 'streamIdleTimeoutMs', 'it is an option of stream() and the client'),
  );
  assert.throws(
    () => Client.fromEnv({ envPrefix: 'X' }),
    said('Client.fromEnv()', 'envPrefix', 'did you mean prefix?'),
  );
  assert.throws(() => new Client({ ...complete, jitterSeed: 1 }), unknown('jitterSeed', /: it takes timeoutMs, /));
  // A name that every object inherits is none of an option.
  assert.throws(() => new Client({ ...complete, toString: 1 }), unknown('toString', /no option "toString"/));
  assert.throws(() => new Client({ papi_example_0000a1b2: 1 }), unknown('options', /^(?!.*a1b2).*not shown/));
});

test('options that do not exist are named all at once', async () => {
  const message = [
    'client.callMany() has none of these options:',
    '"retries": did you mean maxRetries?',
    '"max_workers": did you mean concurrency?',
    '"ordered": did you mean inOrder?',
  ].join('\n');
  const wrong = { retries: 1, max_workers: 4, ordered: true };
  assert.throws(() => new Client(complete).callMany('echo', [], wrong), unknown('retries', message));
});

test('an option of another type is refused by name', () => {
  const wrong = {
    apiKey: 7,
    apiKeyFile: true,
    timeoutMs: '20',
    maxRetries: '2',
    headers: 'x-trace: 1',
    allowInsecureHttp: 'yes',
    rootCertificates: [1],
    baseUrl: 80,
    apiKeyPrefix: 5,
    maxRetryWaitMs: '60',
    streamTimeoutMs: true,
  };
  for (const [option, value] of Object.entries(wrong)) {
    assert.throws(() => new Client({ ...complete, [option]: value }), { name: 'ConfigurationError', option }, option);
  }
  for (const options of [null, 'text', 5, () => {}]) {
    assert.throws(() => new Client(options), { name: 'ConfigurationError', option: 'options' });
  }
  assert.throws(() => new Client({ ...complete, headers: { 'x-trace': 1 } }), {
    option: 'headers',
    message: 'headers: the value of "x-trace" must be a string, not a number',
  });
});

test('wrong values are refused all at once', async () => {
  const types = {
    option: 'maxRetries',
    message: 'maxRetries: it must be a number, not a string\nretryMode: it must be a string, not a number',
  };
  const values = {
    option: 'timeoutMs',
    message: [
      'timeoutMs: infinity is not a duration: pass null for no limit',
      'maxRetries: 101 is out of range: pass 0 to 100',
      'retryMode: "never" is not a mode: to never retry, set maxRetries: 0',
    ].join('\n'),
  };
  for (const [wrong, error] of [
    [{ maxRetries: '2', retryMode: 1 }, types],
    [{ timeoutMs: Number.POSITIVE_INFINITY, maxRetries: 101, retryMode: 'never' }, values],
  ]) {
    assert.throws(() => new Client({ ...complete, ...wrong }), error);
    const client = new Client(complete);
    await assert.rejects(client.call('echo', {}, wrong), error);
    // It only builds, and refuses a wrong value at once.
    assert.throws(() => client.stream('echo', {}, wrong), error);
    assert.throws(() => client.callMany('echo', [], wrong), error);
  }
});

test('an option that is null counts as not given where null has no meaning of its own', async () => {
  const { options } = await surface();
  const none = { maxRetries: null, retryMode: null, headers: null, responseFormat: null, maxResponseBytes: null };
  const client = new Client({ ...options, ...none, proxy: null, beforeAttempt: null, rootCertificates: null });
  assert.deepEqual(await client.call('echo', { a: 1 }, { ...none, signal: null, viaDispatch: null }), { a: 1 });
});

test('a signal that is none is refused by name', async () => {
  const call = new Client(complete).call('echo', {}, { signal: new AbortController() });
  await assert.rejects(call, { name: 'ConfigurationError', option: 'signal' });
});

test('a signal in the place of the options is refused, with how to pass it', async () => {
  const client = new Client(complete);
  const { signal } = new AbortController();
  const refused = { option: 'options', message: 'options: they are an AbortSignal: pass { signal }' };
  await assert.rejects(client.call('echo', {}, signal), refused);
  await assert.rejects(client.openapi(signal), refused);
  assert.throws(() => client.stream('echo', {}, signal), refused);
  assert.throws(() => client.callMany('echo', [], signal), refused);
  await assert.rejects(client.call('echo', {}, new AbortController()), {
    message: /pass { signal: controller.signal }/,
  });
});

test('a wrong option of many calls is refused at the call, and not in the loop', async () => {
  const client = new Client(complete);
  for (const [options, message] of [
    [{ concurrency: 0 }, 'concurrency: 0 is out of range: pass 1 to 10000'],
    [{ timeoutMs: -1 }, /^timeoutMs: -1 ms is out of range/],
    [{ maxWindowWaitMs: 0 }, /^maxWindowWaitMs: 0 ms is out of range/],
  ]) {
    assert.throws(() => client.callMany('echo', [{}], options), { name: 'ConfigurationError', message });
  }
  assert.throws(() => client.callMany(null, [{}]), { option: 'capability' });
  const results = client.callMany('echo', [{}]);
  await client.close();
  await assert.rejects(results.next(), { message: /client is closed/ });
});

test('an option that is undefined counts as not given', () => {
  const client = new Client({ ...complete, timeoutMs: undefined, headers: undefined });
  assert.equal(client.endpointUrl('echo'), 'https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/echo');
});

test('the key may be in another variable, which is read again after a 401', async () => {
  const { options, keys, revoke } = await surface({ keys: [{}, {}] });
  const name = 'KEY_OF_ANOTHER_NAME';
  const { apiKey: _, ...others } = options;
  process.env[name] = keys[0];
  try {
    const seen = [];
    const watch = { afterAttempt: ({ keyHint }) => seen.push(keyHint) };
    const client = new Client({ ...others, ...watch, apiKeyVariable: name });
    await client.call('echo');
    process.env[name] = keys[1];
    await revoke(keys[0]);
    await client.call('echo');
    assert.deepEqual(
      seen.map((hint) => hint.slice(-4)),
      [keys[0], keys[0], keys[1]].map((key) => key.slice(-4)),
    );
  } finally {
    delete process.env[name];
  }
  assert.throws(() => new Client({ ...others, apiKeyVariable: name }), { message: /KEY_OF_ANOTHER_NAME/ });
  assert.throws(() => new Client({ ...others, apiKeyVariable: name, apiKeyFile: 'key' }), {
    message: 'apiKey: both apiKeyFile and apiKeyVariable are set; pass only one',
  });
});

test('a key and a key file together are refused', () => {
  for (const apiKey of [complete.apiKey, () => complete.apiKey]) {
    assert.throws(() => new Client({ ...complete, apiKey, apiKeyFile: '/run/secrets/key' }), {
      option: 'apiKey',
      message: 'apiKey: both apiKey and apiKeyFile are set; pass only one',
    });
  }
});

test('a duration that is null has no limit, and one that is absent has the default', async () => {
  const { options, fault } = await surface();
  await fault({ kind: 'latency', latency_ms: 60 });
  const limits = [
    'timeoutMs',
    'attemptTimeoutMs',
    'connectTimeoutMs',
    'maxRetryWaitMs',
    'streamIdleTimeoutMs',
    'streamTimeoutMs',
  ];
  const none = Object.fromEntries(limits.map((name) => [name, null]));
  assert.deepEqual(await new Client({ ...options, ...none }).call('echo', { a: 1 }), { a: 1 });
  // A limit of the client's is taken off for one call.
  const hasty = new Client({ ...options, timeoutMs: 5 });
  await assert.rejects(hasty.call('echo', {}), {
    name: 'APITimeoutError',
    phase: 'response',
    message: /\(timeoutMs\)/,
  });
  assert.deepEqual(await hasty.call('echo', { a: 1 }, { timeoutMs: null }), { a: 1 });
  await assert.rejects(hasty.call('echo', {}, { timeoutMs: undefined }), { name: 'APITimeoutError' });
  for (const name of limits) {
    assert.throws(() => new Client({ ...complete, [name]: 0 }), { option: name, message: /0 ms is out of range/ });
  }
});

test('a stream that takes longer than streamTimeoutMs is an APITimeoutError in the phase stream', async () => {
  const steps = [{ event: 'execution_start', data: {} }];
  const made = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps, end: 'stall' } }] });
  const stream = new Client(made.options).stream('agent', {}, { streamTimeoutMs: 50 });
  await assert.rejects(stream.text(), { name: 'APITimeoutError', phase: 'stream', message: /streamTimeoutMs/ });
});

test('a wait before a retry is no longer than maxRetryWaitMs', async () => {
  const { options, fault } = await surface();
  await fault({ kind: 'status', status: 429, headers: { 'retry-after-ms': '40' }, times: 3 });
  const client = new Client(options);
  const refused = { name: 'RateLimitError', retryAfterMs: 40, message: /longer than maxRetryWaitMs \(20 ms\)/ };
  await assert.rejects(client.call('echo', {}, { maxRetryWaitMs: 20 }), refused);
  assert.deepEqual(await client.call('echo', { a: 1 }, { maxRetryWaitMs: null }), { a: 1 });
});

test('apiKeyPrefix says what a key must begin with, and null accepts any', () => {
  const apiKey = 'other_0123456789abcdef';
  assert.throws(() => new Client({ ...complete, apiKey }), { name: 'ConfigurationError', option: 'apiKey' });
  for (const apiKeyPrefix of ['other_', null, '']) new Client({ ...complete, apiKey, apiKeyPrefix });
  assert.throws(() => new Client({ ...complete, apiKeyPrefix: 'other_' }), { option: 'apiKey' });
});

test('headers come as an object, as pairs, or as Headers', async () => {
  const { options, journal } = await surface();
  for (const headers of [{ 'x-trace': 'a' }, [['x-trace', 'a']], new Headers({ 'x-trace': 'a' })]) {
    await new Client({ ...options, headers }).call('echo', {});
    await new Client(options).call('echo', {}, { headers });
  }
  // An iterator gives its pairs once, and a stream is sent later than it is built.
  const headers = new Map([['x-trace', 'a']]).entries();
  const stream = new Client(options).stream('echo', {}, { headers });
  await stream.response();
  await stream.close();
  const seen = (await journal()).map((request) => request.headers['x-trace']);
  assert.deepEqual(seen, Array(7).fill('a'));
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
    [undefined, /^input: it must be a JSON object, such as .*, not undefined$/],
    [() => {}, /, not a function$/],
    [Symbol('a'), /, not a symbol$/],
    [{ big: 1n }, /BigInt/],
    [cycle, /circular/],
    [throwing, /not me/],
    [Promise.resolve({}), /await it first/],
    [new Map([['input', 'a']]), /Object\.fromEntries/],
    [new Set(['a']), /, not a Set: pass an object/],
    [new Date(), /, not a Date: pass an object that has its toISOString\(\)$/],
    [{ a: Promise.resolve() }, /^input: input\.a is a Promise, which JSON writes as {}: await it first$/],
    [{ list: [{}, { 'x-y': new Map([['a', 1]]) }] }, /^input: input\.list\[1\]\["x-y"\] is a Map, .*fromEntries/],
    [{ a: { b: new Set(['a']) } }, /^input: input\.a\.b is a Set, which JSON writes as {}: pass an array/],
  ];
  for (const [input, message] of inputs) {
    const refused = { name: 'ConfigurationError', option: 'input', message };
    await assert.rejects(client.call('echo', input), refused);
    await assert.rejects(client.call('echo', input, { viaDispatch: true }), refused);
    await assert.rejects(client.stream('echo', input).text(), refused);
  }
  await assert.rejects(client.call('echo', throwing), (error) => error.cause.message === 'not me');
  assert.deepEqual(await journal(), []);
});

test('objects that are empty, and those that say how they are written, are sent', async () => {
  const { options } = await surface();
  const client = new Client(options);
  class Point {
    toJSON() {
      return {};
    }
  }
  const input = { a: {}, list: [{}], none: Object.create(null), point: new Point(), day: new Date(0), text: '{}' };
  assert.deepEqual(await client.call('echo', input), JSON.parse(JSON.stringify(input)));
  const [one, two] = [{ a: new Map() }, { a: {} }];
  const results = [];
  for await (const result of client.callMany('echo', [one, two])) results.push(result);
  assert.match(results[0].error.message, /^input: input\.a is a Map/);
  assert.deepEqual(results[1].output, two);
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
