// The package in a process: the process ends by itself, and worker threads may start and end.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { run as runProgram } from './support/program.mjs';
import { surface } from './support/surface.mjs';
import { runInWorker } from './support/worker.mjs';

/** Runs a program with a surface in its environment, and gives what it prints. */
const run = async (program, env) => (await runProgram(program, env)).stdout;

test('a process ends by itself once its calls are done, with the client open', async () => {
  const { env } = await surface();
  const program = `
    import { Client } from 'runtype-surface';
    const client = new Client();
    console.log(await client.call('echo', { a: 1 }));
    globalThis.kept = client;`;
  assert.equal(await run(program, env), '{ a: 1 }');
});

test('a key function keeps no process alive', async () => {
  const { env } = await surface();
  const program = `
    import { Client } from 'runtype-surface';
    const key = process.env.RUNTYPE_PRODUCT_API_KEY;
    globalThis.asked = new Client({ apiKey: async () => key });
    globalThis.unasked = new Client({ apiKey: () => new Promise(() => {}) });
    console.log(await asked.call('echo', { a: 1 }));`;
  assert.equal(await run(program, env), '{ a: 1 }');
});

test('a pending call keeps the process alive until its response has arrived', async () => {
  const { env, fault } = await surface();
  await fault({ kind: 'latency', latency_ms: 100 });
  const program = `
    import { Client } from 'runtype-surface';
    new Client().call('echo', { a: 1 }).then(console.log);`;
  assert.equal(await run(program, env), '{ a: 1 }');
});

test('process.exit with calls in flight ends the process as it says', async () => {
  const { env, fault } = await surface();
  await fault({ kind: 'stall' });
  const program = `
    import { Client } from 'runtype-surface';
    const client = new Client({ apiKey: () => process.env.RUNTYPE_PRODUCT_API_KEY });
    for (let i = 0; i < 16; i += 1) client.call('echo', {});
    for (let i = 0; i < 16; i += 1) client.stream('echo', {}).next();
    setTimeout(() => process.exit(7), 50);`;
  await assert.rejects(run(program, env), { code: 7, stderr: '' });
});

test('an open stream that nobody waits for keeps no process alive', async () => {
  const { env, fault } = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'agent' } }] });
  await fault({ kind: 'stall', after_bytes: 200 });
  const program = `
    import { Client } from 'runtype-surface';
    globalThis.stream = new Client().stream('agent', { input: 'Hello' });
    console.log((await stream.next()).value.name);`;
  assert.equal(await run(program, env), 'execution_start');
});

test('a mock keeps no process alive and does not outlive it', async () => {
  const program = `
    import { startMock } from 'runtype-mock';
    const mock = await startMock();
    console.log(mock.baseUrl);`;
  const url = await run(program, {});
  await assert.rejects(fetch(url), (error) => error.cause.code === 'ECONNREFUSED');
});

test('an unhandled rejection shows the error and not the key', async () => {
  const { env, keys } = await surface({ keys: [{ revoked: true }] });
  const program = `
    import { Client } from 'runtype-surface';
    new Client().call('echo', {});`;
  await assert.rejects(run(program, env), ({ code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr, /AuthenticationError: echo: 401/);
    assert.ok(!stderr.includes(keys[0]));
    return true;
  });
});

test('worker threads call, each with the environment that it was given', async () => {
  const program = `
    const { parentPort } = require('node:worker_threads');
    const { Client } = require('runtype-surface');
    new Client().call('echo', { a: 1 }).then((output) => parentPort.postMessage(output));`;
  const surfaces = await Promise.all(Array.from({ length: 4 }, () => surface()));
  const outputs = await Promise.all(surfaces.map(({ env }) => runInWorker(program, env).message));
  assert.deepEqual(outputs, Array(4).fill({ a: 1 }));
  for (const { journal } of surfaces) assert.equal((await journal()).length, 1);
});

test('worker threads may be terminated with calls and streams in flight', async () => {
  const { env, fault, journal, options } = await surface({
    capabilities: [{ slug: 'echo' }, { slug: 'slow' }],
  });
  await fault({ kind: 'stall', capability: 'slow' });
  const program = `
    const { parentPort } = require('node:worker_threads');
    const { Client } = require('runtype-surface');
    const key = process.env.RUNTYPE_PRODUCT_API_KEY;
    const client = new Client({ apiKey: async () => key });
    for (let i = 0; i < 8; i += 1) client.call('slow', {});
    for (let i = 0; i < 8; i += 1) client.stream('slow', {}).next();
    client.call('echo', {}).then(() => parentPort.postMessage('flying'));`;
  for (let round = 0; round < 3; round += 1) {
    const { worker, message } = runInWorker(program, env);
    assert.equal(await message, 'flying');
    await worker.terminate();
  }
  // This thread's part of the package is as before.
  const { Client } = await import('runtype-surface');
  assert.deepEqual(await new Client(options).call('echo', { a: 1 }), { a: 1 });
  assert.ok((await journal()).length >= 4);
});

test('a worker that is terminated while it reads leaves no connection open', async () => {
  const program = `
    const { parentPort } = require('node:worker_threads');
    const { Client } = require('runtype-surface');
    (async () => {
      for await (const event of new Client().stream('agent')) parentPort.postMessage(event.name);
    })();`;
  const steps = [{ event: 'execution_start', data: {} }];
  const { env, journalShows } = await surface({
    capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps, end: 'stall' } }],
  });
  const { worker, message } = runInWorker(program, env);
  assert.equal(await message, 'execution_start');
  await worker.terminate();
  await journalShows([{ outcome: 'client_closed' }]);
});
