import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { CallResponse, Client } from 'runtype-surface';

import { surface } from './support/surface.mjs';

test('a response has the status, ids, headers, attempts and times of the call', async () => {
  const { options } = await surface({ response_format: 'wrapped', keys: [{ rate_limit_per_minute: 5 }] });
  const response = await new Client(options).callWithResponse('echo', { a: 1 });
  assert.ok(response instanceof CallResponse);
  assert.deepEqual(response.output, { a: 1 });
  assert.equal(response.status, 200);
  assert.match(response.requestId, /^req_/);
  assert.match(response.executionId, /^exec_/);
  assert.equal(typeof response.metadata, 'object');
  assert.deepEqual([response.rateLimit.limit, response.rateLimit.remaining], [5, 4]);
  assert.ok(response.rateLimit.resetAfter >= 0 && response.rateLimit.resetAfter <= 60);
  assert.equal(response.headers.get('Content-Type'), 'application/json');
  assert.equal(response.attempts[0].keyHint, `papi_…${options.apiKey.slice(-4)}`);
  assert.equal(response.attempts[0].outcome, 'responded');
  assert.ok(response.elapsedMs >= response.attempts[0].elapsedMs);
  const shown = JSON.parse(JSON.stringify(response));
  assert.deepEqual([shown.status, shown.headers['content-type'], shown.output], [200, 'application/json', { a: 1 }]);
});

test('a response has the quota of the plan and, of either family of headers, the rate limit', async () => {
  const { options, fault } = await surface();
  const client = new Client(options);
  const families = [
    { 'RateLimit-Limit': '9', 'RateLimit-Remaining': '3', 'RateLimit-Reset': '30' },
    { 'X-RateLimit-Limit': '9', 'X-RateLimit-Remaining': '3', 'X-RateLimit-Reset': '1' },
  ];
  const quota = { 'X-Quota-Remaining': '12', 'X-Quota-Warning': '80 % used' };
  for (const [family, resetAfter] of families.map((family, at) => [family, [30, 0][at]])) {
    await fault({ kind: 'status', status: 200, json: {}, headers: { ...family, ...quota }, times: 1 });
    const response = await client.callWithResponse('echo', {});
    assert.deepEqual(response.rateLimit, { limit: 9, remaining: 3, resetAfter });
    assert.deepEqual(response.quota, { remaining: 12, warning: '80 % used' });
  }
  const { rateLimit, quota: none } = await client.callWithResponse('echo', {});
  assert.deepEqual([rateLimit, none], [null, null]);
});

test('viaDispatch sends any call to the dispatch endpoint', async () => {
  const steps = [{ event: 'execution_complete', data: { finalOutput: {} } }];
  const capabilities = [{ slug: 'echo' }, { slug: 'talk', answer: { kind: 'stream', steps } }];
  const { options, journal } = await surface({ capabilities });
  const client = new Client(options);
  const viaDispatch = true;
  assert.deepEqual(await client.call('echo', { a: 1 }, { viaDispatch }), { a: 1 });
  for await (const { output } of client.callMany('echo', [{ a: 2 }], { viaDispatch }))
    assert.deepEqual(output, { a: 2 });
  await client.stream('talk', {}, { viaDispatch }).finalOutput();
  await client.call('echo', {}, { viaDispatch: false });
  const paths = (await journal()).map(({ path }) => path.split('/api/')[1]);
  assert.deepEqual(paths, ['dispatch', 'dispatch', 'dispatch', 'echo']);
});

test('close waits for calls in flight, takes no more, and closes the connections', async () => {
  const connections = new Set();
  let respond;
  const server = createServer((_, response) => {
    respond = () => response.setHeader('Content-Type', 'application/json').end('{"late":true}');
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
  await assert.rejects(client.call('echo', {}), {
    name: 'ConfigurationError',
    option: 'client',
    message: /create a new one/,
  });
  assert.throws(() => client.endpointUrl('echo'), { option: 'client' });
  assert.equal(isClosed, false);
  respond();
  assert.deepEqual(await call, { late: true });
  await closed;
  const before = performance.now();
  await empty;
  assert.ok(performance.now() - before < 1000, 'the connections are closed, not collected some time');
  await client[Symbol.asyncDispose]();
  await new Promise((resolve) => server.close(resolve));
});
