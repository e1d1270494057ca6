import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { Answer, Client } from 'runtype-surface';

import { surface } from './support/surface.mjs';

test('an answer comes with its status, ids, headers, attempts and times', async () => {
  const { options } = await surface({ response_format: 'wrapped', keys: [{ rate_limit_per_minute: 5 }] });
  const answer = await new Client(options).callWithResponse('echo', { a: 1 });
  assert.ok(answer instanceof Answer);
  assert.deepEqual(answer.output, { a: 1 });
  assert.equal(answer.status, 200);
  assert.match(answer.requestId, /^req_/);
  assert.match(answer.executionId, /^exec_/);
  assert.equal(typeof answer.metadata, 'object');
  assert.equal(answer.rateLimit.remaining, 4);
  assert.equal(answer.headers.get('Content-Type'), 'application/json');
  assert.equal(answer.attempts[0].keyHint, `papi_…${options.apiKey.slice(-4)}`);
  assert.ok(answer.elapsedMs >= answer.attempts[0].elapsedMs);
});

test('close waits for calls in flight, takes no more, and closes the connections', async () => {
  const connections = new Set();
  let answer;
  const server = createServer((_, response) => {
    answer = () => response.setHeader('Content-Type', 'application/json').end('{"late":true}');
    arrived();
  });
  let arrived;
  const arrival = new Promise((resolve) => {
    arrived = resolve;
  });
  let emptied;
  const empty = new Promise((resolve) => {
    emptied = resolve;
  });
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => {
      connections.delete(socket);
      if (connections.size === 0) emptied();
    });
  });
  server.keepAliveTimeout = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const client = new Client({ baseUrl, productId: 'p', surfaceId: 's', apiKey: 'papi_example_0000a1b2' });
  const call = client.call('echo', {});
  await arrival;
  let isClosed = false;
  const closed = client.close().then(() => {
    isClosed = true;
  });
  await assert.rejects(client.call('echo', {}), { name: 'ConfigurationError', option: 'client' });
  assert.throws(() => client.endpointUrl('echo'), { option: 'client' });
  assert.equal(isClosed, false);
  answer();
  assert.deepEqual(await call, { late: true });
  await closed;
  const before = performance.now();
  await empty;
  assert.ok(performance.now() - before < 1000, 'the connections are closed, not collected some time');
  await client[Symbol.asyncDispose]();
  await new Promise((resolve) => server.close(resolve));
});
