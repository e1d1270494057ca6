// The arguments of a call.

import { kindOf, wellFormed } from './argument.js';
import { jsonOf } from './input.js';
import { refused } from './native-error.js';
import type { CallOptions } from './options.js';

/** The arguments after the capability. */
export type Rest<O = CallOptions> = [input?: object, options?: O];

/** An input that is left out is `{}`; one that is `undefined` is a mistake. */
export function inputOf(rest: Rest<unknown>): string {
  return rest.length === 0 ? '{}' : jsonOf(rest[0]);
}

export function slug(capability: unknown): string {
  if (typeof capability !== 'string') throw refused('capability', `it must be a string, not ${kindOf(capability)}`);
  return wellFormed('capability', capability);
}
