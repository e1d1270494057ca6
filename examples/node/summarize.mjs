// Summarises a text file, and shows what a revoked key and a key of another scope give.
//
// The surface and the keys come from the environment. The two other clients read the same variables under prefixes of
// their own, REVOKED_RUNTYPE_… and SCOPED_RUNTYPE_….

import { readFile } from 'node:fs/promises';
import process from 'node:process';

import { AuthenticationError, Client, PermissionDeniedError } from 'runtype-surface';

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: summarize.mjs FILE');
  process.exit(1);
}
const article = { input: await readFile(path, 'utf8') };

const client = new Client();
const out = await client.call('summarize-article', article);
console.log(`${out.words} words: ${out.summary}`);

// A revoked key: 401.
try {
  await Client.fromEnv({ prefix: 'REVOKED_RUNTYPE' }).call('summarize-article', article);
} catch (error) {
  if (!(error instanceof AuthenticationError)) throw error;
  console.log(`${error.name}: ${error.message}`);
}

// A key whose scope is another capability: 403.
try {
  await Client.fromEnv({ prefix: 'SCOPED_RUNTYPE' }).call('echo', article);
} catch (error) {
  if (!(error instanceof PermissionDeniedError)) throw error;
  console.log(`${error.name}: ${error.message}`);
}
