// Hostile arguments: each is refused by name, works as in the platform's own functions, or throws what the application's own
// code threw. The client works afterwards.

import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { Client, ConfigurationError, parseEndpoint } from 'runtype-surface';

import {
  bare,
  changing,
  cycle,
  detached,
  getter,
  HALF,
  messageThrows,
  nested,
  revoked,
  throwing,
  thrown,
  trapped,
} from './support/hostile-values.mjs';
import { surface } from './support/surface.mjs';

const { options, journal } = await surface({ capabilities: [{ slug: 'echo' }] });
const client = new Client(options);

/** Fails unless an attempt, at once or later, is refused with an option's name. */
async function checkRefused(attempt, option, message) {
  await assert.rejects(
    async () => attempt(),
    (error) => {
      assert.ok(error instanceof ConfigurationError, String(error));
      assert.equal(error.option, option);
      if (message !== undefined) assert.match(error.message, message);
      assert.match(error.stack, /hostile\.test\.mjs/);
      return true;
    },
  );
}

/** Calls as they are made with options. */
const ways = {
  call: (given) => client.call('echo', {}, given),
  stream: (given) => client.stream('echo', {}, given).text(),
  callMany: (given) => client.callMany('echo', [{}], given).next(),
  openapi: (given) => client.openapi(given),
};

const callOptions = {
  'a trapped proxy': [trapped, 'options', /the application threw this/],
  'a revoked proxy': [revoked, 'options', /revoked/],
  'a Promise': [Promise.resolve({}), 'options', /await it first/],
  'a Map': [new Map([['timeoutMs', 5]]), 'options'],
  'an array': [[], 'options'],
  null: [null, 'options'],
  'a function': [() => {}, 'options'],
  'a getter that throws': [getter('timeoutMs'), 'timeoutMs', /the application threw this/],
  'a BigInt': [{ timeoutMs: 5n }, 'timeoutMs'],
  'a Symbol': [{ timeoutMs: Symbol('5') }, 'timeoutMs'],
  'a boxed number': [{ timeoutMs: Object(5) }, 'timeoutMs'],
  NaN: [{ timeoutMs: NaN }, 'timeoutMs'],
  Infinity: [{ timeoutMs: Infinity }, 'timeoutMs'],
  'a negative timeout': [{ attemptTimeoutMs: -1 }, 'attemptTimeoutMs'],
  'negative retries': [{ maxRetries: -1 }, 'maxRetries'],
  'a number beyond integers': [{ maxRetries: 1e300 }, 'maxRetries'],
  'an inherited option': [Object.create({ timeoutMs: '5' }), 'timeoutMs'],
  'a signal that is none': [{ signal: { aborted: false, addEventListener() {} } }, 'signal'],
  'a borrowed prototype of a signal': [{ signal: Object.create(AbortSignal.prototype) }, 'signal'],
  'headers that trap': [{ headers: trapped }, 'headers'],
  'headers with a getter that throws': [{ headers: getter('x-trace') }, 'headers', /the application threw this/],
  'headers whose iterator throws': [{ headers: { [Symbol.iterator]: throwing } }, 'headers'],
  'headers that cannot be iterated': [{ headers: { [Symbol.iterator]: 5 } }, 'headers'],
  'a sparse list of headers': [{ headers: Array(2) }, 'headers'],
  'a header of three parts': [{ headers: [['x-trace', 'a', 'b']] }, 'headers'],
  'a Set of headers': [{ headers: new Set(['ab']) }, 'headers'],
  'half a surrogate pair in a header': [{ headers: { 'x-trace': HALF } }, 'headers', /surrogate/],
  'half a surrogate pair in the name of a header': [{ headers: { [HALF]: 'a' } }, 'headers', /surrogate/],
  'a NUL in a header': [{ headers: { 'x-trace': 'a\0' } }, 'headers'],
};

for (const [name, [given, option, message]] of Object.entries(callOptions)) {
  test(`${name} in the place of a call’s options is refused by name`, async () => {
    for (const way of Object.values(ways)) await checkRefused(() => way(given), option, message);
  });
}

