// Compiles the examples of the README and of the doc comments, unchanged, and runs them against the mock.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { startMock } from 'runtype-mock';

import { run } from './support/program.mjs';
import { serviceOf, withoutTypes } from './support/typescript.mjs';

const mock = await startMock();
after(() => mock.close());

const root = join(import.meta.dirname, '..');
const modules = readdirSync(join(root, 'ts'), { recursive: true }).filter((file) => /\.m?ts$/.test(file));
const sources = ['../README.md', 'README.md', ...modules.map((file) => join('ts', file))];

/** What the examples of a file print, in order. */
const printed = {
  '../README.md': [/^A long text\.$/, /^You wrote: Where is my order\? .*today\.$/, /^0 One\.\n1 Two\.$/],
  'README.md': [
    /^A long text\.$/,
    /^0 One\.\n1 Two\.$/,
    /^You wrote: Where is my parcel\? .*today\.$/,
    /^(You wrote: Where is my parcel\? .*today\.)\n\1 completed \d+$/,
    /^echo, attempt 1: 200 after [\d.]+ ms$/,
    /^$/,
  ],
  'ts/client.ts': [/^A long text\.$/, /^0 One\.\n1 Two\.$/],
  'ts/errors.ts': [/^check its effects before retrying: fails: 500 /],
  'ts/stream.ts': [/^You wrote: Where is my parcel\? .*today\.$/],
  'ts/stream-event.ts': [/^You wrote: Where is my parcel\? .*today\. took number$/],
};

const examples = new Map();
for (const source of sources) {
  const text = readFileSync(join(root, source), 'utf8').replace(/^ *\* ?/gm, '');
  const found = [...text.matchAll(/^```(ts|js|typescript|javascript|mjs)\n(.*?)^```$/gms)];
  test(`${source} has its examples, in TypeScript`, () => {
    assert.deepEqual(
      found.map(([, language]) => language),
      (printed[source] ?? []).map(() => 'ts'),
    );
  });
  found.forEach(([, , code], number) => {
    examples.set(`example ${number + 1} of ${source}`, { code, expected: printed[source]?.[number] });
  });
}

const file = (name) => `${name.replaceAll(/\W/g, '-')}.mts`;
const service = serviceOf(Object.fromEntries([...examples].map(([name, { code }]) => [file(name), code])));

for (const [name, { code, expected }] of examples) {
  test(`${name} compiles`, () => assert.deepEqual(service.problems(file(name)), []));

  test(`${name} does what it says`, async () => {
    const { stdout } = await run(withoutTypes(code), mock.env);
    assert.match(stdout, expected);
  });
}
