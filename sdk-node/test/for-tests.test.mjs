import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import * as sdk from 'runtype-surface';

const { CallResponse, errorForTest, RateLimitError, responseForTest, StreamError, SurfaceError } = sdk;

test('an error of each class can be made for a test', () => {
  const kinds = Object.values(sdk).filter((kind) => kind.prototype instanceof SurfaceError);
  assert.ok(kinds.length >= 14);
  for (const kind of kinds) {
    const error = errorForTest(kind, 'what happened', { capability: 'echo', mayHaveExecuted: true });
    assert.ok(error instanceof kind && error instanceof SurfaceError);
    assert.deepEqual([error.name, error.message, error.capability], [kind.name, 'what happened', 'echo']);
    assert.deepEqual([error.mayHaveExecuted, error.notSent, error.attempts], [true, false, []]);
  }
});

test('an error for a test has the fields that were set, and prints like any other', () => {
  const error = errorForTest(RateLimitError, 'slow down', { status: 429, retryAfterMs: 9_000, code: 'E1' });
  assert.deepEqual([error.status, error.retryAfterMs, error.code, error.requestId], [429, 9_000, 'E1', null]);
  assert.equal(error.toJSON().retryAfterMs, 9_000);
  assert.match(inspect(error), /slow down/);
  const failed = errorForTest(StreamError, 'boom', { eventsSeen: 3, partialText: 'Hello' });
  assert.deepEqual([failed.eventsSeen, failed.partialText], [3, 'Hello']);
});

test('a response can be made for a test', () => {
  const response = responseForTest({ summary: 'One.' }, { requestId: 'req_1' });
  assert.ok(response instanceof CallResponse);
  assert.deepEqual([response.output, response.status, response.requestId], [{ summary: 'One.' }, 200, 'req_1']);
  assert.deepEqual([response.attempts, response.rateLimit, [...response.headers]], [[], null, []]);
});
