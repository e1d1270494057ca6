// Programs in worker threads.

import process from 'node:process';
import { Worker } from 'node:worker_threads';

/** Runs a program in a worker thread, with variables of its own; `message` resolves to its first message. */
export function runInWorker(program, env) {
  const worker = new Worker(program, { eval: true, env: { ...process.env, ...env } });
  const message = new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, message };
}
