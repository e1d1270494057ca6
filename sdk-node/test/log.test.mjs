// The lines of the log on standard error.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { run } from './support/program.mjs';
import { surface } from './support/surface.mjs';

const BODY = 'words of the body';

/** What `RUNTYPE_LOG=info` writes of one call with a retry, in every language. */
const LINES = [
  String.raw`INFO runtype_surface: retry capability=echo attempt=1 status=429 wait_ms=1\.0`,
  String.raw`INFO runtype_surface: call capability=echo status=200 duration_ms=\d+\.\d attempts=2 request_id=req_\w+ key_hint=papi_…\w+`,
];

const rows = [
  ['', 'info', LINES],
  ["{ logLevel: 'info' }", 'off', LINES],
  ['', '', []],
  ["{ logLevel: 'off' }", 'debug', []],
  ['', 'error', []],
];

for (const [options, variable, expected] of rows) {
  test(`the lines on standard error are those of every language: ${options || 'no option'}, RUNTYPE_LOG=${variable}`, async () => {
    const { env, fault } = await surface();
    await fault({ kind: 'status', status: 429, json: { error: BODY }, headers: { 'retry-after-ms': '1' }, times: 1 });
    const program = `
      import { Client } from 'runtype-surface';
      await new Client(${options}).call('echo', { input: '${BODY}' });`;
    const { stderr } = await run(program, { ...env, RUNTYPE_LOG: variable });
    const lines = stderr.split('\n').filter((line) => line !== '');
    assert.equal(lines.length, expected.length, stderr);
    for (const [place, pattern] of expected.entries()) {
      assert.match(lines[place], new RegExp(String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ${pattern}$`));
    }
    assert.ok(!stderr.includes(BODY) && !stderr.includes(env.RUNTYPE_PRODUCT_API_KEY), stderr);
  });
}
