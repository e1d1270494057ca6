#!/usr/bin/env node
// The command `runtype-mock`: runs the packaged binary with the same arguments, and ends as it ends.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';

import { findMockBinary } from './mock-binary.js';

function main(): void {
  const binary = findMockBinary();
  // From a terminal they reach the binary by themselves, being sent to the whole group; from elsewhere only this process. One may
  // come as soon as the binary runs, so they are caught before.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  const child = spawn(binary, process.argv.slice(2), { stdio: 'inherit' });
  child.on('error', fail);
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
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
