// Checks and compiles TypeScript: `{ name: code }` as JSON on standard input, `{ name: { problems, javascript } }` on standard output.

import { readFileSync } from 'node:fs';

import { serviceOf, withoutTypes } from '../../sdk-node/test/support/typescript.mjs';

const sources = Object.entries(JSON.parse(readFileSync(0, 'utf8')));
const file = (name) => `${name.replaceAll(/\W/g, '-')}.mts`;
const service = serviceOf(Object.fromEntries(sources.map(([name, code]) => [file(name), code])));
const compiled = sources.map(([name, code]) => [
  name,
  { problems: service.problems(file(name)), javascript: withoutTypes(code) },
]);
process.stdout.write(JSON.stringify(Object.fromEntries(compiled)));
