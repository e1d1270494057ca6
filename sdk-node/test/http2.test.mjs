// What an HTTP/2 server says of a stream decides whether a call is sent again: RFC 9113, sections 6.8 and 8.7.

import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { APIConnectionError, Client } from 'runtype-surface';

import { respond, startHttp2Server } from './support/http2-server.mjs';

for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
  delete process.env[name];
  delete process.env[name.toLowerCase()];
}

/** Runs a script for a server, calls it once for each input, one after the other, and gives what came of each call. */
async function calls(script, inputs, options) {
  const executed = [];
  const server = await startHttp2Server((request) => script(request, executed));
  const client = new Client({ ...server.options, ...options });
  const found = [];
  try {
    for (const input of inputs) {
      found.push(await client.callWithResponse('echo', input).catch((error) => error));
    }
  } finally {
    await client.close();
    await server.close();
  }
  assert.deepEqual(server.problems, []);
  return { found, executed, requests: server.requests };
}

const executes = (request, executed) => {
  executed.push(request.input.n);
  respond(request, request.input);
};

/** Refuses the second stream of the first connection by GOAWAY, and executes all others. */
const refusesStream3 = (closes) => (request, executed) => {
  if (request.connection !== 1 || request.stream !== 3) return executes(request, executed);
  request.http2.session.goaway(constants.NGHTTP2_NO_ERROR, 1);
  // The frame leaves before the end of the connection does.
  if (closes) setImmediate(() => request.socket.end());
};

const TWO = [{ n: 1 }, { n: 2 }];
const SENT_TWICE = [
  { connection: 1, stream: 1, input: { n: 1 } },
  { connection: 1, stream: 3, input: { n: 2 } },
  { connection: 2, stream: 1, input: { n: 2 } },
];

for (const closes of [true, false]) {
  const connection = closes ? 'closed' : 'left open';
  test(`a stream that GOAWAY refused is sent again at once on another connection; the first is ${connection}`, async () => {
    const { found, executed, requests } = await calls(refusesStream3(closes), TWO, { maxRetries: 1 });
    assert.ok(!(found[1] instanceof Error), found[1]);
    assert.deepEqual(
      found.map(({ output }) => output),
      TWO,
    );
    assert.deepEqual(requests, SENT_TWICE);
    assert.deepEqual(executed, [1, 2]);
    const { attempts } = found[1];
    assert.deepEqual(
      attempts.map(({ status, mayHaveExecuted, waitedMs }) => [status, mayHaveExecuted, waitedMs]),
      [
        [undefined, false, 0],
        [200, undefined, 0],
      ],
    );
  });
}

test('what GOAWAY refused takes nothing from maxRetries', async () => {
  let slowed = false;
  const script = (request, executed) => {
    if (request.connection !== 2 || slowed) return refusesStream3(true)(request, executed);
    slowed = true;
    // The one retry that there is goes here.
    respond(request, { error: 'slow down' }, 429, { 'retry-after-ms': '1' });
  };
  const { found, executed } = await calls(script, TWO, { maxRetries: 1 });
  assert.ok(!(found[1] instanceof Error), found[1]);
  assert.deepEqual(
    found[1].attempts.map(({ status }) => status),
    [undefined, 429, 200],
  );
  assert.deepEqual(executed, [1, 2]);
});

test('maxRetries 0 sends nothing again, and the error says that nothing ran', async () => {
  const { found, executed, requests } = await calls(refusesStream3(true), TWO, { maxRetries: 0 });
  const error = found[1];
  assert.ok(error instanceof APIConnectionError, error);
  assert.equal(error.mayHaveExecuted, false);
  assert.deepEqual(
    error.attempts.map(({ mayHaveExecuted }) => mayHaveExecuted),
    [false],
  );
  assert.deepEqual(requests, SENT_TWICE.slice(0, 2));
  assert.deepEqual(executed, [1]);
});

test('a stream that failed inside the server is not sent again, and may have been executed', async () => {
  const script = ({ http2 }) => http2.close(constants.NGHTTP2_INTERNAL_ERROR);
  const { found, requests } = await calls(script, [{ n: 1 }], { maxRetries: 2 });
  const error = found[0];
  assert.ok(error instanceof APIConnectionError, error);
  assert.equal(error.mayHaveExecuted, true);
  assert.equal(error.attempts.length, 1);
  assert.deepEqual(requests, SENT_TWICE.slice(0, 1));
});

test('rootCertificates may be the path of a PEM file', async () => {
  const server = await startHttp2Server((request) => executes(request, []));
  const rootCertificates = fileURLToPath(new URL('support/tls/authority.pem', import.meta.url));
  const client = new Client({ ...server.options, rootCertificates });
  assert.deepEqual(await client.call('echo', { n: 1 }), { n: 1 });
  await client.close();
  await server.close();
});
