// The names of fields: camelCase here, snake_case in the mock's control interface.

/** Fields whose values belong to the test; their names stay. */
const OPAQUE: ReadonlySet<string> = new Set([
  'at',
  'data',
  'headers',
  'input',
  'inputSchema',
  'json',
  'output',
  'outputSchema',
]);

/** Fields with other names in the mock's errors. */
const NAMES = [
  'advanceMs',
  'afterBytes',
  'atLeast',
  'atMost',
  'chunkBytes',
  'cutAtByte',
  'expiresAt',
  'fillBytes',
  'inputSchema',
  'latencyMs',
  'lengthOffset',
  'lineEnding',
  'outputSchema',
  'rateLimitPerDay',
  'rateLimitPerMinute',
  'rawBase64',
  'responseFormat',
  'timeoutMs',
  'waitMs',
];

function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toCamel(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `latencyMs` becomes `latency_ms`, at any depth, except inside of what belongs to the test; times become text. */
export function snakeCase(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, inner]) => {
    if (name.includes('_')) throw new TypeError(`unknown field \`${name}\`; did you mean \`${toCamel(name)}\`?`);
    return [toSnake(name), OPAQUE.has(name) ? inner : snakeCase(inner)];
  });
  return Object.fromEntries(fields);
}

/** The names of the fields themselves, not of those inside of them. */
export function camelCase(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [toCamel(name), value]));
}

const SPELLINGS = new Map(NAMES.map((name) => [toSnake(name), name]));

/** A text of the mock's with the names of fields as they are here. */
export function respelled(text: string): string {
  return text.replace(/`([a-z0-9_]+)`/g, (whole, name: string) => {
    const spelling = SPELLINGS.get(name);
    return spelling === undefined ? whole : `\`${spelling}\``;
  });
}
