// What an editor suggests while an application is written.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from 'runtype-surface';

import { serviceOf } from './support/typescript.mjs';

const client = new Client({ apiKey: 'papi_example_0000a1b2', productId: 'prod_1', surfaceId: 'surf_2' });

/** The names that a function takes, as its refusal of another one lists them. */
async function optionsOf(call) {
  const refusal = await (async () => call({ noSuchOption: 1 }))().then(assert.fail, (error) => error);
  return refusal.message
    .match(/: it takes (.*)$/)[1]
    .split(', ')
    .sort();
}

/** What is suggested in the place of `|`. */
function suggestedAt(text) {
  const whole = `import { Client, type StreamEvent } from 'runtype-surface';\nconst client = new Client();\n${text}`;
  const position = whole.indexOf('|');
  return serviceOf({ 'application.mts': whole.replace('|', '') }).completions('application.mts', position);
}

const places = {
  'new Client({ | })': (options) => new Client(options),
  'Client.fromEnv({ | })': (options) => Client.fromEnv(options),
  "client.call('echo', {}, { | })": (options) => client.call('echo', {}, options),
  "client.callWithResponse('echo', {}, { | })": (options) => client.callWithResponse('echo', {}, options),
  "client.stream('echo', {}, { | })": (options) => client.stream('echo', {}, options).response(),
  "client.callMany('echo', [{}], { | })": (options) => client.callMany('echo', [{}], options),
  'client.openapi({ | })': (options) => client.openapi(options),
};

for (const [text, call] of Object.entries(places)) {
  test(`completion lists every option that ${text} takes, and no other`, async () => {
    const expected = await optionsOf(call);
    assert.ok(expected.length > 0);
    assert.deepEqual(suggestedAt(text).sort(), expected);
  });
}

test('completion lists the vocabulary’s names of events, and the fields that a name has', () => {
  const names = suggestedAt("declare const event: StreamEvent;\nif (event.name === '|') {}");
  for (const name of ['text_delta', 'execution_complete', 'execution_error', 'await', 'ping']) {
    assert.ok(names.includes(name), `${name} is not among ${names}`);
  }
  const fields = suggestedAt("declare const event: StreamEvent;\nif (event.name === 'text_delta') event.|");
  assert.deepEqual(fields.sort(), ['data', 'delta', 'executionId', 'id', 'name', 'partId', 'seq']);
});
