// A panic of the native part is a bug. It becomes an error of this package, and the process and the client stay usable.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import process from 'node:process';
import { afterEach, test } from 'node:test';

import { Client, capabilitySlug, parseEndpoint, SurfaceError } from 'runtype-surface';

import { shownBy } from './support/error-texts.mjs';
import { run } from './support/program.mjs';
import { surface } from './support/surface.mjs';
import { runInWorker } from './support/worker.mjs';

const { native } = createRequire(import.meta.url)('../dist/native.js');
const panicNext = native.panicNext.bind(native);
const WORDS = 'these words of a panic hold an input';
const MESSAGE = 'internal error in runtype-surface: this is a bug, please report it; nothing of the input is shown';

/** Has the native part panic at a place, after `skip` other visits of it. */
function panicAt(place, skip = 0) {
  assert.ok(panicNext(place, skip, WORDS), `there is no ${place}`);
}
const calmDown = () => panicNext('nowhere', 0, '');
afterEach(calmDown);

/** What a step gives or throws, at once or later. */
async function outcomeOf(step) {
  try {
    return { value: await step() };
  } catch (error) {
    return { error };
  }
}

/** Fails where an error is not the one that a panic becomes. */
function checkPanic(error, mayHaveExecuted) {
  assert.ok(error instanceof SurfaceError, String(error));
  assert.equal(error.constructor, SurfaceError);
  assert.equal(error.name, 'SurfaceError');
  assert.equal(error.message, MESSAGE);
  assert.equal(error.mayHaveExecuted, mayHaveExecuted);
  assert.equal(error.cause, undefined);
  assert.match(error.stack, /panic\.test\.mjs/);
  for (const text of shownBy(error)) assert.ok(!text.includes(WORDS), text);
}

const steps = [
  { event: 'execution_start', data: {} },
  { event: 'execution_complete', data: { success: true } },
];
const { options } = await surface({
  capabilities: [{ slug: 'echo' }, { slug: 'agent', answer: { kind: 'stream', steps } }],
});
const client = new Client(options);

async function all(results) {
  const outputs = [];
  for await (const { output, error } of results) {
    if (error !== undefined) throw error;
    outputs.push(output);
  }
  return outputs;
}

/** Everything that crosses the border, and how often it does so at least before it gives something. */
const entries = {
  constructor: [() => new Client(options), 2],
  close: [() => new Client(options).close(), 3],
  call: [() => client.call('echo', {}), 1],
  callWithResponse: [() => client.callWithResponse('echo', {}), 1],
  openapi: [() => client.openapi(), 1],
  openapiWithResponse: [() => client.openapiWithResponse(), 1],
  callMany: [() => all(client.callMany('echo', [{}, {}])), 1],
  endpointUrl: [() => client.endpointUrl('echo'), 1],
  capabilitySlug: [() => capabilitySlug('Echo'), 1],
  parseEndpoint: [() => parseEndpoint('https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api'), 1],
  'a call with a signal': [() => client.call('echo', {}, { signal: AbortSignal.timeout(60_000) }), 2],
  stream: [() => client.stream('agent').finalOutput(), 2],
};

/** The same of what may have begun. */
const begun = {
  'the results of many calls': [() => all(client.callMany('echo', [{}, {}])), 3],
  "a stream's events": [() => client.stream('agent').finalOutput(), 1],
  "a stream's response": [() => client.stream('agent').response(), 1],
  "a stream's text": [() => client.stream('agent').text(), 1],
};

for (const [place, steps] of Object.entries({ entry: entries, begun })) {
  for (const [name, [step, crossings]] of Object.entries(steps)) {
    test(`${name}: a panic in a function that JavaScript calls becomes an error, and the client stays usable`, async () => {
      for (let skip = 0; skip < crossings; skip += 1) {
        panicAt(place, skip);
        const { error } = await outcomeOf(step);
        checkPanic(error, place === 'begun');
        assert.deepEqual(await client.call('echo', { a: skip }), { a: skip });
      }
      // Later visits, such as closing, can report no error; they end no process either.
      for (let skip = crossings; skip < crossings + 6; skip += 1) {
        panicAt(place, skip);
        const { error } = await outcomeOf(step);
        if (error !== undefined) checkPanic(error, place === 'begun');
      }
      calmDown();
      assert.equal((await outcomeOf(step)).error, undefined);
    });
  }
}

const promises = {
  call: () => client.call('echo', {}),
  callWithResponse: () => client.callWithResponse('echo', {}),
  openapi: () => client.openapi(),
  callMany: () => all(client.callMany('echo', [{}])),
  'a call with a signal': () => client.call('echo', {}, { signal: AbortSignal.timeout(60_000) }),
  'a stream': () => client.stream('agent').finalOutput(),
};

for (const [name, step] of Object.entries(promises)) {
  for (const place of ['future', 'settling']) {
    test(`${name}: a panic in the ${place} of a promise rejects it, and the client stays usable`, async () => {
      panicAt(place);
      checkPanic((await outcomeOf(step)).error, true);
      assert.equal((await outcomeOf(step)).error, undefined);
    });
  }
}

