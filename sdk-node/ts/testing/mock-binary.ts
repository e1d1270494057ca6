// Where the mock's binary is.

import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

const NAME = process.platform === 'win32' ? 'runtype-mock.exe' : 'runtype-mock';

/**
 * The binary `runtype-mock`: the one that `RUNTYPE_MOCK_BIN` names, else the one of this package, else on `PATH`.
 *
 * @throws An `Error` where there is none; its message says what to do.
 */
export function findMockBinary(): string {
  const named = process.env.RUNTYPE_MOCK_BIN;
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(
      `RUNTYPE_MOCK_BIN is ${named}, and no file there can be executed: name the binary, or unset the variable`,
    );
  }
  const packaged = join(__dirname, '..', '..', 'native', NAME);
  if (isExecutable(packaged)) return packaged;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = join(folder, NAME);
    if (folder !== '' && isExecutable(found) && !isScript(found)) return found;
  }
  throw new Error(
    'the binary runtype-mock is neither in this package nor on PATH: reinstall the package on this machine, or build the ' +
      'binary with `cargo build --bin runtype-mock` and name it by RUNTYPE_MOCK_BIN',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The command of this package and that of the Python package have the binary's name: they are not it. */
function isScript(path: string): boolean {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(2);
    readSync(file, start);
    return start.toString() === '#!';
  } finally {
    closeSync(file);
  }
}
