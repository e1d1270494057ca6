import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { test } from 'node:test';

import { Client, ConfigurationError } from 'runtype-surface';

import { surface } from './support/surface.mjs';

const HELLO = [
  { event: 'execution_start', data: {} },
  { event: 'text_delta', data: { id: 't1', delta: 'Hello ' }, id: '7' },
  { event: 'text_delta', data: { id: 't1', delta: 'world' } },
  { event: 'execution_complete', data: { finalOutput: 'Hello world' } },
];

const SLOW = [HELLO[1], { ...HELLO[2], wait_ms: 60_000 }];

async function agent(steps, options = {}) {
  const made = await surface({ capabilities: [{ slug: 'agent', answer: { kind: 'stream', steps } }] });
  return { ...made, client: new Client({ ...made.options, ...options }) };
}

/** The names and data of events, read in the simplest way. */
function events(text) {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((frame) => Object.fromEntries(frame.split('\n').map((line) => line.split(/: (.*)/s))))
    .map(({ event, data }) => [event, JSON.parse(data)]);
}

const namesOf = (text) => events(text).map(([name]) => name);

test('a stream is a response with its events as bytes, the last one included', async () => {
  const { client } = await agent(HELLO);
  const response = await client.stream('agent').toResponse();
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const text = await response.text();
  assert.deepEqual(
    namesOf(text),
    HELLO.map(({ event }) => event),
  );
  assert.match(text, /^id: 7$/m);
});

test('the data of events is forwarded unchanged', async () => {
  const raw = 'event: text_delta\ndata: {"delta":"a \\ud83d",  "n": 12345678901234567890.10, "big": 1e400}\n\n';
  const odd = 'event: odd\ndata: no json\n\n';
  const { client } = await agent([{ raw }, { raw: odd }, HELLO[3]]);
  const text = await new Response(await client.stream('agent').toSSE()).text();
  assert.ok(text.startsWith(raw + odd), text);
});

test('a refused call rejects before the first byte', async () => {
  const { options } = await agent(HELLO);
  const stream = new Client({ ...options, apiKey: 'papi_of_nobody_a1b2' }).stream('agent');
  await assert.rejects(stream.toResponse(), { name: 'AuthenticationError', status: 401 });
});

test('a failure is forwarded as the last event', async () => {
  const failure = { event: 'execution_error', data: { error: 'boom', code: 'E1' } };
  const { client } = await agent([HELLO[1], failure]);
  const text = await (await client.stream('agent').toResponse()).text();
  assert.deepEqual(namesOf(text), ['text_delta', 'execution_error']);
});

test('a stream that breaks says so, and nothing of the error', async () => {
  for (const [steps, options, code] of [
    [HELLO.slice(0, 2), {}, 'stream_interrupted'],
    [SLOW, { streamIdleTimeoutMs: 200 }, 'stream_timeout'],
  ]) {
    const { client } = await agent(steps, options);
    const [name, data] = events(await (await client.stream('agent').toResponse()).text()).at(-1);
    assert.equal(name, 'error');
    assert.deepEqual(
      [data.recoverable, data.error.code, Object.keys(data)],
      [false, code, ['type', 'error', 'recoverable']],
    );
  }
});

test('cancelling the body closes the connection at once', async () => {
  const { client, clientClosed } = await agent(SLOW);
  const reader = (await client.stream('agent').toSSE()).getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /^event: text_delta\n/);
  await reader.cancel();
  await clientClosed();
});

test('a signal ends the body with its reason', async () => {
  const { client, clientClosed } = await agent(SLOW);
  const controller = new AbortController();
  const reader = (await client.stream('agent', {}, { signal: controller.signal }).toSSE()).getReader();
  await reader.read();
  const next = reader.read();
  controller.abort(new Error('enough'));
  await assert.rejects(next, /enough/);
  await clientClosed();
});

test('a stream is forwarded once, and not after it was read', async () => {
  const { client } = await agent(HELLO);
  const stream = client.stream('agent');
  await stream.response();
  await new Response(await stream.toSSE()).text();
  await assert.rejects(stream.toSSE(), { name: 'ConfigurationError', message: /already read/ });
  const begun = client.stream('agent');
  await begun.next();
  await assert.rejects(begun.toSSE(), ConfigurationError);
  const closed = client.stream('agent');
  await closed.close();
  await assert.rejects(closed.toResponse(), ConfigurationError);
});

test('a server of node:http forwards a stream, and closes it when its reader leaves', async () => {
  const { client, clientClosed } = await agent(SLOW);
  const server = createServer(async (_, response) => {
    const body = await client.stream('agent').toResponse();
    response.writeHead(body.status, Object.fromEntries(body.headers));
    pipeline(Readable.fromWeb(body.body), response, () => {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const controller = new AbortController();
  const response = await fetch(`http://127.0.0.1:${server.address().port}`, { signal: controller.signal });
  const reader = response.body.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /^event: text_delta\n/);
  controller.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await clientClosed();
});
