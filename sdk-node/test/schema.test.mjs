import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { Client, ConfigurationError, ResponseDecodeError } from 'runtype-surface';
import * as v from 'valibot';
import { z } from 'zod';

import { surface } from './support/surface.mjs';

const LIST = { items: [{ title: 'One' }, { title: 'a private text' }] };
const WRONG = { items: [{ title: 'One' }, { title: ['a private text'] }] };

const SCHEMAS = {
  zod: z.object({ items: z.array(z.object({ title: z.string().transform((title) => title.length) })) }),
  valibot: v.object({
    items: v.array(
      v.object({
        title: v.pipe(
          v.string(),
          v.transform((title) => title.length),
        ),
      }),
    ),
  }),
  'zod, later': z.object({
    items: z.array(z.object({ title: z.string().transform(async (title) => title.length) })),
  }),
};

async function client(options = {}) {
  const made = await surface({ capabilities: [{ slug: 'echo' }], ...options });
  return { ...made, client: new Client(made.options) };
}

for (const [name, schema] of Object.entries(SCHEMAS)) {
  test(`a call returns what the schema gives: ${name}`, async () => {
    const { client: one } = await client();
    const lengths = { items: [{ title: 3 }, { title: 14 }] };
    assert.deepEqual(await one.call('echo', LIST, { schema }), lengths);
    const response = await one.callWithResponse('echo', LIST, { schema, timeoutMs: 9_000 });
    assert.deepEqual([response.output, response.status], [lengths, 200]);
  });

  test(`an output that the schema refuses says where, and does not show it: ${name}`, async () => {
    const { client: one, options } = await client();
    const error = await one.call('echo', WRONG, { schema }).catch((error) => error);
    assert.ok(error instanceof ResponseDecodeError);
    assert.equal(error.path, '/items/1/title');
    const vendor = schema['~standard'].vendor;
    assert.equal(
      error.message.split('\n')[0],
      `echo: the output does not have the expected shape at /items/1/title: the schema (${vendor}) refuses an array`,
    );
    assert.deepEqual([error.status, error.mayHaveExecuted, error.notSent], [200, true, false]);
    assert.equal(error.keyHint, `papi_…${options.apiKey.slice(-4)}`);
    assert.equal(error.attempts.length, 1);
    assert.equal(error.issues.length, 1);
    for (const text of [error.stack, inspect(error), JSON.stringify(error)]) assert.ok(!text.includes('private'), text);
    assert.match(error.stack.split('\n').at(-1) + error.stack, /schema\.test\.mjs/);
  });
}

test('each of many outputs is checked, and one that is refused fails alone', async () => {
  const { client: one } = await client();
  const results = [];
  for await (const result of one.callMany('echo', [LIST, WRONG, LIST], {
    schema: SCHEMAS['zod, later'],
    concurrency: 2,
  }))
    results.push(result);
  assert.deepEqual(
    results.map(({ ok, output, error }) => (ok ? output.items[1].title : error.path)),
    [14, '/items/1/title', 14],
  );
});

test('the final output of a stream is checked', async () => {
  const steps = [{ event: 'execution_complete', data: { executionId: 'exec_1', finalOutput: LIST } }];
  const { client: one } = await client({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps } }] });
  assert.deepEqual(await one.stream('agent').finalOutput({ schema: SCHEMAS.zod }), {
    items: [{ title: 3 }, { title: 14 }],
  });
  const stream = one.stream('agent');
  await assert.rejects(stream.finalOutput({ schema: z.object({ 'a/b': z.string() }) }), {
    name: 'ResponseDecodeError',
    path: '/a~1b',
    executionId: 'exec_1',
    status: 200,
  });
  assert.deepEqual(await stream.finalOutput(), LIST);
  await assert.rejects(stream.finalOutput({ schema: {} }), ConfigurationError);
});

test('what is no schema is refused before anything is sent', async () => {
  const { client: one, journal } = await client();
  for (const schema of [{}, 'zod', { '~standard': { version: 2, validate() {} } }]) {
    await assert.rejects(one.call('echo', {}, { schema }), {
      name: 'ConfigurationError',
      option: 'schema',
      message: /^schema: it must be a Standard Schema, such as one of zod or valibot, not an? (object|string)$/,
    });
  }
  await assert.rejects(one.call('echo', {}, { outputType: v.string() }), /did you mean schema\?/);
  assert.throws(() => one.stream('echo', {}, { schema: v.string() }), /it is an option of call\(\) and callMany\(\)/);
  assert.deepEqual(await journal(), []);
  assert.deepEqual(await one.call('echo', {}, { schema: undefined }), {});
});

test('what a schema itself throws is thrown', async () => {
  const { client: one } = await client();
  const schema = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate() {
        throw new RangeError('a bug');
      },
    },
  };
  await assert.rejects(one.call('echo', {}, { schema }), { name: 'RangeError', message: 'a bug' });
});
