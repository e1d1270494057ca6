#!/usr/bin/env node
// The command `runtype-mock`: runs the packaged binary with the same arguments, and ends as it ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';

import { findMockBinary } from './mock-binary.js';

function main(): void {
  const binary = findMockBinary();
  // From a terminal they reach the binary by themselves, being sent to the whole group; from elsewhere only this process. One may
  // come as soon as the binary runs, so they are caught before.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  // Nothing tells the binary that this process was killed, so it watches it.
  const child = spawn(binary, ['--exit-with-process', String(process.pid), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // npx does not pass on that it was killed either. Elsewhere the parent may end as it likes, such as a shell that started a mock
  // in the background.
  if (process.env.npm_command === 'exec') endWithParent(child);
  child.on('error', fail);
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
}

function endWithParent(child: ChildProcess): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) child.kill();
  }, 200);
  timer.unref();
}

function fail(error: unknown): void {
  console.error(`runtype-mock: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

try {
  main();
} catch (error) {
  fail(error);
}
