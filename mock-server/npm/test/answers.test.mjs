// Answers, verification and isolation, as an application's author uses them.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';
import { fail, findMockBinary, matched, Reply, sequence, startMock, streamOf } from 'runtype-mock';
import { AuthenticationError, ServerError, StreamError } from 'runtype-surface';

const mock = await startMock();
after(() => mock.close());

/** Runs a test on a surface of its own. */
const onSurface = (name, run) =>
  test(name, async () => {
    const surface = await mock.newSurface();
    try {
      await run(surface, surface.client({ maxRetries: 0 }));
    } finally {
      await surface.close();
    }
  });

onSurface('a function answers', async (surface, client) => {
  await surface.answer('price', async ({ cups }) => ({ eur: cups * 2 }), { latencyMs: 1 });
  assert.deepEqual(await client.call('price', { cups: 3 }), { eur: 6 });
});

onSurface('a function that fails is a 500 that says why', async (surface, client) => {
  const cases = [
    [
      () => {
        throw new RangeError('no tea');
      },
      /the function that answers `price` failed: RangeError: no tea/,
    ],
    [() => undefined, /failed: TypeError: it returned what is not JSON/],
    [() => new Reply({ error: 'closed' }, 503), /closed/],
  ];
  for (const [answer, words] of cases) {
    await surface.answer('price', answer);
    await assert.rejects(
      client.call('price', {}),
      (error) => error instanceof ServerError && words.test(error.message),
    );
  }
});

onSurface('an answer is chosen by its conditions', async (surface, client) => {
  const tea = sequence([{ eur: 2 }, ({ item }) => ({ again: item })]);
  const cases = [
    [{ input: { item: 'tea' } }, tea],
    [{ at: { '/items/0': 'milk' } }, new Reply({ eur: 1 })],
  ];
  await surface.answer('price', matched(cases, fail(503, 'nothing else')));
  assert.deepEqual(await client.call('price', { item: 'tea', cups: 2 }), { eur: 2 });
  assert.deepEqual(await client.call('price', { item: 'tea' }), { again: 'tea' });
  assert.deepEqual(await client.call('price', { items: ['milk'] }), { eur: 1 });
  await assert.rejects(client.call('price', { item: 'coffee' }), /nothing else/);
});

onSurface('a stream is scripted in a line', async (surface, client) => {
  await surface.answer('agent', streamOf('Hello  big world', { usage: { input: 3, output: 2, cost: 0.5 } }));
  const deltas = [];
  let complete;
  for await (const event of client.stream('agent', {})) {
    if (event.name === 'text_delta') deltas.push(event.delta);
    if (event.name === 'execution_complete') complete = event;
  }
  assert.deepEqual(deltas, ['Hello  ', 'big ', 'world']);
  assert.deepEqual(complete.data.totalTokens, { input: 3, output: 2 });
  assert.equal(await client.call('agent', {}), 'Hello  big world');
});

onSurface('a stream ends in an error, waits, or breaks off', async (surface, client) => {
  const text = () => client.stream('agent', {}).text();
  await surface.answer('agent', streamOf('Hello ').thenWait(1).thenError('no model', 'NO_MODEL'));
  await assert.rejects(text(), (error) => error instanceof StreamError && /no model/.test(error.message));
  await surface.answer('agent', streamOf('Hello ').thenCut());
  await assert.rejects(text(), StreamError);
  await surface.answer('agent', streamOf('One moment. ').thenAwait('ask', { question: 'Which?' }));
  const names = [];
  for await (const { name } of client.stream('agent', {})) names.push(name);
  assert.equal(names.at(-1), 'await');
});

onSurface('a verification that fails says what was nearest', async (surface, client) => {
  await client.call('echo', { item: 'tea', cups: 2 });
  assert.equal(await surface.verify('echo'), 1);
  assert.equal(await surface.verify('echo', { times: 1, status: 200, ran: true, input: { item: 'tea' } }), 1);
  assert.equal(await surface.verify('slow', { times: 0 }), 0);
  assert.equal(await surface.verify(undefined, { atLeast: 1, atMost: 2, key: surface.apiKey }), 1);
  await assert.rejects(surface.verify('echo', { times: 2, input: { item: 'milk' } }), (error) => {
    assert.equal(error.name, 'AssertionError');
    assert.match(
      error.message,
      /^expected 2 calls of `echo` when \{"input":\{"item":"milk"\}\}, saw 0; nearest is request \d+/,
    );
    assert.match(error.message, /input \/item is "tea", not "milk"/);
    assert.doesNotMatch(error.message, new RegExp(surface.apiKey));
    return true;
  });
});

