import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';

import {
  APITimeoutError,
  AuthenticationError,
  Client,
  ConfigurationError,
  ServerError,
  StreamError,
} from 'runtype-surface';

import { surface } from './support/surface.mjs';

/** A client of a capability that streams. */
async function agent(...faults) {
  const made = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'agent' } }], faults });
  return { ...made, client: new Client(made.options) };
}

test('events come in order, with their names, data and typed fields', async () => {
  const { client } = await agent();
  const events = [];
  for await (const event of client.stream('agent', { input: 'Hello' })) events.push(event);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, number) => number + 1),
  );
  const [first] = events;
  const last = events.at(-1);
  assert.equal(first.name, 'execution_start');
  assert.equal(last.name, 'execution_complete');
  assert.equal(last.executionId, first.executionId);
  assert.equal(typeof last.durationMs, 'number');
  const text = events.map(({ delta }) => delta ?? '').join('');
  // The mock sends a string, as the vendor's models require; here the JSON of the output.
  assert.equal(last.finalOutput, JSON.stringify({ response: text }));
});

test('text and finalOutput are those of the whole stream, whenever they are asked for', async () => {
  const { client } = await agent();
  const whole = await client.stream('agent', { input: 'Hello' }).text();
  assert.notEqual(whole, '');
  const read = {
    nothing: async () => {},
    'one piece of text': async (stream) => {
      while (((await stream.next()).value.delta ?? '') === '');
    },
    everything: async (stream) => {
      for await (const _ of stream);
    },
    'the text': (stream) => stream.text(),
    'the final output': (stream) => stream.finalOutput(),
  };
  for (const [what, before] of Object.entries(read)) {
    const stream = client.stream('agent', { input: 'Hello' });
    await before(stream);
    assert.equal(await stream.text(), whole, what);
    assert.deepEqual(JSON.parse(await stream.finalOutput()), { response: whole }, what);
    assert.equal(await stream.text(), whole, what);
    assert.match(stream.executionId, /^exec_/);
    assert.deepEqual(await stream.next(), { done: true, value: undefined });
  }
});

test('building throws what is wrong with the options, and opening what is wrong with the input or the key', async () => {
  const { client, options, journal } = await agent();
  const wrong = [
    [() => client.stream('agent', 5), { option: 'input' }],
    [() => client.stream(7, {}), { option: 'capability' }],
  ];
  for (const [build, expected] of wrong) {
    for (const open of [(stream) => stream.response(), (stream) => stream.next(), (stream) => stream.text()]) {
      await assert.rejects(open(build()), (error) => {
        assert.ok(error instanceof ConfigurationError, error);
        assert.equal(error.option, expected.option);
        return /stream\.test\.mjs/.test(error.stack.split('\n    at ')[1]);
      });
    }
  }
  for (const timeoutMs of [-1, '5']) {
    assert.throws(
      () => client.stream('agent', {}, { timeoutMs }),
      (error) => {
        assert.ok(error instanceof ConfigurationError, error);
        assert.equal(error.option, 'timeoutMs');
        return /stream\.test\.mjs/.test(error.stack.split('\n    at ')[1]);
      },
    );
  }
  assert.deepEqual(await journal(), []);
  const refused = new Client({ ...options, apiKey: 'papi_of_nobody_12345678' }).stream('agent', { input: 'Hello' });
  await assert.rejects(refused.response(), AuthenticationError);
});

test('an input is sent as it was when the stream was built', async () => {
  const { client, journal } = await agent();
  const input = { input: 'before' };
  const stream = client.stream('agent', input);
  input.input = 'after';
  await stream.text();
  assert.deepEqual((await journal())[0].body, { input: 'before' });
});

test('an error event that is recoverable is an event, with its code and message', async () => {
  const steps = [
    { event: 'error', data: { error: { message: 'slow down', code: 7 }, recoverable: true } },
    { event: 'execution_complete', data: { finalOutput: 1 } },
  ];
  const made = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps } }] });
  const stream = new Client(made.options).stream('agent', {});
  const { value } = await stream.next();
  assert.deepEqual([value.name, value.code, value.errorMessage], ['error', '7', 'slow down']);
  assert.equal(value.recoverable, true);
  assert.equal(await stream.finalOutput(), 1);
});

