// Makes one call with the options in OPTIONS, and prints one line of JSON for it.

import { createRequire } from 'node:module';
import process from 'node:process';

// A package may require itself by its name, and this file is outside of it.
const { Client } = createRequire(new URL('../../../../sdk-node/package.json', import.meta.url))('runtype-surface');

const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const options = Object.entries(JSON.parse(process.env.OPTIONS)).map(([name, value]) => [camelCase(name), value]);
try {
  const client = new Client({ ...Object.fromEntries(options), maxRetries: 0 });
  console.log(JSON.stringify({ output: await client.call('echo', { a: 1 }) }));
} catch ({ message, mayHaveExecuted }) {
  console.log(JSON.stringify({ text: message, may_have_executed: mayHaveExecuted }));
}
