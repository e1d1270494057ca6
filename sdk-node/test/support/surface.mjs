// A surface of its own on a mock of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { after } from 'node:test';

const binary = process.env.RUNTYPE_MOCK_BIN;
if (binary === undefined)
  throw new Error('RUNTYPE_MOCK_BIN must name the mock: `cargo build`, then target/debug/runtype-mock');

const mock = spawn(binary, ['serve', '--format', 'json'], { stdio: ['ignore', 'pipe', 'inherit'] });
after(() => mock.kill());
const [line] = await once(mock.stdout, 'data');
const control = JSON.parse(line).RUNTYPE_MOCK_CONTROL_URL;

async function request(method, path, body) {
  const response = await fetch(control + path, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

/** Makes a surface: its options for a client, and ways to look at and disturb it. */
export async function surface(definition = {}) {
  const made = await request('POST', '/surfaces', { capabilities: [{ slug: 'echo' }], keys: [{}], ...definition });
  const query = `?surface=${made.surface_id}`;
  return {
    env: made.env,
    keys: made.keys.map(({ key }) => key),
    options: {
      baseUrl: made.env.RUNTYPE_BASE_URL,
      productId: made.product_id,
      surfaceId: made.surface_id,
      apiKey: made.keys[0].key,
    },
    fault: (fault) => request('POST', `/faults${query}`, fault),
    mint: async (key = {}) => (await request('POST', `/keys${query}`, key)).key,
    revoke: (key) => request('POST', `/keys/${key}/revoke${query}`),
    journal: async () => (await request('GET', `/journal${query}`)).requests,
  };
}
