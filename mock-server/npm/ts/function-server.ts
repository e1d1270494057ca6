// A server for functions that answer: the mock asks it for their outputs.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { type MockFunction, Reply } from './mock-answer.js';

interface Asked {
  readonly capability: string;
  readonly input: unknown;
}

/** Runs functions for a mock on a free port of 127.0.0.1, each at a path that cannot be guessed. */
export class FunctionServer {
  readonly #functions: Map<string, MockFunction>;
  readonly #server: Server;
  readonly #port: number;

  private constructor(functions: Map<string, MockFunction>, server: Server) {
    this.#functions = functions;
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Starts. A server that nobody closes keeps no process alive. */
  static async start(): Promise<FunctionServer> {
    const functions = new Map<string, MockFunction>();
    const server = createServer((request, response) => void respond(functions, request, response));
    server.on('connection', (socket) => socket.unref());
    server.listen(0, '127.0.0.1').unref();
    await once(server, 'listening');
    return new FunctionServer(functions, server);
  }

  /** Adds a function and returns its URL. */
  register(run: MockFunction): string {
    const path = `/${randomBytes(16).toString('hex')}`;
    this.#functions.set(path, run);
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  /** Stops. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function respond(
  functions: ReadonlyMap<string, MockFunction>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const run = functions.get(request.url ?? '');
  const asked = (await json(request)) as Asked;
  const { output, status } =
    run === undefined ? new Reply({ error: 'Not found' }, 404) : await replyOf(run, asked).catch(failed(asked));
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(output));
}

async function replyOf(run: MockFunction, { input }: Asked): Promise<Reply> {
  const output = await run(input);
  const reply = output instanceof Reply ? output : new Reply(output);
  if (JSON.stringify(reply.output) === undefined) throw new TypeError('it returned what is not JSON');
  return reply;
}

function failed({ capability }: Asked): (error: unknown) => Reply {
  return (error) => new Reply({ error: `the function that answers \`${capability}\` failed: ${error}` }, 500);
}