onSurface('times are dates, and a name of another spelling is refused', async (surface, client) => {
  const apiKey = await surface.mintKey({ expiresAt: new Date('2039-01-01T00:00:00Z') });
  await surface.control('POST', '/clock', { now: '2038-12-31T23:59:59Z' });
  await surface.client({ apiKey }).call('echo', {});
  await surface.advanceClock(1000);
  await assert.rejects(surface.client({ apiKey }).call('echo', {}), AuthenticationError);
  await assert.rejects(
    surface.inject('latency', { latency_ms: 1 }),
    /unknown field `latency_ms`; did you mean `latencyMs`\?/,
  );
  await assert.rejects(surface.inject('latency', { latenceMs: 1 }), /did you mean `latencyMs`\?/);
  await assert.rejects(surface.inject('reset', { capability: 'ecoh' }), /did you mean `echo`\?/);
  await assert.rejects(startMock({ sead: 1 }), /startMock\(\) has no option sead; it has config, seed and binary/);
  const steps = [{ waitMs: 1, event: 'execution_complete', data: { some_name: 1, finalOutput: 'x' } }];
  await surface.putCapability('agent', { answer: { kind: 'stream', steps, chunkBytes: 3, lineEnding: 'crlf' } });
  assert.equal(await client.call('agent', {}), 'x');
});

test('surfaces of one process share nothing', async () => {
  const [one, other] = await Promise.all([mock.newSurface(), mock.newSurface()]);
  assert.deepEqual([one.baseUrl, one.apiKey], [other.baseUrl, other.apiKey]);
  await other.revokeKey();
  await one.client().call('echo', {});
  assert.deepEqual([(await other.journal()).length, (await one.journal()).length], [0, 1]);
  await other.close();
  await assert.rejects(other.journal(), /there is no surface/);
  await one.close();
});

test('the journal is read to its end', async () => {
  const surface = await mock.newSurface();
  const client = surface.client();
  for (let n = 0; n < 90; n += 1) await client.call('echo', { text: 'x'.repeat(60_000) });
  const calls = (await surface.journal('echo')).map(({ call }) => call);
  assert.deepEqual(
    calls,
    Array.from({ length: 90 }, (_, n) => n + 1),
  );
  await surface.close();
});

const PROGRAM = `
import { startMock } from 'runtype-mock';
const [one, other] = await Promise.all([startMock(), startMock()]);
await one.client().call('echo', {});
console.log(one.baseUrl, other.baseUrl, (await other.journal()).length, one.surfaceId !== other.surfaceId);
await one.close();
`;
const here = { cwd: import.meta.dirname, encoding: 'utf8' };
const node = [process.execPath, '--input-type=module', '--eval'];

test('in a run of the mock, each mock is a surface of that mock', () => {
  const { status, stdout, stderr } = spawnSync(findMockBinary(), ['run', '--', ...node, PROGRAM], here);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^(\S+) \1 0 true\n$/);
});

test('the global setup of a test run starts the one mock, for vitest and for jest', () => {
  const vitest = `import setup from 'runtype-mock/global-setup'; const stop = await setup(); ${PROGRAM} await stop();`;
  const esm = spawnSync(node[0], [...node.slice(1), vitest], here);
  assert.match(esm.stdout, /^(\S+) \1 0 true\n$/, esm.stderr);
  const jest = `const setup = require('runtype-mock/global-setup').default;
    setup().then((stop) => { console.log(process.env.RUNTYPE_MOCK_CONTROL_URL); return stop(); });`;
  const cjs = spawnSync(process.execPath, ['--input-type=commonjs', '--eval', jest], here);
  assert.match(cjs.stdout, /^http:\/\/127\.0\.0\.1:\d+\/__mock\n$/, cjs.stderr);
});

const command = join(import.meta.dirname, '../dist/runtype-mock.js');

/** Starts `serve` through a command; resolves with the process, and the mock's URL. */
async function served(program, args, env = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  let text = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.includes('RUNTYPE_MOCK_CONTROL_URL')) break;
  }
  child.stdout.resume();
  return [child, /^RUNTYPE_BASE_URL=(.*)$/m.exec(text)[1]];
}

/** Resolves once nothing listens any more. */
async function isGone(url) {
  for (;;) {
    try {
      await fetch(url, { signal: AbortSignal.timeout(10_000) });
    } catch (error) {
      if (error.cause?.code === 'ECONNREFUSED') return;
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the mock ends with its command, even if that is killed', { timeout: 30_000 }, async () => {
  const [child, url] = await served(process.execPath, [command, 'serve', '--log', 'none']);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await isGone(url);
});

test('the mock ends with npx, which runs the command', { timeout: 30_000 }, async () => {
  const npx = `const { spawn } = require('node:child_process');
    spawn(process.execPath, [${JSON.stringify(command)}, 'serve', '--log', 'none'], { stdio: 'inherit' });`;
  const [child, url] = await served(process.execPath, ['--eval', npx], { npm_command: 'exec' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await isGone(url);
});