test('a text_delta event has text, whatever it lacks, and other events have none', async () => {
  const steps = [
    { event: 'text_delta', data: { delta: 7 } },
    { event: 'text_delta', data: {} },
    { event: 'reasoning_delta', data: {} },
    { event: 'execution_complete', data: {} },
  ];
  const made = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps } }] });
  const deltas = [];
  for await (const { delta, recoverable } of new Client(made.options).stream('agent', {})) {
    deltas.push(delta);
    assert.equal(recoverable, null);
  }
  assert.deepEqual(deltas, ['', '', null, null]);
});

test('nothing is sent before the stream is read', async () => {
  const { client, journal } = await agent();
  const stream = client.stream('agent', { input: 'Hello' });
  assert.deepEqual(await journal(), []);
  const { status, requestId, headers, attempts } = await stream.response();
  assert.equal(status, 200);
  assert.match(requestId, /^req_/);
  assert.equal(headers.get('content-type'), 'text/event-stream');
  assert.equal(attempts.length, 1);
  assert.equal((await journal()).length, 1);
  assert.notEqual(await stream.text(), '');
});

test('leaving the loop closes the connection at once', async () => {
  const { client, clientClosed } = await agent({ kind: 'stall', after_bytes: 300 });
  for await (const event of client.stream('agent', { input: 'Hello' })) {
    assert.equal(event.name, 'execution_start');
    break;
  }
  const left = Date.now();
  const took = (await clientClosed()) - left;
  assert.ok(took < 100, `it took ${took} ms`);
});

test('close ends a reader that waits, and closes the connection', async () => {
  const { client, clientClosed } = await agent({ kind: 'stall', after_bytes: 300 });
  const stream = client.stream('agent', { input: 'Hello' });
  await stream.next();
  const rest = (async () => {
    for (;;) if ((await stream.next()).done) return 'ended';
  })();
  await stream.close();
  assert.equal(await rest, 'ended');
  await clientClosed();
});

test('close drops a call whose response has not begun', async () => {
  const { client, journal, clientClosed } = await agent({ kind: 'stall' });
  const stream = client.stream('agent', { input: 'Hello' });
  const next = stream.next();
  while ((await journal()).length === 0);
  await stream.close();
  assert.deepEqual(await next, { done: true, value: undefined });
  await clientClosed();
});

test('the signal ends a stream with its reason, at any time, and loses its listener', async () => {
  const { client, clientClosed } = await agent({ kind: 'stall', after_bytes: 300 });
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('the user has left');
  const stream = client.stream('agent', { input: 'Hello' }, { signal });
  await stream.next();
  const waiting = (async () => {
    for (;;) await stream.next();
  })();
  controller.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  await clientClosed();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a signal that is aborted already sends nothing', async () => {
  const { client, journal } = await agent();
  const stream = client.stream('agent', {}, { signal: AbortSignal.abort() });
  await assert.rejects(stream.text(), { name: 'AbortError' });
  assert.deepEqual(await journal(), []);
});

test('a stream that ends leaves no listener on the signal', async () => {
  const { client } = await agent();
  const { signal } = new AbortController();
  await client.stream('agent', { input: 'Hello' }, { signal }).text();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a stream that is cut off is a StreamError that says how far it came', async () => {
  const { client } = await agent({ kind: 'truncate', after_bytes: 700 });
  const seen = [];
  const read = (async () => {
    for await (const event of client.stream('agent', { input: 'Hello' })) seen.push(event);
  })();
  await assert.rejects(read, (error) => {
    assert.ok(error instanceof StreamError);
    assert.equal(error.eventsSeen, seen.length);
    assert.ok(seen.length > 0);
    assert.equal(error.executionId, seen[0].executionId);
    assert.equal(error.mayHaveExecuted, true);
    assert.match(error.stack.split('\n    at ')[1], /stream\.test\.mjs/);
    return true;
  });
});

