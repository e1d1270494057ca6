// Checks an output by a schema of the application.

import { kindOf, reading } from './argument.js';
import type { AttemptReport } from './attempt.js';
import type { CallSite } from './call-site.js';
import { errorOf } from './errors.js';
import type { HeaderPairs } from './headers.js';
import { native } from './native.js';
import { refused } from './native-error.js';
import type { SchemaIssue, StandardSchema } from './standard-schema.js';

/** What an error says of the response whose output is refused. */
export interface Report {
  status: number;
  headers: HeaderPairs;
  request_id: string | null;
  execution_id: string | null;
  attempts: AttemptReport[];
}

/** Whether it is a schema of version 1. */
export function isSchema(value: unknown): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const standard: unknown = isObject ? (value as Record<string, unknown>)['~standard'] : undefined;
  if (typeof standard !== 'object' || standard === null) return false;
  const { version, validate } = standard as Record<string, unknown>;
  return version === 1 && typeof validate === 'function';
}

export const SCHEMA = 'a Standard Schema, such as one of zod or valibot';

/** The schema among these options, if there is one. */
export function schemaOf(options: { schema?: unknown } | undefined): StandardSchema | undefined {
  const schema = options === undefined ? undefined : reading('schema', () => options.schema);
  if (schema == null) return undefined;
  if (!reading('schema', () => isSchema(schema)))
    throw refused('schema', `it must be ${SCHEMA}, not ${kindOf(schema)}`);
  return schema as StandardSchema;
}

/** The output as the schema gives it. */
export async function checkedBy(
  schema: StandardSchema,
  output: unknown,
  report: () => Report,
  capability: string | null,
  site: CallSite,
): Promise<unknown> {
  const { validate, vendor } = schema['~standard'];
  const result = await validate(output);
  if (result.issues === undefined) return result.value;
  const [first] = result.issues;
  const keys = keysOf(first);
  const path = keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const { status, headers, request_id, execution_id, attempts } = report();
  // The validator's own words stay out of the text: they may repeat the value.
  const reason = `the schema (${vendor}) refuses ${kindOf(valueAt(output, keys))}`;
  const text = native.mismatchText(capability, path, reason);
  return site.run(() => {
    const of = { class: 'ResponseDecodeError', text, path: path || null, may_have_executed: true, not_sent: false };
    const response = { status, headers, request_id, execution_id, attempts, capability };
    const key_hint = attempts.at(-1)?.key_hint ?? null;
    throw errorOf({ ...NOTHING, ...of, ...response, key_hint }, { issues: result.issues });
  });
}

function keysOf(issue: SchemaIssue | undefined): string[] {
  return (issue?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
}

function valueAt(output: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], output);
}

/** What the error of an output does not have. */
const NOTHING = {
  server_message: null,
  option: null,
  phase: null,
  events_seen: null,
  partial_text: null,
  partial_output: null,
  stop_reason: null,
  event: null,
  code: null,
  details: null,
  retry_after_ms: null,
  location: null,
  upgrade_url: null,
  os_code: null,
};
