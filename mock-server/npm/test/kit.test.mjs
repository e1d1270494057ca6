// The mock, as an application's author uses it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { findMockBinary, startMock } from 'runtype-mock';
import {
  AuthenticationError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
} from 'runtype-surface';

const mock = await startMock({ seed: 7 });
after(() => mock.close());

/** Runs a test on the one mock, as it is in the beginning. */
const onMock = (name, run) =>
  test(name, async () => {
    await mock.reset();
    await run(mock.client({ maxRetries: 0 }));
  });

onMock('a client of the mock is configured', async (client) => {
  assert.deepEqual(await client.call('echo', { a: 1 }), { a: 1 });
  const [request] = await mock.journal('echo');
  assert.equal(request.status, 200);
  assert.equal(request.auth, 'bearer');
  assert.equal(request.outcome, 'delivered');
  assert.match(request.keyHint, /^papi_…/);
  assert.deepEqual(await mock.journal('slow'), []);
});

onMock('keys are minted and revoked', async (client) => {
  // Limits count by the clock's minutes, and a test that begins at the end of one would see two.
  await mock.control('POST', '/clock', { now: '2030-01-01T00:00:00Z' });
  // What a key may not do counts all the same.
  const apiKey = await mock.mintKey({ scopes: ['echo'], rateLimitPerMinute: 2 });
  const scoped = mock.client({ apiKey, maxRetries: 0, timeoutMs: 1000 });
  await assert.rejects(scoped.call('summarize-article', { input: 'A.' }), PermissionDeniedError);
  await scoped.call('echo', {});
  await assert.rejects(scoped.call('echo', {}), RateLimitError);
  await mock.advanceClock(61_000);
  await scoped.call('echo', {});
  await mock.revokeKey(apiKey);
  await assert.rejects(scoped.call('echo', {}), AuthenticationError);
  await mock.revokeKey();
  await assert.rejects(client.call('echo', {}), AuthenticationError);
});

onMock('faults are injected and removed', async (client) => {
  await mock.inject('status', { capability: 'echo', status: 503, times: 1, json: { error: 'later' } });
  await assert.rejects(client.call('echo', {}), { name: 'ServerError', status: 503, serverMessage: 'later' });
  await client.call('echo', {});
  const id = await mock.inject('status', { status: 500 });
  await assert.rejects(client.call('echo', {}), ServerError);
  await mock.removeFault(id);
  await client.call('echo', {});
  await mock.inject('status', { status: 500 });
  await mock.clearFaults();
  await client.call('echo', {});
});

onMock('capabilities are put and removed, and the surface is paused', async (client) => {
  await mock.putCapability('words', { answer: { kind: 'fixed', output: { words: 3 } }, latencyMs: 1 });
  assert.deepEqual(await client.call('words', {}), { words: 3 });
  await mock.removeCapability('words');
  await assert.rejects(client.call('words', {}), NotFoundError);
  await mock.pause();
  await assert.rejects(client.call('echo', {}), { status: 503 });
  await mock.resume();
  await client.call('echo', {});
});

onMock('what the mock refuses is an error with its words', async () => {
  await assert.rejects(mock.inject('no such kind'), /the mock refused POST \/faults: 400 .*no such kind/);
});

test('a mock that is closed is gone, and closing it twice is no error', async () => {
  const other = await startMock();
  await other.close();
  await other[Symbol.asyncDispose]();
  await assert.rejects(fetch(other.baseUrl), (error) => error.cause.code === 'ECONNREFUSED');
});

test('a mock that does not start says why', async () => {
  await assert.rejects(startMock({ config: '/nowhere/mock.toml' }), /did not start: .*\/nowhere\/mock\.toml/s);
  await assert.rejects(startMock({ binary: '/nowhere/runtype-mock' }), (error) => error.cause.code === 'ENOENT');
});

const command = join(import.meta.dirname, '../dist/runtype-mock.js');

test('the package brings the mock’s binary, and its command runs it', () => {
  const { RUNTYPE_MOCK_BIN: _, ...env } = process.env;
  const program = 'test "$RUNTYPE_PRODUCT_ID" = prod_demo && exit 7';
  const { status, stderr } = spawnSync(process.execPath, [command, 'run', '--', 'sh', '-c', program], { env });
  assert.equal(status, 7, String(stderr));
  assert.ok(existsSync(join(import.meta.dirname, '../native/runtype-mock')));
});

test('RUNTYPE_MOCK_BIN comes before the packaged binary, and must name one', () => {
  const before = process.env.RUNTYPE_MOCK_BIN;
  try {
    process.env.RUNTYPE_MOCK_BIN = '/nowhere/runtype-mock';
    assert.throws(findMockBinary, /RUNTYPE_MOCK_BIN is \/nowhere\/runtype-mock, and no file there can be executed/);
    process.env.RUNTYPE_MOCK_BIN = process.execPath;
    assert.equal(findMockBinary(), process.execPath);
  } finally {
    if (before === undefined) delete process.env.RUNTYPE_MOCK_BIN;
    else process.env.RUNTYPE_MOCK_BIN = before;
  }
});

test('the command passes a signal on and ends with the binary', async () => {
  const { spawn } = await import('node:child_process');
  const { once } = await import('node:events');
  const child = spawn(process.execPath, [command, 'serve', '--log', 'none'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = await once(child.stdout, 'data');
  const url = /^RUNTYPE_BASE_URL=(.*)$/m.exec(String(first))[1];
  child.kill('SIGTERM');
  await once(child, 'exit');
  await assert.rejects(fetch(url), (error) => error.cause.code === 'ECONNREFUSED');
});
