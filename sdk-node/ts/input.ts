import { refusal } from './failure.js';

/** The input as JSON text. That it is an object the core checks. */
export function jsonOf(input: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(input);
  } catch (cause) {
    // A cycle, a BigInt, or a toJSON that throws.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw refusal('input', `it cannot be written as JSON: ${reason}`, cause);
  }
  if (json === undefined) {
    throw refusal(
      'input',
      `it is of type ${typeof input}, and a capability takes a JSON object, such as { input: 'Your input here' }`,
    );
  }
  return json;
}
