// The variables that configure a client, from `process.env`.

import process from 'node:process';

const DEFAULT_PREFIX = 'RUNTYPE';

/**
 * Reads the variables for the core. It cannot read them itself: a worker thread has an environment of its own, and
 * `process.env` may be written while the core's threads run.
 */
export class Environment {
  readonly #prefix: string;
  readonly #keyNames: readonly [string, string];
  #keys: readonly [string | undefined, string | undefined];

  constructor(prefix = DEFAULT_PREFIX) {
    this.#prefix = prefix;
    const stem = prefix.endsWith('_') ? prefix : `${prefix}_`;
    this.#keyNames = [`${stem}PRODUCT_API_KEY`, `${stem}PRODUCT_API_KEY_FILE`];
    this.#keys = this.#readKeys();
  }

  /** All variables under the prefix. */
  variables(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of Object.keys(process.env)) {
      const value = process.env[name];
      if (name.startsWith(this.#prefix) && value !== undefined) found[name] = value;
    }
    return found;
  }

  /** Whether the key's variables have changed since the last check. */
  hasAnotherKey(): boolean {
    const before = this.#keys;
    this.#keys = this.#readKeys();
    return this.#keys[0] !== before[0] || this.#keys[1] !== before[1];
  }

  #readKeys(): readonly [string | undefined, string | undefined] {
    return [process.env[this.#keyNames[0]], process.env[this.#keyNames[1]]];
  }
}
