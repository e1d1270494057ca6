// Where the mock's binary is.

import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** `packaging/platforms.json` of the repository, which the build copies. */
interface Platforms {
  readonly scope: string;
  readonly platforms: readonly {
    readonly name: string;
    readonly os: string;
    readonly cpu: string;
    readonly libc?: string;
  }[];
}

const NAME = process.platform === 'win32' ? 'runtype-mock.exe' : 'runtype-mock';

/**
 * The binary `runtype-mock`: the one that `RUNTYPE_MOCK_BIN` names, else the one for this platform that was installed with
 * this package, else on `PATH`.
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
  // In a checkout, the build of `npm run build`; the published package has no such folder.
  const built = join(__dirname, '..', 'native', NAME);
  if (isExecutable(built)) return built;
  const { packages, supported } = platformPackages();
  for (const name of packages) {
    const packaged = resolved(`${name}/${NAME}`);
    if (packaged !== undefined) return packaged;
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = join(folder, NAME);
    if (folder !== '' && isExecutable(found) && !isScript(found)) return found;
  }
  const here = `${process.platform} ${process.arch}, Node ${process.version}`;
  const why =
    packages.length === 0
      ? `runtype-mock has no binary for this platform (${here}). Supported platforms: ${supported}`
      : `runtype-mock needs its optional dependency ${packages.join(' or ')}, which is not installed (${here}). Install on the ` +
        'platform that runs the tests, without --omit=optional; in a bundle, mark runtype-mock as external';
  throw new Error(`${why}. Or build it with \`cargo install runtype-mock\` and name it by RUNTYPE_MOCK_BIN`);
}

/** The packages that have a binary for this platform, and the platforms that are supported. */
function platformPackages(): { packages: string[]; supported: string } {
  const { scope, platforms }: Platforms = require('./platforms.json');
  const ours = isMusl() ? 'musl' : 'glibc';
  const packages = platforms
    .filter(({ os, cpu, libc = ours }) => os === process.platform && cpu === process.arch && libc === ours)
    .map(({ name }) => `${scope}/mock-${name}`);
  return { packages, supported: platforms.map(({ name }) => name).join(', ') };
}

function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  // Bun and Deno have no report, and run on glibc.
  const report = process.report?.getReport?.() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header !== undefined && report.header.glibcVersionRuntime === undefined;
}

function resolved(module: string): string | undefined {
  try {
    return require.resolve(module);
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The command of this package has the binary's name: it is not it. */
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
