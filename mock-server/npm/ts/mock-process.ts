// The process of a mock.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import type { Readable, Stream } from 'node:stream';

/** The mocks that run; they do not outlive this process. */
const running = new Set<ChildProcess>();

function stopAll(): void {
  for (const child of running) child.kill();
}

/** A mock that listens. */
export class MockProcess {
  /** The variables that it printed. */
  readonly env: Readonly<Record<string, string>>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, env: Record<string, string>) {
    this.#child = child;
    this.env = env;
  }

  /** Starts the binary and waits until it listens. */
  static async start(binary: string, options: readonly string[]): Promise<MockProcess> {
    // Its log is not read, and a pipe that nobody reads would hold it up. The end of its input ends it, however this
    // process ends.
    const command = ['serve', '--format', 'json', '--log', 'none', '--exit-with-stdin', ...options];
    const child = spawn(binary, command, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    if (running.size === 0) process.on('exit', stopAll);
    running.add(child);
    const said = texts(child.stderr);
    const first = await firstLine(child);
    if (first === undefined) {
      forget(child);
      throw new Error(`the mock (${binary}) did not start: ${(await said).trim()}`);
    }
    // A mock that nobody closes keeps no process alive.
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) (pipe as Stream & { unref?(): void }).unref?.();
    return new MockProcess(child, JSON.parse(first));
  }

  /** Stops it and waits until it has ended. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!running.has(child)) return;
    forget(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
}

function forget(child: ChildProcess): void {
  running.delete(child);
  if (running.size === 0) process.off('exit', stopAll);
}

/** What it prints once it listens; nothing where it ends before. */
async function firstLine(child: ChildProcess): Promise<string | undefined> {
  let text = '';
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const read = (async () => {
    for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) return text.slice(0, end);
    }
    return undefined;
  })();
  try {
    return await Promise.race([read, failed]);
  } catch (cause) {
    forget(child);
    throw new Error('the mock cannot be executed', { cause });
  } finally {
    child.stdout?.resume();
  }
}

async function texts(pipe: Readable | null): Promise<string> {
  let text = '';
  pipe?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  if (pipe !== null) await once(pipe, 'close');
  return text;
}
