// Loads the native part of this package: a local build, else the package for this platform, and nothing else.

import process from 'node:process';
import type * as Native from '../native/index.cjs';

export type {
  CallManyOptions as NativeCallManyOptions,
  CallOptions as NativeCallOptions,
  ClientOptions as NativeClientOptions,
} from '../native/index.cjs';

/** `packaging/platforms.json` of the repository, which the build copies. */
interface Platforms {
  readonly scope: string;
  readonly platforms: readonly { readonly name: string; readonly os: string; readonly cpu: string }[];
}

function load(): typeof Native {
  const { scope, platforms }: Platforms = require('./platforms.json');
  const here = `${process.platform} ${process.arch}, Node ${process.version}`;
  const suitable = platforms.filter(({ os, cpu }) => os === process.platform && cpu === process.arch);
  const packages = suitable.map(({ name }) => `${scope}/${name}`);
  // Two packages differ in their C library, and both may be installed: the wrong one fails to load.
  let failure: unknown;
  for (const name of [...suitable.map(({ name }) => `../native/runtype-surface.${name}.node`), ...packages]) {
    try {
      return require(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') failure ??= error;
    }
  }
  if (suitable.length === 0) {
    const names = platforms.map(({ name }) => name).join(', ');
    throw new Error(`runtype-surface does not support this platform (${here}). Supported platforms: ${names}`);
  }
  if (failure !== undefined) {
    throw new Error(
      `the native part of runtype-surface cannot be loaded (${here}): ${failure instanceof Error ? failure.message : failure}`,
      { cause: failure },
    );
  }
  throw new Error(
    `runtype-surface needs its optional dependency ${packages.join(' or ')}, which is not installed (${here}). Install ` +
      'on the platform that runs the program, without --omit=optional. In a bundle, mark runtype-surface as external: ' +
      'a native module cannot be bundled',
  );
}

export const native = load();
