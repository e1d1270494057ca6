// What hooks receive, and when.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import process from 'node:process';
import { test } from 'node:test';

import { APIConnectionError, Client } from 'runtype-surface';

import { run } from './support/program.mjs';
import { surface } from './support/surface.mjs';

const RETRIED = ['echo 1 begins', 'echo 1 responded 429', 'echo 2 begins', 'echo 2 responded 200'];
const once429 = { kind: 'status', status: 429, headers: { 'retry-after-ms': '1' }, times: 1 };

function watch() {
  const lines = [];
  const starts = [];
  const ends = [];
  return {
    lines,
    starts,
    ends,
    hooks: {
      beforeAttempt(start) {
        starts.push(start);
        lines.push(`${start.capability} ${start.number} begins`);
      },
      afterAttempt(start, end) {
        ends.push(end);
        lines.push(`${start.capability} ${end.number} ${end.outcome} ${end.status}`);
      },
    },
  };
}

test('hooks are called for each attempt before the call resolves', async () => {
  const { options, keys } = await surface({ faults: [once429] });
  const { lines, starts, ends, hooks } = watch();
  await new Client({ ...options, ...hooks }).call('echo', {});
  assert.deepEqual(lines, RETRIED);
  assert.equal(starts[1].method, 'POST');
  assert.ok(starts[1].url.endsWith('/echo'));
  assert.ok(starts[1].waitedMs > 0);
  assert.equal(starts[1].waitedMs, ends[1].waitedMs);
  assert.equal(starts[1].keyHint, ends[1].keyHint);
  for (const key of keys) assert.ok(!JSON.stringify([starts, ends]).includes(key), 'a hook received the key');
});

test('a hook is called while the attempt is in flight', async () => {
  const { options } = await surface({ faults: [{ kind: 'stall' }] });
  const abort = new AbortController();
  const lines = [];
  const client = new Client({
    ...options,
    beforeAttempt: ({ number }) => {
      lines.push(`${number} begins`);
      abort.abort();
    },
    afterAttempt: ({ number }) => lines.push(`${number} ended`),
  });
  await assert.rejects(client.call('echo', {}, { signal: abort.signal }), { name: 'AbortError' });
  assert.deepEqual(lines, ['1 begins']);
});

test('streams, many calls and the document are watched too', async () => {
  const steps = [{ event: 'execution_complete', data: { finalOutput: {} } }];
  const { options } = await surface({
    capabilities: [{ slug: 'echo' }, { slug: 'talk', answer: { kind: 'stream', steps } }],
  });
  const { lines, hooks } = watch();
  const client = new Client({ ...options, ...hooks });
  await client.openapi();
  assert.deepEqual(lines.splice(0), ['null 1 begins', 'null 1 responded 200']);
  await client.stream('talk').finalOutput();
  assert.deepEqual(lines.splice(0), ['talk 1 begins', 'talk 1 responded 200']);
  for await (const { index } of client.callMany('echo', [{}, {}, {}], { concurrency: 1 })) {
    assert.ok(lines.filter((line) => line.endsWith('200')).length > index);
  }
  assert.deepEqual(lines, [
    'echo 1 begins',
    'echo 1 responded 200',
    'echo 1 begins',
    'echo 1 responded 200',
    'echo 1 begins',
    'echo 1 responded 200',
  ]);
});

test('hooks are called for the last attempt before the call rejects', async () => {
  const { options } = await surface({ faults: [{ kind: 'reset' }] });
  const { lines, hooks } = watch();
  await assert.rejects(new Client({ ...options, ...hooks }).call('echo', {}), APIConnectionError);
  assert.deepEqual(lines, ['echo 1 begins', 'echo 1 broken undefined']);
});

test('one hook alone will do', async () => {
  const { options } = await surface();
  for (const name of ['beforeAttempt', 'afterAttempt']) {
    const { lines, hooks } = watch();
    await new Client({ ...options, [name]: hooks[name] }).call('echo', {});
    assert.equal(lines.length, 1);
  }
});

test('what a hook throws changes nothing and becomes a warning of one line without a key', async () => {
  const { options } = await surface();
  const reason = new RangeError('no such counter:\npapi_of_somebody_else');
  for (const hook of [
    () => {
      throw reason;
    },
    () => Promise.reject(reason),
  ]) {
    const warning = once(process, 'warning');
    const output = await new Client({ ...options, afterAttempt: hook }).call('echo', { n: 1 });
    assert.deepEqual(output, { n: 1 });
    const [{ name, message, cause }] = await warning;
    assert.equal(name, 'RuntypeHookWarning');
    const thrown = 'RangeError: no such counter: papi_…';
    assert.equal(message, `afterAttempt failed, and the call goes on: ${thrown}`);
    assert.equal(cause, reason);
  }
});

test('a hook that is no function is refused', () => {
  for (const hook of [5, 'log', {}]) {
    assert.throws(() => new Client({ beforeAttempt: hook }), { name: 'ConfigurationError', option: 'beforeAttempt' });
  }
});

test('a client whose attempts are watched does not keep the process alive', async () => {
  const { env } = await surface();
  const program = `
    import { Client } from 'runtype-surface';
    const client = new Client({ beforeAttempt: () => console.log('begins'), afterAttempt: () => console.log('ended') });
    await client.call('echo', {});
  `;
  assert.equal((await run(program, env)).stdout, 'begins\nended');
});
