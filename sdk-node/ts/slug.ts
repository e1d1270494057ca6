import { native } from './native.js';
import { CallSite, refusal, unlessFailed } from './native-error.js';

/**
 * Turns a capability's name into the slug under which its endpoint stands: `Summarize Article` becomes
 * `summarize-article` (api.md, vendor). Underscores stay; what is beyond ASCII separates words, which is assumed.
 *
 * @throws {@link ConfigurationError} where `name` is not a string.
 */
export function capabilitySlug(name: string): string {
  return new CallSite(capabilitySlug).run(() => {
    if (typeof name !== 'string') throw refusal('name', 'it is not a string');
    return unlessFailed(native.capabilitySlug(name));
  });
}
