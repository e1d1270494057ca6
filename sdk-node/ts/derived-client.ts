// What makes a client that is derived from another one.

import type { Environment } from './environment.js';
import type { RunHooks } from './hook-runner.js';
import type { InFlight } from './in-flight.js';
import type { native } from './native.js';
import type { WatchedCalls } from './watched-call.js';

type NativeClient = InstanceType<typeof native.Client>;

/** What a client shares with those that are derived from it. */
export interface SharedParts {
  readonly address: string;
  readonly runHooks: RunHooks;
  readonly watchedCalls: WatchedCalls;
  /** Set where the key comes from the environment. */
  readonly environment: Environment | undefined;
}

/** What a derived client is made of. */
export class Derived {
  readonly #brand = true;

  constructor(
    readonly native: NativeClient,
    readonly shared: SharedParts,
    readonly inFlight: InFlight,
  ) {}

  /** Runs no code of a proxy, which options may be. */
  static is(options: object | null): options is Derived {
    return typeof options === 'object' && options !== null && #brand in options;
  }
}
