// Runs the conformance suite (mock-server/conformance/) against this package.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { runCase } from './support/conformance-case.mjs';

const folder = join(import.meta.dirname, '../../mock-server/conformance');

const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== 'schema.json')
  .flatMap((file) => {
    const topic = file.replace('.json', '');
    return JSON.parse(readFileSync(join(folder, file), 'utf8')).map((one) => ({ topic, ...one }));
  });

test('the suite is found', () => {
  assert.ok(cases.length >= 100, `only ${cases.length} cases were found`);
});

describe('conformance', { concurrency: 8 }, () => {
  cases.forEach(({ topic, ...one }, number) => {
    test(`${topic}: ${one.name}`, () => runCase(one, `CASE_${number}_RUNTYPE`));
  });
});