test('a stream that falls silent is an APITimeoutError in the phase idle', async () => {
  const { client } = await agent({ kind: 'stall', after_bytes: 300 });
  const stream = client.stream('agent', { input: 'Hello' }, { streamIdleTimeoutMs: 20 });
  await assert.rejects(stream.text(), (error) => error instanceof APITimeoutError && error.phase === 'idle');
});

test('an error before the stream begins is the error of a call', async () => {
  const { options } = await surface({ capabilities: [{ slug: 'bad', answer: { kind: 'fail', status: 500 } }] });
  const stream = new Client(options).stream('bad', {});
  await assert.rejects(stream.next(), ServerError);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});

test('as a ReadableStream it is read on demand, and cancelling closes the connection', async () => {
  const { client, journal, clientClosed } = await agent({ kind: 'stall', after_bytes: 300 });
  const readable = client.stream('agent', { input: 'Hello' }).toReadableStream();
  assert.deepEqual(await journal(), [], 'nothing is sent before it is read');
  const reader = readable.getReader();
  assert.equal((await reader.read()).value.name, 'execution_start');
  await reader.cancel();
  await clientClosed();
});

test('a ReadableStream ends as the stream ends, and fails as it fails', async () => {
  const { client, fault } = await agent();
  const names = [];
  for await (const { name } of client.stream('agent', { input: 'Hello' }).toReadableStream()) names.push(name);
  assert.equal(names.at(-1), 'execution_complete');
  await fault({ kind: 'truncate', after_bytes: 700 });
  const broken = client.stream('agent', { input: 'Hello' }).toReadableStream();
  await assert.rejects(async () => {
    for await (const _ of broken);
  }, StreamError);
});

test('a reader that stops holds back the server', async () => {
  // The sockets' own buffers take some MiB before a write waits.
  const much = 64 * 2 ** 20;
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';
  const events = 'event: text_delta\ndata: {"delta":"word "}\n\n'.repeat(1_000);
  const readers = [(stream) => stream.next(), (stream) => stream.toReadableStream().getReader().read()];
  for (const readOne of readers) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const written = once(server, 'connection').then(async ([socket]) => {
      // The reader leaves in the middle of it.
      socket.on('error', () => socket.destroy());
      await once(socket, 'data');
      socket.write(head);
      for (let bytes = 0; bytes < much; bytes += events.length) {
        if (socket.write(events)) continue;
        const isTaken = await once(socket, 'drain', { signal: AbortSignal.timeout(300) }).catch(() => undefined);
        if (isTaken === undefined) return bytes;
      }
      return much;
    });
    const baseUrl = `http://127.0.0.1:${server.address().port}`;
    const client = new Client({ baseUrl, apiKey: 'papi_test_key', productId: 'prod', surfaceId: 'surf' });
    const stream = client.stream('agent');
    assert.equal((await readOne(stream)).value.delta, 'word ');
    assert.ok((await written) < much / 2, `${await written} bytes were taken from a server whose reader had stopped`);
    await stream.return();
    server.close();
    await once(server, 'close');
  }
});

test('a stream that failed says so again, and sends nothing again', async () => {
  const { client, journal } = await agent({ kind: 'status', status: 500 });
  const stream = client.stream('agent', { input: 'Hello' });
  for (const read of [() => stream.text(), () => stream.finalOutput(), () => stream.response(), () => stream.text()]) {
    await assert.rejects(read, ServerError);
  }
  assert.equal((await journal()).length, 1);
});

test('an id that goes on is that of each later event', async () => {
  const steps = [{ raw: `id: ${'i'.repeat(40_000)}\ndata: 1\n\n${'data: 2\n\n'.repeat(20_000)}` }];
  steps.push({ event: 'execution_complete', data: {} });
  const made = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps } }] });
  let count = 0;
  for await (const { id } of new Client(made.options).stream('agent', {})) {
    assert.equal(id.length, 40_000);
    count += 1;
  }
  assert.equal(count, 20_002);
});
