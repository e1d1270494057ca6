// Runs the examples of the README and of the doc comments, as they stand there, against the mock.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { startMock } from 'runtype-surface/testing';

import { run } from './support/program.mjs';

const mock = await startMock();
after(() => mock.close());

const root = join(import.meta.dirname, '..');
const modules = readdirSync(join(root, 'ts'), { recursive: true }).filter((file) => /\.m?ts$/.test(file));
const sources = ['README.md', ...modules.map((file) => join('ts', file))];

/** What the examples of a file print, in order. */
const printed = {
  'README.md': [
    /^A long text\.$/,
    /^You wrote: Where is my parcel\? .*today\.$/,
    /^echo, attempt 1: 200 after [\d.]+ ms$/,
    /^$/,
  ],
  'ts/client.ts': [/^A long text\.$/, /^0 \{ summary: 'One\.', words: 1 \}\n1 \{ summary: 'Two\.', words: 1 \}$/],
  'ts/errors.ts': [/^look before you repeat it: fails: 500 /],
  'ts/testing/mock-surface.ts': [/^$/],
  'ts/stream.ts': [/^You wrote: Where is my parcel\? .*today\.$/],
};

for (const source of sources) {
  const text = readFileSync(join(root, source), 'utf8').replace(/^ *\* ?/gm, '');
  const examples = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code);
  const expected = printed[source] ?? [];
  test(`${source} has its examples`, () => {
    assert.equal(examples.length, expected.length);
  });
  examples.forEach((code, number) => {
    test(`example ${number + 1} of ${source} does what it says`, async () => {
      const { stdout } = await run(code, mock.env);
      assert.match(stdout, expected[number]);
    });
  });
}
