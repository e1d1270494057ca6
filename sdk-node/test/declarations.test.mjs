// The packed declarations, as an application's compiler reads them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';

const require = createRequire(import.meta.url);
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'runtype-consumer-'));
after(() => rmSync(folder, { recursive: true }));

const compilers = Object.fromEntries(
  ['typescript', 'typescript5'].map((name) => {
    const { version, bin } = require(`${name}/package.json`);
    return [version, join(dirname(require.resolve(`${name}/package.json`)), bin.tsc)];
  }),
);

const configurations = {
  'strict and nothing else': { strict: true },
  'strict and the types of Node': { strict: true, types: ['node'] },
  'what a Node project has': { strict: true, types: ['node'], lib: ['es2022'], module: 'nodenext', target: 'es2022' },
};

/** Makes a project in which the package is installed as it is packed: what `files` names, the declarations alone. */
function project(name, application, compilerOptions) {
  const made = join(folder, name);
  const installed = join(made, 'node_modules/runtype-surface');
  const { files } = require('../package.json');
  // Folders, and in them declarations.
  const filter = (path) => lstatSync(path).isDirectory() || /\.d\.[cm]?ts$/.test(path);
  for (const part of files.filter((part) => !part.includes('*'))) {
    cpSync(join(root, part), join(installed, part), { recursive: true, filter });
  }
  cpSync(join(root, 'package.json'), join(installed, 'package.json'));
  if (compilerOptions.types !== undefined) {
    mkdirSync(join(made, 'node_modules/@types'));
    symlinkSync(join(root, 'node_modules/@types/node'), join(made, 'node_modules/@types/node'));
  }
  cpSync(join(import.meta.dirname, 'consumer', application), join(made, application));
  writeFileSync(join(made, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, noEmit: true } }));
  return made;
}

/** Compiles a project, and returns which files were read. */
async function filesOf(compiler, cwd) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, '--listFiles'], { cwd });
    return stdout.trim().split('\n');
  } catch ({ stdout }) {
    return assert.fail(stdout.replace(/^\S.*\.d\.[cm]?ts$\n/gm, ''));
  }
}

/** Fails where an application does not compile, or where its compiler reads a native type. */
async function checkCompiles(compiler, name, application, options) {
  const files = await filesOf(compiler, project(name, application, options));
  const own = files.filter((file) => file.includes('/node_modules/runtype-surface/'));
  assert.ok(own.some((file) => file.endsWith('/dist/client.d.ts')));
  const native = own.filter((file) => file.includes('native'));
  assert.deepEqual(native, []);
}

describe('declarations', { concurrency: 2 }, () => {
  for (const [version, compiler] of Object.entries(compilers)) {
    for (const [title, options] of Object.entries(configurations)) {
      const name = `an application compiles under TypeScript ${version} with ${title}`;
      test(name, () => checkCompiles(compiler, name, 'client.ts', options));
    }
  }
});
