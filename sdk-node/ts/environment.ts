// The variables that configure a client, from `process.env`.

import process from 'node:process';

import { native } from './native.js';
import { unwrap } from './native-error.js';

type VariableNames = Extract<ReturnType<typeof native.variableNames>, { prefix: string }>;

/**
 * Reads the variables for the core. It cannot read them itself: a worker thread has an environment of its own, and
 * `process.env` may be written while the core's threads run.
 */
export class Environment {
  readonly #names: VariableNames;
  /** The variables that may hold a key or its file's path. */
  readonly #keyNames: readonly string[];
  #keys: readonly (string | undefined)[];

  /** @throws `ConfigurationError` for what can be no prefix. */
  constructor(prefix: string | undefined, keyVariable: string | undefined) {
    this.#names = unwrap(native.variableNames(prefix));
    this.#keyNames = keyVariable === undefined ? [this.#names.key, this.#names.keyFile] : [keyVariable];
    this.#keys = this.#readKeys();
  }

  /** All variables under the prefix, and the one that holds the key. */
  variables(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of Object.keys(process.env)) {
      const value = process.env[name];
      const isOurs = name.startsWith(this.#names.prefix) || this.#keyNames.includes(name);
      if (isOurs && value !== undefined) found[name] = value;
    }
    return found;
  }

  /** Whether the key's variables have changed since the last check. */
  hasAnotherKey(): boolean {
    const before = this.#keys;
    this.#keys = this.#readKeys();
    return this.#keys.some((key, position) => key !== before[position]);
  }

  #readKeys(): readonly (string | undefined)[] {
    return this.#keyNames.map((name) => process.env[name]);
  }
}
