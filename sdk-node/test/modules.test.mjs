import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';
import { test } from 'node:test';

import * as esm from 'runtype-surface';

const require = createRequire(import.meta.url);
const cjs = require('runtype-surface');

test('import and require give the same objects under the same names', () => {
  const byImport = new Map(Object.entries(esm));
  const byRequire = Object.entries(cjs);
  assert.equal(byImport.size, byRequire.length);
  for (const [name, value] of byRequire) assert.equal(byImport.get(name), value, name);
});

test('a bundle for browsers gets the reason why there is none', () => {
  const load = () =>
    execFileSync(process.execPath, ['--conditions=browser', '--eval', "require('runtype-surface')"], {
      cwd: import.meta.dirname,
      stdio: 'pipe',
    });
  assert.throws(load, /does not run in a browser: a product key must never reach browser JavaScript/);
});
