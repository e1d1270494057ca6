// Calls with a `Client`: each number once, a given count at once. Prints one line of JSON for each call.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';

// A package may require itself by its name, and this file is outside of it.
const { Client } = createRequire(new URL('../../../../sdk-node/package.json', import.meta.url))('runtype-surface');

const [calls, atOnce] = process.argv.slice(2).map(Number);
const client = new Client({ rootCertificates: readFileSync(process.env.AUTHORITY, 'utf8') });
let next = 0;

async function call() {
  while (next < calls) {
    const number = next++;
    const found = { number };
    try {
      found.output = await client.call('echo', { number });
    } catch (error) {
      found.error = String(error);
      found.may_have_executed = error.mayHaveExecuted ?? null;
    }
    process.stdout.write(`${JSON.stringify(found)}\n`);
  }
}

await Promise.all(Array.from({ length: atOnce }, call));
await client.close();
