// Builds the mock's binary, which `napi build` leaves out, and copies it next to the native part of this package.
//
// node scripts/pack-mock.mjs [debug|release]

import { execFileSync } from 'node:child_process';
import { constants, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const [profile = 'debug'] = process.argv.slice(2);
const root = join(import.meta.dirname, '..');

// The target and the packages are those of the build before: with others, cargo would rebuild everything.
const target =
  process.env.CARGO_BUILD_TARGET ||
  execFileSync('rustc', ['-vV'], { encoding: 'utf8' })
    .split('\n')
    .find((line) => line.startsWith('host: '))
    .slice('host: '.length);
const packages =
  profile === 'release' ? ['--release', '-p', 'runtype-surface-node', '-p', 'runtype-mock'] : ['--workspace'];
execFileSync('cargo', ['build', ...packages, '--target', target, '--bin', 'runtype-mock', '--locked'], {
  cwd: root,
  stdio: 'inherit',
});

const metadata = execFileSync('cargo', ['metadata', '--format-version=1', '--no-deps', '--offline'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
});
const name = process.platform === 'win32' ? 'runtype-mock.exe' : 'runtype-mock';
const built = join(JSON.parse(metadata).target_directory, target, profile, name);
copyFileSync(built, join(root, 'native', name), constants.COPYFILE_FICLONE);
