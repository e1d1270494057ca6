// What a ledger of many calls holds.

import { reading, wellFormed } from './argument.js';
import { CallSite } from './call-site.js';
import { native } from './native.js';
import { refused, unwrap } from './native-error.js';

/** A row of a ledger that may have been executed, without a response. */
export interface UnknownRow {
  /** Its id. */
  readonly id: string | number;
  /** How its call failed, on one line; `null` if the run ended before the call did. */
  readonly failure: string | null;
}

/**
 * Lists the rows of a ledger of which it is not known whether they were executed, by id: those that were sent when a run was killed, and
 * those whose call failed in a way that does not tell. `callMany` holds them back unless `rerunUnknown` is set. It reads the whole
 * file. A ledger holds no inputs, only their digests.
 *
 * @throws {@link ConfigurationError} if the file is absent, damaged, no ledger, or in use by a run.
 */
export async function listUnknown(path: string): Promise<UnknownRow[]> {
  const site = new CallSite(listUnknown);
  const text = site.run(() => {
    if (typeof path !== 'string') throw refused('ledger', 'it must be a path');
    return reading('ledger', () => wellFormed('ledger', path));
  });
  const listed = await site.run(() => unwrap(native.listUnknown(text)));
  return site.run(() => unwrap(listed)).map(({ id, failure }) => ({ id, failure: failure ?? null }));
}
