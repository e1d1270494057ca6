// Surfaces of their own on one mock, so that tests do not disturb one another.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { startMock } from 'runtype-mock';

import { check } from './expectation.mjs';

/** How long to wait for the journal. */
const PATIENCE_MS = 10_000;

const mock = await startMock();
after(() => mock.close());

/** Makes a surface: its options for a client, and ways to look at and disturb it. */
export async function surface(definition = {}) {
  const made = await mock.control('POST', '/surfaces', { capabilities: [{ slug: 'echo' }], keys: [{}], ...definition });
  const control = (method, path, body) => mock.control(method, `${path}?surface=${made.surface_id}`, body);
  const journal = async () => (await control('GET', '/journal')).requests;
  return {
    id: made.surface_id,
    env: made.env,
    keys: made.keys.map(({ key }) => key),
    options: {
      baseUrl: made.env.RUNTYPE_BASE_URL,
      productId: made.product_id,
      surfaceId: made.surface_id,
      apiKey: made.keys[0]?.key,
    },
    control,
    fault: (fault) => control('POST', '/faults', fault),
    mint: async (key = {}) => (await control('POST', '/keys', key)).key,
    revoke: (key) => control('POST', `/keys/${key}/revoke`),
    journal,
    /** Waits until the client has closed the connection of the first request, and returns when. */
    clientClosed: async () => {
      for (;;) {
        const [request] = await journal();
        if (request?.client_closed_at) return Date.parse(request.client_closed_at);
        assert.notEqual(request?.outcome, 'delivered', 'it was delivered whole');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    /** Waits until the journal is as expected. */
    journalShows: async (expected) => {
      for (const began = Date.now(); ; await pause(2)) {
        try {
          return check(expected, await journal(), 'journal');
        } catch (problem) {
          if (Date.now() - began > PATIENCE_MS) throw problem;
        }
      }
    },
  };
}
