// Loads the native part of this package.

import process from 'node:process';
import type * as Native from '../native/index.cjs';

export type {
  CallManyOptions as NativeCallManyOptions,
  CallOptions as NativeCallOptions,
  ClientOptions as NativeClientOptions,
} from '../native/index.cjs';

function load(): typeof Native {
  try {
    return require('../native/index.cjs');
  } catch (cause) {
    throw new Error(
      `runtype-surface has no native part that runs here (${process.platform} ${process.arch}, Node ${process.version}): ` +
        'reinstall the package on this machine, or build it from its repository with `npm run build`',
      { cause },
    );
  }
}

export const native = load();
