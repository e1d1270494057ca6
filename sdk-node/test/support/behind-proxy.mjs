// A TLS server that is also behind a proxy, and clients in processes of their own.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

import './environment.mjs';
import { run } from './program.mjs';

/** The path of a certificate or key of the tests. */
export const file = (name) => join(import.meta.dirname, 'trust', `${name}.pem`);

/** Its text. */
export const pem = (name) => readFileSync(file(name), 'utf8');

async function listen(server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that leaves has seen what it needed.
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Answers each request with its input; with `asks`, only clients with a certificate of the authority. */
export async function startServer({ asks = false } = {}) {
  const tls = { key: pem('server-key'), cert: pem('server'), ca: pem('authority') };
  const server = createHttpsServer({ ...tls, requestCert: asks, rejectUnauthorized: asks }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    request.pipe(response);
  });
  const started = await listen(server);
  return {
    ...started,
    /** What a client needs in order to call it, apart from the authority. */
    options: (host = 'localhost', more = {}) => ({
      apiKey: 'papi_of_no_account_12345678',
      productId: 'prod_x',
      surfaceId: 'surf_x',
      baseUrl: `https://${host}:${started.port}`,
      maxRetries: 0,
      ...more,
    }),
  };
}

/** A proxy of HTTP and of SOCKS 5 to one server, with or without a password. */
export async function startProxy(target, credentials) {
  const asked = [];
  const server = createServer(async (socket) => {
    const read = reader(socket);
    const isSocks = (await read(1))[0] === 5;
    const host = await (isSocks ? socks : tunnel)(socket, read, credentials);
    if (host === undefined) return socket.end();
    asked.push(host);
    const upstream = connect(target, '127.0.0.1');
    upstream.on('error', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  return { ...(await listen(server)), asked };
}

/** Reads so many bytes, and leaves the rest to the next reader. */
function reader(socket) {
  return async (count) => {
    for (;;) {
      const bytes = socket.read(count);
      if (bytes !== null) return bytes;
      await once(socket, 'readable');
    }
  };
}

async function tunnel(socket, read, credentials) {
  let head = 'C';
  while (!head.endsWith('\r\n\r\n')) head += (await read(1)).toString('latin1');
  const expected = `basic ${Buffer.from(credentials ?? '').toString('base64')}`;
  if (credentials !== undefined && !head.replace('Basic', 'basic').includes(expected)) {
    socket.write('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    return undefined;
  }
  socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
  return /^CONNECT (.*):\d+ /.exec(head)?.[1];
}

/** RFC 1928 and RFC 1929. */
async function socks(socket, read, credentials) {
  const text = async () => (await read((await read(1))[0])).toString();
  await text();
  socket.write(Buffer.from([5, credentials === undefined ? 0 : 2]));
  if (credentials !== undefined) {
    await read(1);
    const isRight = `${await text()}:${await text()}` === credentials;
    socket.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) return undefined;
  }
  await read(4);
  const host = await text();
  await read(2);
  socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
  return host;
}

const PROGRAM = `
  import { Client } from 'runtype-surface';
  try {
    const client = new Client(JSON.parse(process.env.OPTIONS));
    console.log(JSON.stringify({ output: await client.call('echo', { a: 1 }) }));
  } catch ({ name, option, message, mayHaveExecuted }) {
    console.log(JSON.stringify({ name, option, message, mayHaveExecuted }));
  }
`;

/** Calls in a process that has these variables. */
export async function callWith(options, variables = {}) {
  const { stdout } = await run(PROGRAM, { ...variables, OPTIONS: JSON.stringify(options) });
  return JSON.parse(stdout);
}
