/** Headers as the core reports them: names in lower case, in the order received. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** The platform's `Headers`. As with `fetch`, a value beyond ASCII is read byte by byte (WHATWG Fetch, isomorphic decode). */
export function headersOf(pairs: HeaderPairs): Headers {
  const headers = new Headers();
  for (const [name, value] of pairs) headers.append(name, Buffer.from(value).toString('latin1'));
  return headers;
}
