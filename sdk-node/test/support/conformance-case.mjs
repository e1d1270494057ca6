// Runs one case of the conformance suite; see mock-server/conformance/README.md.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

import { Client, capabilitySlug } from 'runtype-surface';

import { camelCase, check, fill } from './expectation.mjs';
import { checkOutcome, errorFacts, eventFacts, factsOf } from './outcome.mjs';
import { surface } from './surface.mjs';

const FIELDS = new Set(['name', 'surface', 'environment', 'client', 'steps', 'journal']);

/** Runs a case on a surface of its own, with variables under a prefix of its own. */
export async function runCase(one, prefix) {
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
  const context = { prefix, keys: made.keys, asked: 0, told: [], client: undefined };
  context.options = optionsOf(fillAll(one.client ?? {}), context);
  try {
    setVariables(made.env, prefix);
    setVariables(fillAll(one.environment ?? {}), prefix);
    for (const step of one.steps) await runStep(fillAll(step), context, made, dir);
    if (one.journal !== undefined) check(fillAll(one.journal), await made.journal(), 'journal');
  } finally {
    for (const name of Object.keys(process.env)) if (name.startsWith(`${prefix}_`)) delete process.env[name];
    rmSync(dir, { recursive: true });
  }
}

async function runStep(step, context, made, dir) {
  const { call, expect, ...other } = step;
  if (call !== undefined) {
    const cancel = call.cancel_once && new AbortController();
    const cancelled = cancel && made.journalShows(call.cancel_once).finally(() => cancel.abort());
    const outcome = await outcomeOf(call, expect, context, cancel?.signal);
    await cancelled;
    return checkOutcome(call, expect, outcome, context);
  }
  const [[kind, value], ...more] = Object.entries(other);
  assert.equal(more.length, 0, `a step does one thing: ${Object.keys(step)}`);
  if (kind === 'control') await made.control(value.method, value.path, value.body);
  else if (kind === 'write') writeFileSync(join(dir, value.file), value.text);
  else if (kind === 'journal_shows') await made.journalShows(value);
  else if (kind === 'pause_ms') await pause(value);
  else if (kind === 'set') setVariables(value, context.prefix);
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
function optionsOf(options, context) {
  let renamed = Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value]));
  const { apiKey, hooks, ...others } = renamed;
  if (hooks) {
    renamed = others;
    renamed.beforeAttempt = (start) => context.told.push({ start, end: null });
    renamed.afterAttempt = (start, end) => context.told.push({ start, end });
  }
  if (apiKey?.function !== undefined) {
    const keys = apiKey.function;
    renamed.apiKey = async () => keys[Math.min(context.asked++, keys.length - 1)];
  } else if (apiKey?.function_error !== undefined) {
    renamed.apiKey = () => {
      context.asked += 1;
      throw new Error(apiKey.function_error);
    };
  }
  return renamed;
}

/** The outcome of a call: `{ output, response }`, `{ error, events }` or `{ cancelled }`. */
async function outcomeOf({ method = 'call', capability, input, inputs, options, ...more }, expect, context, signal) {
  const { cancel_once: _, leave_after: leaveAfter, read_first: readFirst = 0, ...unknown } = more;
  assert.deepEqual(unknown, {}, 'no such field of a call');
  const events = [];
  try {
    if (method === 'slug') return { output: capabilitySlug(capability) };
    context.client ??= clientOf(context);
    const { client } = context;
    const own = (options ?? signal) && { ...optionsOf(options ?? {}, context), ...(signal && { signal }) };
    const given = input === undefined && own === undefined ? [] : [input === undefined ? {} : input, own];
    const withResponse = ({ output, ...response }) => ({ output, response: factsOf(response) });
    switch (method) {
      case 'build':
        return { output: null };
      case 'endpoint_url':
        return { output: client.endpointUrl(capability) };
      case 'openapi':
        return expect.response
          ? withResponse(await client.openapiWithResponse(own))
          : { output: await client.openapi(own) };
      case 'call':
        if (expect.response) return withResponse(await client.callWithResponse(capability, ...given));
        return { output: await client.call(capability, ...given) };
      case 'stream':
        return await streamed(client.stream(capability, ...given), events, leaveAfter);
      case 'stream_text':
      case 'stream_final_output': {
        const stream = client.stream(capability, ...given);
        for (let read = 0; read < readFirst && !(await stream.next()).done; read += 1);
        const output = method === 'stream_text' ? await stream.text() : await stream.finalOutput();
        return { output, response: await streamFacts(stream) };
      }
      case 'call_many': {
        const output = [];
        for await (const { index, input, ok, error, response } of client.callMany(capability, inputs, own)) {
          output.push({ index, input, ...(ok ? withResponse(response) : { error: errorFacts(error, context) }) });
        }
        return { output };
      }
      default:
        return assert.fail(`no such method: ${method}`);
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    if (error.name === 'AbortError') return { cancelled: true };
    return { error: errorFacts(error, context), events };
  }
}

/** A client from the environment alone where the case names no option. */
function clientOf({ prefix, options }) {
  return Object.keys(options).length === 0 ? Client.fromEnv({ prefix }) : new Client({ envPrefix: prefix, ...options });
}

/** Reads events, all or so many; they stay in `events` where it fails. */
async function streamed(stream, events, leaveAfter) {
  for await (const event of stream) {
    if (events.push(eventFacts(event)) === leaveAfter) break;
  }
  return { output: events, response: await streamFacts(stream) };
}

async function streamFacts(stream) {
  const { executionId, outcome, usage } = stream;
  return factsOf({ ...(await stream.response()), executionId, outcome, usage });
}
