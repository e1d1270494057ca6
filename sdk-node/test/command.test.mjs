// The command, started as `npx runtype-surface` starts it: it writes what the Rust binary writes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';

import { surface } from './support/surface.mjs';

const CASES = JSON.parse(await readFile(join(import.meta.dirname, '../../sdk-core/tests/command/cases.json'), 'utf8'));
const PACKAGE = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8'));
const COMMAND = join(import.meta.dirname, '..', PACKAGE.bin['runtype-surface']);
const FOLDER = await mkdtemp(join(tmpdir(), 'runtype-command-'));
after(() => rm(FOLDER, { recursive: true }));

assert.ok(CASES.length >= 20);

/** Starts the command with these variables, and none of the test run's own. */
function start(args, variables) {
  const mine = Object.entries(process.env).filter(([name]) => !/^RUNTYPE_|^SSL_CERT_|_PROXY$/i.test(name));
  const env = Object.entries({ ...Object.fromEntries(mine), ...variables }).filter(([, value]) => value !== null);
  return spawn(process.execPath, [COMMAND, ...args], { env: Object.fromEntries(env) });
}

for (const raw of CASES) {
  test(raw.name, async () => {
    const made = await surface(raw.surface);
    const places = {
      '{program}': 'npx runtype-surface',
      '{version}': PACKAGE.version,
      '{address}': made.env.RUNTYPE_BASE_URL.replace('http://', ''),
      '{base_url}': made.env.RUNTYPE_BASE_URL,
      '{product_id}': made.env.RUNTYPE_PRODUCT_ID,
      '{surface_id}': made.id,
      '{dir}': FOLDER,
    };
    const fill = (text) => Object.entries(places).reduce((text, [place, value]) => text.replaceAll(place, value), text);
    const filled = Object.entries(raw.environment ?? {}).map(([name, value]) => [name, value && fill(value)]);
    const child = start(raw.arguments.map(fill), { ...made.env, ...Object.fromEntries(filled) });
    // The command may end without reading it.
    child.stdin.on('error', () => {});
    child.stdin.end(raw.stdin ?? '');
    const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    const found = [stdout, stderr].map((written) => written.replace(/(exec_|req_)[A-Za-z0-9]*/g, '$1…'));
    const expected = [raw.stdout, raw.stderr].map((lines = []) => lines.map((line) => `${fill(line)}\n`).join(''));
    assert.deepEqual([status, ...found], [raw.status, ...expected]);
    for (const key of made.keys) assert.ok(!stdout.includes(key) && !stderr.includes(key));
  });
}

test('Ctrl-C ends a call at once', { skip: process.platform === 'win32' }, async () => {
  const { env, fault, journalShows } = await surface();
  await fault({ kind: 'stall' });
  const child = start(['call', 'echo'], env);
  await journalShows([{ capability: 'echo' }]);
  child.kill('SIGINT');
  // Shells show it as 130.
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGINT']);
});

test('a reader that has seen enough is no error', async () => {
  const { env } = await surface();
  const child = start(['call', 'echo'], env);
  child.stdout.destroy();
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  assert.deepEqual([status, stderr], [141, '']);
});