test('a panic while a stream is read ends it with an error, and not as if it were complete', async () => {
  for (const place of ['future', 'settling']) {
    const stream = client.stream('agent');
    await stream.response();
    panicAt(place);
    checkPanic((await outcomeOf(() => stream.finalOutput())).error, true);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  }
});

test('a panic in the task behind many calls ends them with an error, and not as if they were complete', async () => {
  panicAt('task');
  checkPanic((await outcomeOf(() => all(client.callMany('echo', [{}, {}])))).error, true);
  assert.equal((await all(client.callMany('echo', [{}, {}]))).length, 2);
});

test('a panic where a key function is asked rejects the call, and the next call asks it again', async () => {
  const keyed = new Client({ ...options, apiKey: async () => options.apiKey });
  panicAt('keyFunction');
  checkPanic((await outcomeOf(() => keyed.call('echo', {}))).error, true);
  assert.deepEqual(await keyed.call('echo', { a: 1 }), { a: 1 });
});

test('a panic where hooks are called becomes a process warning, and the call succeeds', async () => {
  const numbers = [];
  const watched = new Client({ ...options, afterAttempt: (start) => numbers.push(start.number) });
  const warned = new Promise((resolve) => {
    process.once('warning', resolve);
  });
  panicAt('callback');
  assert.deepEqual(await watched.call('echo', { a: 1 }), { a: 1 });
  const warning = await warned;
  assert.ok(warning instanceof SurfaceError);
  assert.equal(warning.message, MESSAGE);
  await watched.call('echo', {});
  assert.ok(numbers.includes(1));
});

const program = (body) => `
  import { createRequire } from 'node:module';
  import { Client } from 'runtype-surface';
  const { native } = createRequire(process.cwd() + '/x.js')('../dist/native.js');
  const panicNext = native.panicNext.bind(native);
  ${body}`;

test('a panic at the end of an object that was collected ends no process', async () => {
  const { env } = await surface();
  const { stdout, stderr } = await run(
    program(`
      import { setImmediate as turn } from 'node:timers/promises';
      let client = new Client();
      await client.call('echo', {});
      client = undefined;
      panicNext('finalizer', 0, '${WORDS}');
      for (let round = 0; round < 20; round += 1) { globalThis.gc(); await turn(); }
      console.log(await new Client().call('echo', { a: 1 }));`),
    env,
    '--expose-gc',
  );
  assert.equal(stdout, '{ a: 1 }');
  assert.match(stderr, /^runtype-surface: internal error at \S+\.rs:\d+:\d+$/);
});

test('standard error has the place of a panic and none of its words', async () => {
  const { env } = await surface();
  for (const place of ['entry', 'future', 'settling']) {
    const { stdout, stderr } = await run(
      program(`
        const client = new Client();
        panicNext('${place}', 0, '${WORDS}');
        await client.call('echo', {}).catch((error) => console.log(error.name));
        console.log(await client.call('echo', { a: 1 }));`),
      env,
    );
    assert.equal(stdout, 'SurfaceError\n{ a: 1 }');
    assert.match(stderr, /^runtype-surface: internal error at \S+\.rs:\d+:\d+$/);
  }
});

test('a panic in a worker thread ends neither it nor the process', async () => {
  const { env } = await surface();
  const { message } = runInWorker(
    `const { parentPort } = require('node:worker_threads');
    const { Client } = require('runtype-surface');
    const client = new Client();
    const again = (error) => client.call('echo', { name: error.name });
    client.call('echo', {}).catch(again).then((output) => parentPort.postMessage(output));`,
    env,
  );
  panicAt('future');
  assert.deepEqual(await message, { name: 'SurfaceError' });
  assert.deepEqual(await client.call('echo', { a: 1 }), { a: 1 });
});

const manyHeaders = `Array.from({ length: 30_000 }, (_, at) => ['x-header-' + at, 'a'])`;

for (const [where, attempt] of Object.entries({
  'a client': `new Client({ headers: ${manyHeaders} })`,
  'a call': `await client.call('echo', {}, { headers: ${manyHeaders} })`,
  'a stream': `await client.stream('echo', {}, { headers: ${manyHeaders} }).next()`,
  'many calls': `await client.callMany('echo', [{}], { headers: ${manyHeaders} }).next()`,
})) {
  test(`30,000 headers of ${where} are an error of this package, and the process goes on`, async () => {
    const { env } = await surface();
    const attempted = run(
      program(`
        import { SurfaceError } from 'runtype-surface';
        const client = new Client();
        try {
          ${attempt};
        } catch (error) {
          console.log(error instanceof SurfaceError, error.mayHaveExecuted, error.message.includes('x-header-29999'));
        }
        console.log(await client.call('echo', { a: 1 }));
        process.exit(7);`),
      env,
    );
    const { code, stdout } = await attempted.catch((error) => error);
    assert.deepEqual([code, stdout.trim()], [7, 'true false false\n{ a: 1 }']);
  });
}
