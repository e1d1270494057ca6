// Addresses: the functions that need no client.

import { reading, urlText } from './argument.js';
import { CallSite } from './call-site.js';
import { native } from './native.js';
import { refused, unwrap } from './native-error.js';

/** The address of a surface, in its parts. */
export interface Endpoint {
  /** Scheme, host, port and path prefix, with no slash at the end. */
  readonly baseUrl: string;
  /** The product's id. */
  readonly productId: string;
  /** The surface's id. */
  readonly surfaceId: string;
  /** The capability's slug; `null` where the URL has none. */
  readonly capability: string | null;
}

/**
 * Takes a full endpoint URL apart, as people copy it from the dashboard: with or without `/api`, the capability's slug, a
 * trailing slash, or a query (which is dropped).
 *
 * @throws {@link ConfigurationError} where it is not the address of a surface.
 */
export function parseEndpoint(url: string | URL): Endpoint {
  return new CallSite(parseEndpoint).run(() => {
    const isUrl = typeof url === 'string' || reading('endpointUrl', () => url instanceof URL);
    if (!isUrl) throw refused('endpointUrl', 'it is neither a string nor a URL');
    const text = urlText('endpointUrl', url);
    const { baseUrl, productId, surfaceId, capability } = unwrap(native.parseEndpoint(text));
    return { baseUrl, productId, surfaceId, capability: capability ?? null };
  });
}

/**
 * Turns a capability's name into the slug in its endpoint's URL: `Summarize Article` becomes `summarize-article`, as
 * the vendor documents. Underscores stay; characters beyond ASCII separate words, which is assumed.
 *
 * @throws {@link ConfigurationError} where `name` is not a string.
 */
export function capabilitySlug(name: string): string {
  return new CallSite(capabilitySlug).run(() => {
    if (typeof name !== 'string') throw refused('name', 'it is not a string');
    return unwrap(native.capabilitySlug(name));
  });
}
