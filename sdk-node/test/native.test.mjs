// Which native part is loaded: the package for this platform, and nothing else.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, test } from 'node:test';

const root = join(import.meta.dirname, '..');
const { scope, platforms } = JSON.parse(readFileSync(join(root, '../packaging/platforms.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'runtype-native-'));
after(() => rmSync(folder, { recursive: true }));

const built = readdirSync(join(root, 'native')).find((file) => file.endsWith('.node'));
const ours = built.replace(/^runtype-surface\.(.*)\.node$/, '$1');

/** An application's folder, in which the package is installed without a local build. */
function application(name) {
  const made = join(folder, name);
  const installed = join(made, 'node_modules/runtype-surface');
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
  return made;
}

/** Installs a native package under a name; without a file it holds what is no library. */
function install(made, name, file) {
  const installed = join(made, 'node_modules', name);
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, main: 'runtype-surface.node' }));
  const library = join(installed, 'runtype-surface.node');
  if (file === undefined) writeFileSync(library, 'no library');
  else copyFileSync(file, library);
  return library;
}

/** What a program that loads the package prints, or its error. */
function load(cwd, { before = '', env = {} } = {}) {
  const program = `${before}; console.log(require('runtype-surface').capabilitySlug('One Two'))`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', program], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return stdout.trim() || stderr;
}

test('the build for this platform is one of the supported', () => {
  assert.ok(platforms.some(({ name }) => name === ours));
});

test('the package for this platform is loaded', () => {
  const made = application('installed');
  install(made, `${scope}/${ours}`, join(root, 'native', built));
  assert.equal(load(made), 'one-two');
});

test('of two packages for this processor the one that can be loaded is loaded', () => {
  const made = application('two');
  const { os, cpu } = platforms.find(({ name }) => name === ours);
  for (const { name } of platforms.filter((one) => one.os === os && one.cpu === cpu)) {
    install(made, `${scope}/${name}`, name === ours ? join(root, 'native', built) : undefined);
  }
  assert.equal(load(made), 'one-two');
});

test('a missing package is named, with what to do', () => {
  const said = load(application('missing'));
  assert.ok(said.includes(`${scope}/${ours}`), said);
  assert.match(said, /which is not installed .*without --omit=optional.* mark runtype-surface as external/s);
});

test('a package that cannot be loaded is not called missing', () => {
  const made = application('broken');
  install(made, `${scope}/${ours}`);
  assert.match(load(made), /the native part of runtype-surface cannot be loaded \(.*\): .*runtype-surface\.node/);
});

test('on another platform the supported ones are named', () => {
  const before = "Object.defineProperty(process, 'platform', { value: 'sunos' })";
  const said = load(application('elsewhere'), { before });
  assert.match(said, /runtype-surface does not support this platform \(sunos /);
  for (const { name } of platforms) assert.ok(said.includes(name), name);
});

test('neither a variable nor a package without the scope replaces the native part', () => {
  const made = application('foreign');
  const foreign = `runtype-surface-${ours}`;
  const library = install(made, foreign, join(root, 'native', built));
  assert.match(load(made, { env: { NAPI_RS_NATIVE_LIBRARY_PATH: library } }), /which is not installed/);
});
