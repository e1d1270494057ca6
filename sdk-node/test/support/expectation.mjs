// The conformance suite's conditions, placeholders and names; see mock-server/conformance/README.md.

import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';

export const camelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

export const snakeCaseName = (name) => name.replace(/[a-z][A-Z]/g, ([last, first]) => `${last}_${first.toLowerCase()}`);

/** Gives fields, and those of lists and plain objects inside of them, the suite's names. */
export function snakeCase(value) {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  // What the server wrote has its own names.
  const own = new Set(['data', 'details', 'finalOutput', 'input', 'metadata', 'output', 'partialOutput']);
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      snakeCaseName(key),
      own.has(key) || !isObject(field) ? field : snakeCase(field),
    ]),
  );
}

const isObject = (value) => typeof value === 'object' && value !== null;

/** Replaces placeholders, and what `change` changes, in every string. */
export function fill(value, places, change = (text) => text) {
  if (typeof value === 'string') {
    return change(value.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(places, name) ? places[name] : whole)));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, places, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fill(field, places, change)]));
}

/** Says where what was found differs from what was expected. */
export function check(expected, found, path) {
  const problem = `${path}: expected ${inspect(expected)}, found ${inspect(found)}`;
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(found) && found.length === expected.length, problem);
    return expected.forEach((item, at) => {
      check(item, found[at], `${path}[${at}]`);
    });
  }
  if (!isObject(expected)) return assert.ok(isDeepStrictEqual(expected, found ?? null), problem);
  const condition = conditionOf(expected);
  if (condition !== undefined) return assert.ok(condition(found, path), problem);
  assert.ok(isObject(found), problem);
  for (const [name, field] of Object.entries(expected)) check(field, found[name], `${path}.${name}`);
}

function conditionOf(expected) {
  const { contains, lacks, matches, length, from, to, all } = expected;
  const isText = (found) => typeof found === 'string';
  switch (Object.keys(expected).sort().join()) {
    case 'contains':
      return (found) => isText(found) && found.includes(contains);
    case 'lacks':
      return (found) => isText(found) && !found.includes(lacks);
    case 'matches':
      return (found) => isText(found) && new RegExp(matches).test(found);
    case 'length':
      return (found) => isText(found) && Buffer.byteLength(found) === length;
    case 'absent':
      return (found) => found === null || found === undefined;
    case 'present':
      return (found) => found !== null && found !== undefined;
    case 'from':
    case 'to':
    case 'from,to':
      return (found) => typeof found === 'number' && found >= (from ?? -Infinity) && found <= (to ?? Infinity);
    case 'all':
      return (found, path) => {
        for (const condition of all) check(condition, found, path);
        return true;
      };
    default:
      return undefined;
  }
}
