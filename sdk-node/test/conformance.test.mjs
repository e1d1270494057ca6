// Runs the conformance suite (mock-server/conformance/) against this package.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { Client, capabilitySlug } from 'runtype-surface';

import { shownBy } from './support/error-texts.mjs';
import { camelCase, check, fill, snakeCase } from './support/expectation.mjs';
import { surface } from './support/surface.mjs';

const folder = join(import.meta.dirname, '../../mock-server/conformance');
const FIELDS = new Set(['name', 'surface', 'environment', 'client', 'steps', 'journal']);

const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== 'schema.json')
  .flatMap((file) => {
    const topic = file.replace('.json', '');
    return JSON.parse(readFileSync(join(folder, file), 'utf8')).map((one) => ({ topic, ...one }));
  });

test('the suite is found', () => {
  assert.ok(cases.length >= 100, `only ${cases.length} cases were found`);
});

describe('conformance', { concurrency: 8 }, () => {
  cases.forEach(({ topic, ...one }, number) => {
    test(`${topic}: ${one.name}`, () => run(one, `CASE_${number}_RUNTYPE`));
  });
});

async function run(one, prefix) {
  for (const field of Object.keys(one)) assert.ok(FIELDS.has(field), `no such field of a case: ${field}`);
  const made = await surface(one.surface);
  const dir = mkdtempSync(join(tmpdir(), 'runtype-'));
  const { baseUrl, productId, surfaceId } = made.options;
  const fillAll = (value) =>
    fill(value, {
      base_url: baseUrl,
      product_id: productId,
      surface_id: surfaceId,
      endpoint: `${baseUrl}/v1/products/${productId}/surfaces/${surfaceId}/api`,
      key: made.keys[0],
      dir,
    });
  const scene = { prefix, keys: made.keys, asked: 0, client: undefined };
  scene.options = optionsOf(fillAll(one.client ?? {}), scene);
  try {
    setVariables(made.env, prefix);
    setVariables(fillAll(one.environment ?? {}), prefix);
    for (const step of one.steps) await take(fillAll(step), scene, made, dir);
    if (one.journal !== undefined) check(fillAll(one.journal), await made.journal(), 'journal');
  } finally {
    for (const name of Object.keys(process.env)) if (name.startsWith(`${prefix}_`)) delete process.env[name];
    rmSync(dir, { recursive: true });
  }
}

async function take(step, scene, made, dir) {
  const { call, expect, ...other } = step;
  if (call !== undefined) return expectOf(expect, await outcomeOf(call, expect, scene), scene);
  const [[kind, value], ...more] = Object.entries(other);
  assert.equal(more.length, 0, `a step does one thing: ${Object.keys(step)}`);
  if (kind === 'control') await made.control(value.method, value.path, value.body);
  else if (kind === 'write') writeFileSync(join(dir, value.file), value.text);
  else if (kind === 'pause_ms') await pause(value);
  else if (kind === 'set') setVariables(value, scene.prefix);
  else assert.fail(`no such step: ${kind}`);
}

/** Sets `RUNTYPE_X` under the case's own prefix. */
function setVariables(values, prefix) {
  for (const [name, value] of Object.entries(values)) {
    const own = name.replace(/^RUNTYPE_/, `${prefix}_`);
    if (value === null) delete process.env[own];
    else process.env[own] = value;
  }
}

/** The suite's options in this language's names. */
function optionsOf(options, scene) {
  const renamed = Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value]));
  const { apiKey } = renamed;
  if (apiKey?.function !== undefined) {
    const keys = apiKey.function;
    renamed.apiKey = async () => keys[Math.min(scene.asked++, keys.length - 1)];
  } else if (apiKey?.function_error !== undefined) {
    renamed.apiKey = () => {
      scene.asked += 1;
      throw new Error(apiKey.function_error);
    };
  }
  return renamed;
}

/** What a call comes to: `{ output, answer }` or `{ error }`. */
async function outcomeOf({ method = 'call', capability, input, options, ...unknown }, expect, scene) {
  assert.deepEqual(unknown, {}, 'no such field of a call');
  try {
    if (method === 'slug') return { output: capabilitySlug(capability) };
    scene.client ??= new Client({ envPrefix: scene.prefix, ...scene.options });
    const { client } = scene;
    const own = options && optionsOf(options, scene);
    const given = input === undefined && own === undefined ? [] : [input ?? {}, own];
    switch (method) {
      case 'build':
        return { output: null };
      case 'endpoint_url':
        return { output: client.endpointUrl(capability) };
      case 'openapi':
        return { output: await client.openapi(own) };
      case 'dispatch':
        return { output: await client.dispatch(capability, ...given) };
      case 'call': {
        if (expect.answer === undefined) return { output: await client.call(capability, ...given) };
        const { output, ...answer } = await client.callWithResponse(capability, ...given);
        return { output, answer: factsOf(answer) };
      }
      default:
        return assert.fail(`no such method: ${method}`);
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return { error };
  }
}

function expectOf(expect, { output, answer, error }, scene) {
  const { prefix, keys, asked } = scene;
  const wanted = fill(expect, {}, (text) => text.replaceAll('RUNTYPE_', `${prefix}_`));
  if (error === undefined) return check(wanted, { output, answer, asked }, 'expect');
  for (const text of shownBy(error)) {
    for (const key of keys) assert.ok(!text.includes(key), `the error shows the key: ${text.replaceAll(key, '…')}`);
  }
  const facts = {
    ...factsOf(error),
    class: error.name,
    text: error.message,
    message: error.serverMessage ?? error.message,
  };
  return check(wanted, { error: facts, asked }, 'expect');
}

/** Fields in the suite's names. */
function factsOf(fields) {
  const facts = snakeCase(Object.fromEntries(Object.entries(fields)));
  if (fields.headers !== undefined) facts.headers = Object.fromEntries(fields.headers);
  if (fields.body !== undefined) facts.body = new TextDecoder('utf-8', { ignoreBOM: true }).decode(fields.body);
  return facts;
}
