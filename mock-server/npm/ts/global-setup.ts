// The global setup of a test run, for vitest and jest: one mock for all their workers, which `startMock` finds.

import process from 'node:process';

import { findMockBinary } from './mock-binary.js';
import { CONTROL_TOKEN, CONTROL_URL, MockProcess } from './mock-process.js';

/** Starts the mock, and returns what stops it. Each `startMock()` of the run is then a surface of its own on that mock. */
export default async function setup(): Promise<() => Promise<void>> {
  if (process.env[CONTROL_URL]) return async () => {};
  const mock = await MockProcess.start(findMockBinary(), []);
  for (const name of [CONTROL_URL, CONTROL_TOKEN]) {
    if (mock.env[name] !== undefined) process.env[name] = mock.env[name];
  }
  return async () => {
    delete process.env[CONTROL_URL];
    delete process.env[CONTROL_TOKEN];
    await mock.stop();
  };
}