const clientOptions = {
  'a trapped proxy': [() => new Client(trapped), 'options'],
  'a getter of the key that throws': [() => new Client(getter('apiKey')), 'apiKey'],
  'a key with half a surrogate pair': [() => new Client({ ...options, apiKey: `papi_${HALF}` }), 'apiKey'],
  'a key with a NUL': [() => new Client({ ...options, apiKey: 'papi_01234\0abcdef' }), 'apiKey'],
  'a path of the key with half a surrogate pair': [() => new Client({ apiKeyFile: HALF }), 'apiKeyFile'],
  'an id with half a surrogate pair': [() => new Client({ ...options, productId: HALF }), 'productId'],
  'a URL with half a surrogate pair': [
    () => new Client({ ...options, baseUrl: `https://a.example/${HALF}` }),
    'baseUrl',
  ],
  'a URL with a NUL': [() => new Client({ ...options, baseUrl: 'https://a\0.example' }), 'baseUrl'],
  'a borrowed prototype of a URL': [() => new Client({ ...options, baseUrl: Object.create(URL.prototype) }), 'baseUrl'],
  'a proxy of a URL': [() => new Client({ ...options, proxy: new Proxy(new URL('http://a.example'), {}) }), 'proxy'],
  'certificates that are a detached buffer': [
    () => new Client({ ...options, rootCertificates: detached }),
    'rootCertificates',
  ],
  'certificates in a sparse list': [() => new Client({ ...options, rootCertificates: Array(2) }), 'rootCertificates'],
  'certificates that trap': [() => new Client({ ...options, rootCertificates: trapped }), 'rootCertificates'],
  'a borrowed prototype of bytes': [
    () => new Client({ ...options, rootCertificates: Object.create(Uint8Array.prototype) }),
    'rootCertificates',
  ],
  'a prefix with a NUL': [() => Client.fromEnv({ prefix: 'A\0' }), 'envPrefix'],
  'a trapped prefix': [() => Client.fromEnv(trapped), 'options'],
  'a trapped endpoint': [() => parseEndpoint(trapped), 'endpointUrl'],
  'a borrowed prototype of an endpoint': [() => parseEndpoint(Object.create(URL.prototype)), 'endpointUrl'],
  'an endpoint with half a surrogate pair': [() => parseEndpoint(`https://a.example/${HALF}`), 'endpointUrl'],
  'an endpoint of 10 MB': [() => parseEndpoint(`https://a.example/${'a'.repeat(1e7)}`), 'endpointUrl'],
};

for (const [name, [attempt, option]] of Object.entries(clientOptions)) {
  test(`${name} is refused by name`, () => checkRefused(attempt, option));
}

test('a slug that cannot be one is refused by name', async () => {
  for (const slug of [HALF, 'ec\0ho', Symbol('echo'), Object('echo'), trapped, { toString: throwing }, 5n]) {
    await checkRefused(() => client.call(slug, {}), 'capability');
    await checkRefused(() => client.stream(slug, {}).text(), 'capability');
    await checkRefused(() => client.endpointUrl(slug), 'capability');
    // One that the core refuses is the error of each call.
    await checkRefused(async () => {
      const { value } = await client.callMany(slug, [{}]).next();
      throw value.error;
    }, 'capability');
  }
});

const inputs = {
  'a trapped proxy': trapped,
  'a revoked proxy': revoked,
  'a Symbol': Symbol('input'),
  'a BigInt in it': { a: 1n },
  'a cycle': cycle,
  'a getter that throws': getter('a'),
  'a depth of 100,000 objects': nested(100_000, (a) => ({ a })),
  'a depth of 100,000 arrays': { a: nested(100_000, (a) => [a]) },
  'a toJSON that throws': { toJSON: throwing },
  'a toJSON that gives undefined': { toJSON() {} },
  'a toJSON that gives a string': { toJSON: () => 'text' },
  ...Object.fromEntries(
    [null, undefined, bare, Symbol('thrown'), trapped, messageThrows].map((value, at) => [
      `a toJSON that throws what is hard to show (${at})`,
      {
        toJSON() {
          throw value;
        },
      },
    ]),
  ),
};

for (const [name, input] of Object.entries(inputs)) {
  test(`an input with ${name} is refused by name`, async () => {
    await checkRefused(() => client.call('echo', input), 'input');
    await checkRefused(() => client.stream('echo', input).text(), 'input');
    const results = [];
    for await (const { error } of client.callMany('echo', [input, {}])) results.push(error?.option);
    assert.deepEqual(results, ['input', undefined]);
  });
}

