// No error that leaves the constructor holds the key, whichever option it was put into; nor does a client that is half made.

import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { Client, SurfaceError } from 'runtype-surface';

import { everythingOf, INSPECTED } from './support/error-texts.mjs';

const KEY = 'papi_hygiene_0123456789abcdef';
const right = { productId: 'prod_1', surfaceId: 'surf_2' };

const failures = {
  'another option is wrong': { ...right, apiKey: KEY, timeoutMs: NaN },
  'another option does not exist': { ...right, apiKey: KEY, timeout: 5 },
  'an id is missing': { apiKey: KEY },
  'a key file is given too': { ...right, apiKey: KEY, apiKeyFile: KEY },
  'it has a line break': { ...right, apiKey: `${KEY}\n${KEY}` },
  'it has a character that no key has': { ...right, apiKey: `${KEY}é` },
  'it has half a surrogate pair': { ...right, apiKey: `${KEY}\ud800` },
  'it is in a list': { ...right, apiKey: [KEY] },
  'it is in an object': { ...right, apiKey: { KEY } },
  'it is the product’s id': { ...right, apiKey: KEY, productId: ` ${KEY}` },
  'it is the timeout': { ...right, apiKey: KEY, timeoutMs: KEY },
  'it is the name of an option': { ...right, apiKey: KEY, [KEY]: true },
  'it is the path of the key file': { ...right, apiKeyFile: KEY },
  'it is in the base URL': { ...right, apiKey: KEY, baseUrl: `https://${KEY}@a.example` },
  'it is in the base URL’s query': { ...right, apiKey: KEY, baseUrl: `https://a.example/?key=${KEY}` },
  'it is the base URL': { ...right, apiKey: KEY, baseUrl: KEY },
  'it is the endpoint': { apiKey: KEY, endpointUrl: KEY },
  'it is in the endpoint': { apiKey: KEY, endpointUrl: `https://a.example/${KEY}` },
  'it is in the proxy': { ...right, apiKey: KEY, proxy: `ftp://${KEY}@a.example` },
  'it is a header': { ...right, apiKey: KEY, headers: { authorization: `Bearer ${KEY}` } },
  'it is a header of three parts': { ...right, apiKey: KEY, headers: [['x-key', KEY, KEY]] },
  'it is in a header with a line break': { ...right, apiKey: KEY, headers: { 'x-key': `${KEY}\n` } },
  'it is the retry mode': { ...right, apiKey: KEY, retryMode: KEY },
  'it is the way of the header': { ...right, apiKey: KEY, authHeader: KEY },
  'it is the prefix': { ...right, envPrefix: `${KEY}-` },
  'it is a certificate': { ...right, apiKey: KEY, rootCertificates: KEY },
  'it is all there is': KEY,
};

for (const [name, options] of Object.entries(failures)) {
  test(`an error of the constructor does not hold the key where ${name}`, () => {
    let error;
    assert.throws(
      () => new Client(options),
      (thrown) => {
        error = thrown;
        return true;
      },
    );
    assert.ok(error instanceof SurfaceError, String(error));
    for (const text of everythingOf(error)) assert.ok(!text.includes(KEY), text.replaceAll(KEY, '<the key>'));
  });
}

test('an error of the constructor does not hold a key of the environment', () => {
  process.env.HYGIENE_PRODUCT_API_KEY = `${KEY} `;
  process.env.HYGIENE_PRODUCT_ID = KEY;
  assert.throws(
    () => new Client({ envPrefix: 'HYGIENE', surfaceId: 'surf_2', maxRetries: -1 }),
    (error) => everythingOf(error).every((text) => !text.includes(KEY)),
  );
});

test('a client that is half made can be inspected, and so can its prototype', () => {
  const half = Object.create(Client.prototype);
  const derived = Object.create(new Client({ ...right, apiKey: KEY }));
  for (const thing of [half, derived, Client.prototype, Client]) {
    for (const shown of [
      inspect(thing),
      inspect({ thing }, INSPECTED),
      inspect(thing, { ...INSPECTED, customInspect: false }),
    ]) {
      assert.ok(!shown.includes(KEY));
    }
  }
  assert.equal(inspect(half), 'Client {}');
  assert.equal(inspect(derived), 'Client {}');
});

test('a subclass whose constructor fails leaves nothing that holds the key', () => {
  class Mine extends Client {
    constructor() {
      super({ ...right, apiKey: KEY, maxRetries: NaN });
    }
  }
  assert.throws(
    () => new Mine(),
    (error) => error.name === 'ConfigurationError' && everythingOf(error).every((text) => !text.includes(KEY)),
  );
});
