// Builds the mock's binary for development and copies it into `native`, where the kit finds it: `build-binary.mjs`.

import { execFileSync } from 'node:child_process';
import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..');
const output = (command, ...options) =>
  execFileSync(command, options, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });

// The whole workspace, as in the Makefile: with other packages, cargo would select other features and rebuild everything.
const target = process.env.CARGO_BUILD_TARGET || /^host: (.*)$/m.exec(output('rustc', '-vV'))[1];
execFileSync('cargo', ['build', '--workspace', '--target', target, '--bin', 'runtype-mock', '--locked'], {
  cwd: root,
  stdio: 'inherit',
});

const metadata = JSON.parse(output('cargo', 'metadata', '--format-version=1', '--no-deps', '--offline'));
const name = process.platform === 'win32' ? 'runtype-mock.exe' : 'runtype-mock';
mkdirSync(join(root, 'native'), { recursive: true });
copyFileSync(
  join(metadata.target_directory, target, 'debug', name),
  join(root, 'native', name),
  constants.COPYFILE_FICLONE,
);
