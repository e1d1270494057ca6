// An HTTP/2 server that does to each request exactly what a test's script says.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const pem = (name) => readFileSync(new URL(`tls/${name}.pem`, import.meta.url), 'utf8');

/**
 * Starts a server on a free port of loopback. The script gets each request when it is complete: its connection (counted from
 * 1), its stream's id, its input, and `http2`, Node's own stream.
 */
export async function startHttp2Server(script) {
  const requests = [];
  const problems = [];
  const sessions = new Map();
  const sockets = new Map();
  const server = createSecureServer({ cert: pem('server'), key: pem('server-key'), allowHTTP1: false });
  server.on('secureConnection', (socket) => sockets.set(socket.remotePort, socket));
  server.on('session', (session) => sessions.set(session, sessions.size + 1));
  server.on('stream', async (http2) => {
    // A stream that the script refuses or resets says so here as well.
    http2.on('error', () => {});
    try {
      const { session, id } = http2;
      let body = '';
      for await (const text of http2.setEncoding('utf8')) body += text;
      const request = { connection: sessions.get(session), stream: id, input: JSON.parse(body) };
      requests.push(request);
      script({ ...request, http2, socket: sockets.get(session.socket.remotePort) });
    } catch (problem) {
      problems.push(problem);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    /** What has come, in the order in which it was complete. */
    requests,
    /** What went wrong on the server's side. */
    problems,
    /** What a client needs in order to call it. */
    options: {
      apiKey: 'papi_of_no_account_12345678',
      productId: 'prod_x',
      surfaceId: 'surf_x',
      baseUrl: `https://127.0.0.1:${server.address().port}`,
      rootCertificates: pem('authority'),
    },
    async close() {
      for (const session of sessions.keys()) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Sends a whole response. */
export function respond({ http2 }, output, status = 200, headers = {}) {
  http2.respond({ ':status': status, 'content-type': 'application/json', ...headers });
  http2.end(JSON.stringify(output));
}
