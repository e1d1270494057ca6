// Summarizes a text file, then shows the errors of a revoked key and of a key without the scope.
//
// The surface and the keys come from the environment. The other two clients read variables with their own prefixes,
// REVOKED_RUNTYPE_… and SCOPED_RUNTYPE_….

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

// A key without the scope: 403.
try {
  await Client.fromEnv({ prefix: 'SCOPED_RUNTYPE' }).call('echo', article);
} catch (error) {
  if (!(error instanceof PermissionDeniedError)) throw error;
  console.log(`${error.name}: ${error.message}`);
}
