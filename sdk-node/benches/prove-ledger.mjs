// One run of `.ci/prove-ledger`, which kills it and starts it again: calls with a ledger, or a measurement.

import process from 'node:process';

import { Client, LedgerError } from 'runtype-surface';

const AT_ONCE = 64;
const { PROVE_LEDGER: LEDGER, PROVE_INPUTS, PROVE_MODE } = process.env;
const INPUTS = Number(PROVE_INPUTS);

function* inputs() {
  for (let id = 0; id < INPUTS; id += 1) yield { id };
}

/** Calls for each input, and says how they ended. */
async function run(client) {
  const told = { answered: 0, replayed: 0, failed: 0, held: 0, wrong: 0 };
  const options = { concurrency: AT_ONCE, attemptTimeoutMs: 1000, ledger: LEDGER, id: 'id' };
  for await (const { ok, replayed, output, input, error } of client.callMany('echo', inputs(), options)) {
    if (ok) {
      told.answered += 1;
      told.replayed += replayed ? 1 : 0;
      told.wrong += output.id === input.id ? 0 : 1;
    } else if (error instanceof LedgerError) told.held += 1;
    else told.failed += 1;
  }
  return told;
}

async function seconds(client, options) {
  const began = performance.now();
  for await (const { ok, error } of client.callMany('slow', inputs(), { concurrency: AT_ONCE, ...options })) {
    if (!ok) throw error;
  }
  return (performance.now() - began) / 1e3;
}

/** The rates without and with a ledger, the best of three each, by turns. */
async function measure(client) {
  let [without, ledger] = [Infinity, Infinity];
  for (let turn = 0; turn < 3; turn += 1) {
    without = Math.min(without, await seconds(client, {}));
    ledger = Math.min(ledger, await seconds(client, { ledger: `${LEDGER}.${turn}`, id: 'id' }));
  }
  return { without: Math.round(INPUTS / without), ledger: Math.round(INPUTS / ledger) };
}

const client = new Client();
console.log(JSON.stringify(PROVE_MODE === 'measure' ? await measure(client) : await run(client)));
