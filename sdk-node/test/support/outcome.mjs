// The outcome of a call in the suite's terms, and whether it is what a case expects.

import assert from 'node:assert/strict';
import { inspect, isDeepStrictEqual } from 'node:util';

import { APIConnectionError, ConfigurationError } from 'runtype-surface';

import { shownBy } from './error-texts.mjs';
import { check, fill, snakeCase, snakeCaseName } from './expectation.mjs';

/** The typed fields of an event; its getters are on its class. */
const EVENT_FIELDS = [
  'name',
  'data',
  'id',
  'seq',
  'executionId',
  'delta',
  'partId',
  'finalOutput',
  'durationMs',
  'code',
  'errorMessage',
  'text',
  'recoverable',
  'success',
  'stopReason',
  'upgradeUrl',
  'parentToolCallId',
  'toolName',
  'awaitReason',
];

export function eventFacts(event) {
  return snakeCase(Object.fromEntries(EVENT_FIELDS.map((name) => [name, event[name]])));
}

/** An error's fields, once it is sure that none shows a key. */
export function errorFacts(error, { keys }) {
  for (const text of shownBy(error)) {
    for (const key of keys) assert.ok(!text.includes(key), `the error shows the key: ${text.replaceAll(key, '…')}`);
  }
  const facts = { ...factsOf(error), class: error.name, text: error.message };
  // The suite has one name for the server's code, and another for the operating system's.
  if (error instanceof APIConnectionError) Object.assign(facts, { os_code: error.code, code: null });
  if (error instanceof ConfigurationError) facts.option = snakeCaseName(error.option).replace(/_ms$/, '');
  return facts;
}

/** Fields in the suite's names. */
export function factsOf(fields) {
  // An error's long fields are not enumerable.
  const names = Object.getOwnPropertyNames(fields).filter((name) => !['stack', 'message', 'cause'].includes(name));
  const facts = snakeCase(Object.fromEntries(names.map((name) => [name, fields[name]])));
  if (fields.headers !== undefined) facts.headers = Object.fromEntries(fields.headers);
  if (fields.event) facts.event = eventFacts(fields.event);
  if (fields.body !== undefined) facts.body = new TextDecoder('utf-8', { ignoreBOM: true }).decode(fields.body);
  return facts;
}

/** Fails where the outcome of a call is not the expected one. */
export function checkOutcome({ method }, expect, outcome, { prefix, asked, told, keys }) {
  for (const key of keys) assert.ok(!JSON.stringify(told).includes(key), 'a hook was told a key');
  // Another kind of outcome fails first, with its own text: it says why.
  for (const kind of ['output', 'error', 'cancelled']) {
    const problem = outcome.error?.text ?? inspect(outcome);
    assert.ok(!(kind in expect) || kind in outcome, `expected ${kind}, found: ${problem}`);
  }
  const { output, ...others } = fill(expect, {}, (text) => text.replaceAll('RUNTYPE_', `${prefix}_`));
  if (output !== undefined) checkOutput(method, output, outcome.output);
  check(others, { ...outcome, asked, told: snakeCase(told) }, 'expect');
}

function checkOutput(method, expected, found) {
  if (method === 'stream' || method === 'openapi') check(expected, found, 'output');
  else if (method === 'call_many') checkResults(expected, found);
  else checkEqual(expected, found, 'output');
}

/** Of many calls, each output is compared as that of one. */
function checkResults(expected, found) {
  const others = expected.map(({ output: _, ...other }) => other);
  check(others, found, 'output');
  for (const [at, { output }] of expected.entries()) {
    if (output !== undefined) checkEqual(output, found[at].output, `output[${at}].output`);
  }
}

/** Fails where an output differs: it is compared whole, so that no field too many goes unseen. */
function checkEqual(expected, found, path) {
  assert.ok(isDeepStrictEqual(found, expected), `${path}: expected ${inspect(expected)}, found ${inspect(found)}`);
}