test('an object whose content JSON does not see is refused by its kind', async () => {
  const opaque = [
    [new FormData(), /not FormData: .*Object\.fromEntries/],
    [new URLSearchParams('a=1'), /not URLSearchParams: .*Object\.fromEntries/],
    [new Headers({ a: 'b' }), /not Headers:/],
    [new TypeError('lost'), /not an Error: .*message/],
    [new WeakMap(), /not a WeakMap:/],
    [new WeakSet(), /not a WeakSet:/],
    [new ReadableStream(), /not a ReadableStream:/],
    [new Blob(['a']), /not a Blob:/],
    [new ArrayBuffer(8), /not an ArrayBuffer:/],
    [new Request('http://127.0.0.1'), /not a Request:/],
    [new Response('a'), /not a Response:/],
    [/a/, /not a RegExp:/],
  ];
  for (const [input, message] of opaque) await checkRefused(() => client.call('echo', input), 'input', message);
});

test('what is unusual and right passes', async () => {
  const calls = [
    [{ a: HALF }, undefined],
    [{ a: '\0' }, Object.freeze({ timeoutMs: 5_000 })],
    [bare, Object.assign(Object.create(null), { timeoutMs: 5_000 })],
    [Object.freeze({ a: 1 }), Object.create({ timeoutMs: 5_000 })],
    [{ a: [] }, { headers: new Map([['x-trace', 'a']]) }],
  ];
  for (const [input, given] of calls) assert.deepEqual(await client.call('echo', input, given), { ...input });
});

test('an option is read once, so that what was checked is what is used', async () => {
  for (const [name, right, wrong] of [
    ['timeoutMs', 5_000, 'x'],
    ['signal', undefined, 5],
    ['headers', { 'x-trace': 'a' }, 5],
  ]) {
    assert.deepEqual(await client.call('echo', {}, changing(name, right, wrong)), {});
    await client.callMany('echo', [{}], changing(name, right, wrong)).next();
  }
});

test('inputs that no loop can run over are refused, or throw a TypeError as a loop does', async () => {
  for (const given of [null, 'text', 5, trapped, {}, { [Symbol.iterator]: 5 }]) {
    await checkRefused(() => client.callMany('echo', given).next(), 'inputs');
  }
  const iterators = [null, {}, { next: () => 5 }, { next: () => undefined }, { next: () => Symbol('item') }];
  for (const iterator of iterators) {
    await assert.rejects(client.callMany('echo', { [Symbol.iterator]: () => iterator }).next(), TypeError);
  }
  const unreadable = { [Symbol.iterator]: () => ({ next: () => getter('done') }) };
  await assert.rejects(client.callMany('echo', unreadable).next(), (error) => error === thrown);
});

test('a key function that throws what is hard to show is named', async () => {
  for (const value of [bare, Symbol('thrown'), trapped, 5n]) {
    const keyed = new Client({
      ...options,
      apiKey() {
        throw value;
      },
    });
    await assert.rejects(keyed.call('echo', {}), (error) => {
      assert.equal(error.option, 'apiKey');
      assert.match(error.message, /key function failed: \S/);
      return error.cause instanceof Error && error.cause !== value;
    });
  }
});

test('a hook that throws what is hard to show changes nothing, and becomes a warning', async () => {
  for (const value of [bare, Symbol('thrown'), trapped, null, 5n]) {
    const warned = new Promise((resolve) => {
      process.once('warning', resolve);
    });
    const watched = new Client({
      ...options,
      beforeAttempt() {
        throw value;
      },
    });
    assert.deepEqual(await watched.call('echo', { a: 1 }), { a: 1 });
    assert.equal(typeof (await warned).message, 'string');
    await turn();
  }
});

test('what is refused is not sent', async () => {
  const before = (await journal()).length;
  for (const input of [cycle, trapped, Symbol('input')]) await client.call('echo', input).catch(() => {});
  for (const given of [trapped, { timeoutMs: NaN }, { headers: trapped }]) {
    await client.call('echo', {}, given).catch(() => {});
  }
  assert.equal((await journal()).length, before);
});
