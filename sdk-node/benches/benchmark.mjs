// Measures the package against Node's own fetch (undici) in one run, at the server whose URL is given. `make bench` runs it.

import process from 'node:process';

import { Client } from '../dist/index.mjs';

const ROUNDS = 9;
const CALLS = 1_000;
const [baseUrl] = process.argv.slice(2);
const url = `${baseUrl}/v1/products/p/surfaces/s/api/agent`;
const headers = { authorization: 'Bearer papi_benchmark_0001', 'content-type': 'application/json' };
const input = { input: 'text' };
const client = new Client({ apiKey: 'papi_benchmark_0001', productId: 'p', surfaceId: 's', baseUrl });

async function streamOurs() {
  let count = 0;
  for await (const event of client.stream('agent', input)) if (event.data !== null) count += 1;
  return count;
}

// By the lines of this one stream.
async function streamUndici() {
  const response = await fetch(`${url}?stream=true`, { method: 'POST', headers, body: JSON.stringify(input) });
  const decoder = new TextDecoder();
  let rest = '';
  let count = 0;
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) if (line.startsWith('data: ') && JSON.parse(line.slice(6)) !== null) count += 1;
  }
  return count;
}

async function callsOurs() {
  let count = 0;
  for (let number = 0; number < CALLS; number += 1) if ((await client.call('agent', input)).words > 0) count += 1;
  return count;
}

async function callsUndici() {
  let count = 0;
  for (let number = 0; number < CALLS; number += 1) {
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
    if ((await response.json()).words > 0) count += 1;
  }
  return count;
}

function median(times) {
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)];
}

// Rounds alternate, and medians are printed, since the machine may be shared.
async function compare(what, ours, theirs, expected) {
  const times = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, run] of [ours, theirs].entries()) {
      const began = performance.now();
      const count = await run();
      times[index].push(performance.now() - began);
      if (count !== expected) throw new Error(`${run.name} gave ${count}, not ${expected}`);
    }
  }
  const [mine, other] = times.map(median);
  console.log(
    `Node: ${what}: ${mine.toFixed(1)} ms; fetch: ${other.toFixed(1)} ms; ${(other / mine).toFixed(1)} times as fast`,
  );
}

await compare('10,000 events', streamOurs, streamUndici, 10_000);
await compare('1,000 calls, one after another', callsOurs, callsUndici, CALLS);
