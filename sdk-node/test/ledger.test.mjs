// Many calls with a ledger, in the ways of Node. The rules are the core's, and its tests.

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Client, ConfigurationError, LedgerError, listUnknown } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const ROWS = Array.from({ length: 20 }, (_, id) => ({ id, text: 'x' }));

async function all(results) {
  const read = [];
  for await (const result of results) read.push(result);
  return read;
}

async function subject() {
  const made = await surface();
  const folder = mkdtempSync(join(tmpdir(), 'runtype-'));
  return { ...made, client: new Client(made.options), folder, ledger: join(folder, 'run.jsonl') };
}

test('a run is continued, with ids from a field or a function', async () => {
  const { client, ledger, journal } = await subject();
  const first = await all(client.callMany('echo', ROWS.slice(0, 10), { ledger, id: 'id' }));
  assert.ok(first.every(({ ok, replayed }) => ok && !replayed));
  const second = await all(client.callMany('echo', ROWS, { ledger, id: ({ id }) => id, sync: true }));
  assert.deepEqual(
    second.map(({ replayed }) => replayed),
    ROWS.map(({ id }) => id < 10),
  );
  assert.deepEqual(
    second.map(({ output }) => output),
    ROWS,
  );
  assert.equal((await journal()).length, ROWS.length);
  const { response } = second[0];
  assert.deepEqual([response.status, response.attempts, response.requestId], [200, [], first[0].response.requestId]);
});

test('a run that was left lets go of its ledger at once', async () => {
  const { client, ledger } = await subject();
  const options = { ledger, id: 'id', rerunUnknown: true, concurrency: 2 };
  for (let time = 0; time < 20; time += 1) {
    for await (const _ of client.callMany('echo', ROWS, options)) break;
  }
  assert.equal((await all(client.callMany('echo', ROWS, options))).length, ROWS.length);
  assert.deepEqual(await listUnknown(ledger), []);
});

test('rows that may have been executed are listed, held back, and sent again on request', async () => {
  const { client, ledger, fault, folder } = await subject();
  await fault({ kind: 'status', status: 500, json: { error: 'Boom' }, nth: 1 });
  const rows = [{ id: 'ä' }, { id: 2 }];
  const options = { ledger, id: 'id', concurrency: 1 };
  await all(client.callMany('echo', rows, options));
  assert.deepEqual(await listUnknown(ledger), [{ id: 'ä', failure: '500 Boom' }]);
  const [held, other] = await all(client.callMany('echo', rows, options));
  assert.ok(held.error instanceof LedgerError && other.replayed);
  assert.deepEqual([held.error.name, held.error.notSent, held.error.mayHaveExecuted], ['LedgerError', true, true]);
  assert.match(held.error.message, /set rerunUnknown to send it again/);
  const [again] = await all(client.callMany('echo', rows, { ...options, rerunUnknown: true }));
  assert.deepEqual([again.ok, again.replayed], [true, false]);
  await assert.rejects(listUnknown(join(folder, 'absent')), (error) => {
    assert.ok(error instanceof ConfigurationError);
    assert.match(error.stack.split('\n    at ')[1], /ledger\.test\.mjs/);
    return true;
  });
  await assert.rejects(listUnknown(3), /ledger: it must be a path/);
});

test('a ledger that cannot be opened is thrown where the first result is read', async () => {
  const { client, folder, ledger, journal } = await subject();
  writeFileSync(join(folder, 'data.csv'), 'a,b\n');
  const other = client.callMany('echo', ROWS, { ledger: join(folder, 'data.csv'), id: 'id' });
  await assert.rejects(other.next(), {
    name: 'ConfigurationError',
    option: 'ledger',
    message: /data\.csv is no ledger/,
  });
  const first = client.callMany('echo', ROWS, { ledger, id: 'id' });
  await first.next();
  const second = client.callMany('echo', ROWS, { ledger, id: 'id' });
  await assert.rejects(second.next(), /is in use by another run of this process/);
  await first.return();
  assert.ok((await journal()).length <= ROWS.length);
});

test('wrong options are refused where the calls are made', async () => {
  const { client, ledger } = await subject();
  for (const [options, problem] of [
    [{ ledger: 3, id: 'id' }, /ledger: it must be a path, not a number/],
    [{ ledger, id: 3 }, /id: it must be the name of a field, or a function of an input, not a number/],
    [{ ledger }, /id: a ledger needs it/],
    [{ id: () => 1 }, /id: it is about a ledger/],
    [{ sync: true }, /sync: it is about a ledger/],
    [{ rerunUnknown: true }, /rerunUnknown: it is about a ledger/],
  ]) {
    assert.throws(() => client.callMany('echo', ROWS, options), problem);
  }
});

test('a function that gives no id fails its row alone, and what it throws is thrown', async () => {
  const { client, folder } = await subject();
  for (const [at, [given, found]] of [
    [undefined, 'undefined'],
    [1.5, 'a number that is no safe integer'],
    [2 ** 53, 'a number that is no safe integer'],
    [true, 'a boolean'],
    [1n, 'a bigint'],
    ['\ud800', 'a string that is no Unicode'],
  ].entries()) {
    const options = { ledger: join(folder, `${at}.jsonl`), id: ({ id }) => (id === 1 ? given : id) };
    const results = await all(client.callMany('echo', ROWS.slice(0, 3), options));
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, false, true],
    );
    assert.equal(results[1].error.message, `id: that of input 1 must be a text or a whole number, not ${found}`);
  }
  const id = ({ id }) => {
    if (id === 5) throw new RangeError('mine');
    return id;
  };
  const read = [];
  await assert.rejects(async () => {
    for await (const { index } of client.callMany('echo', ROWS, { ledger: join(folder, 'x.jsonl'), id }))
      read.push(index);
  }, new RangeError('mine'));
  assert.deepEqual(read, [0, 1, 2, 3, 4]);
});
