// Proves the figures of `callMany` at the mock that the environment names. Called by `make prove-many`.

import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

import { AuthenticationError, Client } from '../dist/index.mjs';

const ROWS = 80;
const AT_ONCE = 8;
/** How long the reader looks at a result. */
const LOOK_MS = 20;
const MOST_TIMES = 1.1;
const REFUSED_ROWS = 20_000;
/** Rows for the cost in CPU time, which must be no more than so many times that of a loop of calls. */
const QUICK_ROWS = 10_000;
const MOST_TIMES_CPU = 1.5;
const ROUNDS = 3;

const client = new Client();
const inputs = Array.from({ length: ROWS }, (_, n) => ({ n }));
let isMissed = false;

function check(what, unit, most, measured) {
  const digits = unit === 'requests' ? 0 : 2;
  console.log(`Node: ${what}: expected at most ${most.toFixed(digits)} ${unit}, measured ${measured.toFixed(digits)}`);
  isMissed ||= measured > most;
}

/** Calls with a pool of promises: as many calls at once, and each result in the order of the inputs. */
async function* pool(capability, given) {
  const pending = new Array(given.length);
  let next = 0;
  const resolveBegun = [];
  const work = async () => {
    while (next < given.length) {
      const index = next++;
      const output = client.call(capability, given[index]);
      pending[index] = output;
      for (const resolve of resolveBegun.splice(0)) resolve();
      await output;
    }
  };
  const workers = Array.from({ length: AT_ONCE }, work);
  for (let index = 0; index < given.length; index += 1) {
    while (pending[index] === undefined) await new Promise((resolve) => resolveBegun.push(resolve));
    yield await pending[index];
  }
  await Promise.all(workers);
}

async function* many(capability, given) {
  for await (const { output } of client.callMany(capability, given, { concurrency: AT_ONCE })) yield output;
}

async function seconds(outputs) {
  const began = performance.now();
  let count = 0;
  for await (const { n } of outputs('slow', inputs)) {
    if (n !== count++) throw new Error(`${n} is not the output of input ${count - 1}`);
    await pause(LOOK_MS);
  }
  return (performance.now() - began) / 1e3;
}

async function cpuSeconds(outputs) {
  const given = Array.from({ length: QUICK_ROWS }, (_, n) => ({ n }));
  const began = process.cpuUsage();
  let count = 0;
  for await (const { n } of outputs('echo', given)) if (n === count) count += 1;
  if (count !== QUICK_ROWS) throw new Error('an output is missing');
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}

/** The least of some rounds. */
async function least(measure, outputs, rounds) {
  let found = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) found = Math.min(found, await measure(outputs));
  return found;
}

await client.call('slow', {});
const poolSeconds = await least(seconds, pool, 2);
const rows = `${ROWS} rows of 200 ms, ${AT_ONCE} at once, ${LOOK_MS} ms a result`;
check(
  `${rows}: promise pool ${poolSeconds.toFixed(2)} s`,
  's',
  poolSeconds * MOST_TIMES,
  await least(seconds, many, 2),
);

const poolCpu = await least(cpuSeconds, pool, ROUNDS);
const quick = `${QUICK_ROWS} quick rows: promise pool ${poolCpu.toFixed(2)} s of CPU time`;
check(quick, 's', poolCpu * MOST_TIMES_CPU, await least(cpuSeconds, many, ROUNDS));

let requests = 0;
const refused = new Client({ apiKey: 'papi_revoked_long_ago', beforeAttempt: () => requests++ });
const refusedInputs = Array.from({ length: REFUSED_ROWS }, (_, n) => ({ n }));
for await (const { error } of refused.callMany('slow', refusedInputs, { concurrency: AT_ONCE })) {
  if (!(error instanceof AuthenticationError)) throw new Error('a row has no AuthenticationError');
}
check(`${REFUSED_ROWS} rows with a refused key`, 'requests', AT_ONCE + 1, requests);
process.exitCode = isMissed ? 1 : 0;
