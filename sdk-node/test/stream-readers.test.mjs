// Readers of streams that come again, come together, or come after the stream was closed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Client, ConfigurationError, StreamError } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const steps = [
  { event: 'execution_start', data: {} },
  { event: 'text_delta', data: { delta: 'Hello ' } },
  { event: 'text_delta', data: { delta: 'world' } },
  { event: 'execution_complete', data: { finalOutput: { response: 'Hello world' } } },
];

/** A function that makes streams of a script. */
async function agent(script = {}) {
  const made = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps, ...script } }] });
  const client = new Client(made.options);
  return { ...made, open: (options) => client.stream('agent', {}, options) };
}

/** What a refused use of a stream throws: here, since its stack begins in this file. */
const refused =
  (text, mayHaveExecuted = true) =>
  (error) => {
    assert.ok(error instanceof ConfigurationError, error);
    assert.equal(error.option, 'stream');
    assert.equal(error.mayHaveExecuted, mayHaveExecuted);
    assert.match(error.message, text);
    return true;
  };
const isClosed = refused(/^the stream is closed and was not read to its end/);
const isNeverOpened = refused(/^the stream is closed and was not read to its end/, false);
const isAlreadyRead = refused(/^the stream was already read/);
const isSecondReader = refused(/^another reader is waiting/);

const whole = [(stream) => stream.text(), (stream) => stream.finalOutput()];
const iterations = [
  async (stream) => {
    for await (const _ of stream);
  },
  async (stream) => stream.toReadableStream(),
];
const all = async (stream) => {
  for await (const _ of stream);
};

describe('a stream that was closed before it was read', () => {
  const reads = [...whole, ...iterations, (stream) => stream.next()];

  test('refuses all reads where it was never opened, and sends nothing', async () => {
    const { open, journal } = await agent();
    for (const read of [...reads, (stream) => stream.response()]) {
      const stream = open();
      await stream.close();
      await assert.rejects(read(stream), isNeverOpened);
      await assert.rejects(read(stream), isNeverOpened);
    }
    assert.deepEqual(await journal(), []);
  });

  test('refuses all reads where it was opened', async () => {
    const { open } = await agent();
    for (const read of reads) {
      const stream = open();
      await stream.response();
      await stream.close();
      await assert.rejects(read(stream), isClosed);
      assert.equal((await stream.response()).status, 200);
    }
  });

  test('says where it was read', async () => {
    const { open } = await agent();
    for (const read of reads) {
      const stream = open();
      await stream.close();
      await assert.rejects(read(stream), ({ stack }) => /stream-readers\.test\.mjs/.test(stack.split('\n    at ')[1]));
    }
  });
});

test('part of a stream is neither its text nor its output', async () => {
  // All events arrive at once; what counts is what was read of them.
  const { open } = await agent();
  const stream = open();
  for await (const event of stream) if (event.delta === 'Hello ') break;
  for (const read of [...whole, ...whole]) await assert.rejects(read(stream), isClosed);
});

test('what was read to the closing event stays available after closing', async () => {
  const { open } = await agent({ end: 'stall' });
  const stream = open();
  for await (const { name } of stream) if (name === 'execution_complete') break;
  assert.equal(await stream.text(), 'Hello world');
  assert.deepEqual(await stream.finalOutput(), { response: 'Hello world' });
});

test('a stream that failed and was closed still says why', async () => {
  const { open } = await agent({ steps: steps.slice(0, 2), end: 'close' });
  const stream = open();
  await assert.rejects(all(stream), StreamError);
  await stream.close();
  for (const read of whole) await assert.rejects(read(stream), StreamError);
});

test('a text and an output that are awaited when the stream is closed are refused', async () => {
  for (const read of whole) {
    const { open, clientClosed } = await agent({ steps: steps.slice(0, 2), end: 'stall' });
    const stream = open();
    await stream.next();
    const wanted = read(stream);
    await stream.close();
    await assert.rejects(wanted, isClosed);
    await clientClosed();
  }
});

test('a text that is awaited when the signal aborts is rejected with its reason', async () => {
  const { open } = await agent({ steps: steps.slice(0, 2), end: 'stall' });
  const controller = new AbortController();
  const stream = open({ signal: controller.signal });
  await stream.next();
  const text = stream.text();
  const reason = new Error('the user has left');
  controller.abort(reason);
  for (const read of [text, stream.finalOutput()]) await assert.rejects(read, (error) => error === reason);
});

test('a loop that is running when its stream is closed ends', async () => {
  const { open } = await agent();
  const stream = open();
  const seen = [];
  for await (const { name } of stream) {
    seen.push(name);
    await stream.close();
  }
  assert.deepEqual(seen, ['execution_start']);
});

describe('a stream that was already read', () => {
  const reads = {
    'by a loop that was left': async (stream) => {
      for await (const _ of stream) break;
    },
    'by a loop': all,
    'as a ReadableStream': async (stream) => all(stream.toReadableStream()),
    'for its text': (stream) => stream.text(),
    'for its final output': (stream) => stream.finalOutput(),
  };
  for (const [how, read] of Object.entries(reads)) {
    test(`${how} is not iterated in silence`, async () => {
      const { open } = await agent();
      const stream = open();
      await read(stream);
      for (const iterate of iterations) await assert.rejects(iterate(stream), isAlreadyRead);
    });
  }
});

describe('two readers at once', () => {
  test('are refused, and the first one loses no event', async () => {
    const { open } = await agent();
    const stream = open();
    const first = stream.next();
    for (const read of [(stream) => stream.next(), ...whole]) await assert.rejects(read(stream), isSecondReader);
    assert.equal((await first).value.name, 'execution_start');
    assert.equal(await stream.text(), 'Hello world');
  });

  test('are refused where one reads the text', async () => {
    const { open } = await agent();
    const stream = open();
    const text = stream.text();
    await assert.rejects(stream.next(), isSecondReader);
    assert.equal(await text, 'Hello world');
    assert.equal((await stream.next()).done, true);
  });

  test('are no rivals where they want the whole', async () => {
    const { open } = await agent();
    const stream = open();
    const read = await Promise.all([stream.text(), stream.finalOutput(), stream.text()]);
    assert.deepEqual(read, ['Hello world', { response: 'Hello world' }, 'Hello world']);
  });
});
