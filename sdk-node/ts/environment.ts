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
  #keys: readonly [string | undefined, string | undefined];

  /** @throws `ConfigurationError` for what can be no prefix. */
  constructor(prefix: string | undefined) {
    this.#names = unwrap(native.variableNames(prefix));
    this.#keys = this.#readKeys();
  }

  /** All variables under the prefix. */
  variables(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of Object.keys(process.env)) {
      const value = process.env[name];
      if (name.startsWith(this.#names.prefix) && value !== undefined) found[name] = value;
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
    return [process.env[this.#names.key], process.env[this.#names.keyFile]];
  }
}
