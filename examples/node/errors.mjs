// Prints the twelve commonest failures as a user sees them, and checks that no text has more than four lines.
//
// The surface comes from the environment: `make errors` runs this against `examples/errors.toml`.

import process from 'node:process';

import { Client, SurfaceError } from 'runtype-surface';

const MOST_LINES = 4;
const INPUT = { input: 'A long text.' };

// A client that does not retry.
const client = (options = {}) => new Client({ maxRetries: 0, ...options });

// The second call exceeds a limit of one call per minute.
async function callTwice(withLimit, capability) {
  await withLimit.call(capability, INPUT);
  await withLimit.call(capability, INPUT);
}

const failures = {
  'a missing key': async () => Client.fromEnv({ prefix: 'MISSING_RUNTYPE' }).call('echo', INPUT),
  'a platform key': async () => client({ apiKey: 'rt_live_0123456789' }).call('echo', INPUT),
  'a revoked key': async () => client({ apiKey: 'papi_errors_revoked0' }).call('echo', INPUT),
  'a key without the scope': async () => client({ apiKey: 'papi_errors_scoped00' }).call('echo', INPUT),
  'an unknown capability': async () => client().call('no-such-capability', INPUT),
  'an invalid input': async () => client().call('summarize-article', {}),
  'a rate limit': async () => callTwice(client({ apiKey: 'papi_errors_limited0' }), 'echo'),
  'a failed capability': async () => client().call('fails', INPUT),
  'a refused connection': async () => client({ baseUrl: 'http://127.0.0.1:1' }).call('echo', INPUT),
  'a timeout': async () => client({ timeoutMs: 200 }).call('slow', INPUT),
  'a page instead of JSON': async () => client().call('page', INPUT),
  'a failed stream': async () => client().stream('support-agent', INPUT).text(),
};

for (const [title, fail] of Object.entries(failures)) {
  let text;
  try {
    text = `no error: ${JSON.stringify(await fail())}`;
    process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof SurfaceError)) throw error;
    text = `${error.name}: ${error.message}`;
  }
  if (text.split('\n').length > MOST_LINES) process.exitCode = 1;
  console.log(`# ${title}\n${text}\n`);
}
