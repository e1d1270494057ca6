// `mock-server/conformance/hostile/inputs.json`: each ends as a value or an error, and the process lives on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';

import { Client, SurfaceError } from 'runtype-surface';

import { camelCase } from './support/expectation.mjs';
import { surface } from './support/surface.mjs';

const file = new URL('../../mock-server/conformance/hostile/inputs.json', import.meta.url);
const inputs = JSON.parse(readFileSync(file, 'utf8'));
assert.ok(inputs.length >= 50);
const TIMEOUT_MS = 20_000;

const { options } = await surface({ capabilities: [{ slug: 'echo' }] });

/** The value that a part of the file stands for. */
function whole(part) {
  if (Array.isArray(part)) return part.map(whole).join('');
  return typeof part === 'object' && part !== null && 'repeat' in part ? part.repeat.repeat(part.times) : part;
}

function optionsOf(given) {
  const renamed = Object.entries(given).map(([name, value]) => {
    if (name === 'timeout') return ['timeoutMs', value * 1_000];
    if (name !== 'headers') return [camelCase(name), whole(value)];
    if (value.many === undefined) return [name, Object.entries(value).map(([key, text]) => [key, whole(text)])];
    return [name, Array.from({ length: value.many }, (_, at) => [`x-${at}`, 'a'])];
  });
  return Object.fromEntries(renamed);
}

function inputOf(given) {
  if (given.nest !== undefined) {
    let outer = {};
    for (let level = 0; level < given.nest; level += 1) outer = { a: outer };
    return outer;
  }
  return given.text === undefined ? Object.fromEntries(given.fields) : { text: whole(given.text) };
}

/** Runs with the URL of a server that sends the same bytes to every connection, and closes it. */
async function withServer(raw, run) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(raw));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await run(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
  }
}

async function give({ kind, ...entry }) {
  if (kind === 'response' || kind === 'stream') {
    return withServer(Buffer.from(entry.raw.map(whole).join(''), 'latin1'), async (baseUrl) => {
      const client = new Client({
        ...options,
        baseUrl,
        maxRetries: 0,
        timeoutMs: TIMEOUT_MS,
        maxEventBytes: 2_000_000,
      });
      if (kind === 'response') return client.call('echo', {});
      const events = client.stream('echo', {});
      for await (const event of events) String(event.delta);
      return events.finalOutput();
    });
  }
  if (kind === 'client')
    return new Client({ ...options, timeoutMs: TIMEOUT_MS, ...optionsOf(entry.options) }).call('echo', {});
  const client = new Client(options);
  if (kind === 'call') return client.call('echo', {}, optionsOf(entry.options));
  return client.call('echo', inputOf(entry.input), { timeoutMs: TIMEOUT_MS });
}

for (const entry of inputs) {
  test(`${entry.name}: ends as a value or an error`, async () => {
    try {
      await give(entry);
    } catch (error) {
      assert.ok(error instanceof SurfaceError, String(error));
      assert.doesNotMatch(error.message, /panic|internal error/);
      assert.ok(error.message.length < 2_000, error.message.slice(0, 200));
    }
    assert.deepEqual(await new Client(options).call('echo', { a: 1 }), { a: 1 });
  });
}
