// The span of a call, as the real OpenTelemetry SDK exports it.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import process from 'node:process';
import { after, afterEach, test } from 'node:test';

import { context, createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { APIConnectionError, APITimeoutError, Client, RateLimitError, StreamError } from 'runtype-surface';

import { run } from './support/program.mjs';
import { surface } from './support/surface.mjs';

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
const tracer = trace.getTracer('application');
after(() => provider.shutdown());
afterEach(() => exporter.reset());

const BUSY = { kind: 'status', status: 429, headers: { 'retry-after-ms': '1' }, json: { error: 'words of the server' } };
const START = { event: 'execution_start', data: {} };
const COMPLETE = { event: 'execution_complete', data: { finalOutput: {} } };
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0b1902b7';

/** A capability that streams these steps. */
function streaming(...steps) {
  return { capabilities: [{ slug: 'echo' }, { slug: 'talk', answer: { kind: 'stream', steps } }] };
}

/** The finished spans of calls, in the order in which they ended. */
function taken() {
  const spans = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.CLIENT);
  exporter.reset();
  return spans;
}

function one() {
  const spans = taken();
  assert.equal(spans.length, 1);
  return spans[0];
}

function parentOf(span) {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

async function parents(journal) {
  return (await journal()).map(({ headers }) => headers.traceparent);
}

/** Runs `step` in a span of the application. */
function inSpan(name, step) {
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await step(span);
    } finally {
      span.end();
    }
  });
}

const nanoseconds = ([seconds, rest]) => BigInt(seconds) * 1_000_000_000n + BigInt(rest);

test("a call is one client span and a child of the caller's", async () => {
  const { options, journal } = await surface();
  const client = new Client(options);
  const parent = await inSpan('handler', async (span) => {
    await client.call('echo', { secret: 'words of the input' });
    assert.equal(trace.getActiveSpan(), span);
    return span.spanContext();
  });
  const span = one();
  assert.deepEqual([span.name, span.status.code], ['POST echo', SpanStatusCode.UNSET]);
  assert.deepEqual([span.parentSpanContext.spanId, span.spanContext().traceId], [parent.spanId, parent.traceId]);
  assert.equal(span.instrumentationScope.name, 'runtype_surface');
  assert.equal(span.attributes['http.request.method'], 'POST');
  assert.equal(span.attributes['http.response.status_code'], 200);
  assert.equal(span.attributes['runtype.capability'], 'echo');
  assert.equal(span.attributes['server.address'], '127.0.0.1');
  assert.deepEqual(await parents(journal), [parentOf(span)]);
  await client.openapi();
  assert.equal(one().name, 'GET openapi.json');
});

test('every attempt is an event and sends the same context', async () => {
  const { options, journal } = await surface({ faults: [{ ...BUSY, times: 1 }] });
  const traceState = createTraceState('vendor=1');
  const remote = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, traceState };
  await context.with(trace.setSpanContext(ROOT_CONTEXT, remote), () => new Client(options).call('echo', {}));
  const span = one();
  assert.equal(span.spanContext().traceId, TRACE_ID);
  assert.deepEqual(await parents(journal), [parentOf(span), parentOf(span)]);
  const states = (await journal()).map(({ headers }) => headers.tracestate);
  assert.deepEqual(states, ['vendor=1', 'vendor=1']);
  const told = span.events.map(({ attributes }) => attributes);
  assert.deepEqual(
    told.map((event) => [event['http.request.resend_count'], event['error.type']]),
    [
      [0, '429'],
      [1, undefined],
    ],
  );
  assert.equal(span.attributes['http.request.resend_count'], 1);
  const [first, second] = span.events.map(({ time }) => nanoseconds(time));
  assert.ok(first < second && second <= nanoseconds(span.endTime));
});

test('an error is the status of the span, without words of the server', async () => {
  const { options, keys, fault } = await surface({ faults: [{ ...BUSY, times: 1 }] });
  const client = new Client({ ...options, maxRetries: 0 });
  await assert.rejects(client.call('echo', { secret: 'words of the input' }), RateLimitError);
  const refused = one();
  assert.equal(refused.status.code, SpanStatusCode.ERROR);
  assert.equal(refused.attributes['error.type'], '429');
  await fault({ kind: 'reset' });
  await assert.rejects(client.call('echo', {}), APIConnectionError);
  const broken = one();
  assert.equal(broken.attributes['error.type'], 'APIConnectionError');
  for (const { name, attributes, events, status } of [refused, broken]) {
    const text = JSON.stringify({ name, attributes, events, status });
    for (const secret of ['words of', ...keys]) assert.ok(!text.includes(secret), text);
  }
});

test('a parent that is not sampled holds for the call', async () => {
  const { options, journal } = await surface();
  const active = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 0 });
  await context.with(active, () => new Client(options).call('echo', {}));
  assert.deepEqual(taken(), []);
  const [parent] = await parents(journal);
  assert.match(parent, new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
});

test('nothing is made of the end of a span that records nothing', async (t) => {
  const { options } = await surface();
  const api = globalThis[Symbol.for('opentelemetry.js.api.1')];
  const called = [];
  const span = {
    spanContext: () => ({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 0 }),
    isRecording: () => false,
    setAttributes: () => called.push('setAttributes'),
    addEvent: () => called.push('addEvent'),
    setStatus: () => called.push('setStatus'),
    end: (time) => called.push(`end ${time}`),
  };
  t.mock.method(api.trace, 'getTracer', () => ({ startSpan: () => span }));
  await new Client(options).call('echo', {});
  assert.deepEqual(called, ['end undefined']);
});

test('calls in flight together are children of their own spans', async () => {
  const { options, journal } = await surface();
  const client = new Client(options);
  const names = Array.from({ length: 10 }, (_, n) => `caller ${n}`);
  const call = async (span) => {
    await client.call('echo', {});
    return span.spanContext().spanId;
  };
  const made = await Promise.all(names.map((name) => inSpan(name, call)));
  const spans = taken();
  assert.deepEqual(spans.map(({ parentSpanContext }) => parentSpanContext.spanId).sort(), made.sort());
  assert.deepEqual((await parents(journal)).sort(), spans.map(parentOf).sort());
});

test('a call that is aborted ends its span, and one that is refused before it is sent has none', async () => {
  const { options } = await surface({ faults: [{ kind: 'stall' }] });
  const client = new Client(options);
  await assert.rejects(client.call('echo', {}, { signal: AbortSignal.timeout(30) }), { name: 'TimeoutError' });
  const span = one();
  assert.equal(span.attributes['runtype.cancelled'], true);
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  await assert.rejects(client.call('echo', {}, { maxRetries: 1_000 }), { name: 'ConfigurationError' });
  await assert.rejects(client.call('echo', []), { name: 'ConfigurationError' });
  assert.deepEqual(taken(), []);
});

test("a stream's span ends with the stream", async () => {
  const { options, journal } = await surface(streaming(START, COMPLETE));
  const client = new Client(options);
  const made = await inSpan('maker', async (span) => [client.stream('talk', {}), span.spanContext().spanId]);
  const [stream, parent] = made;
  await stream.response();
  assert.deepEqual(taken(), []);
  for await (const { name } of stream) assert.ok(name);
  const span = one();
  assert.equal(span.parentSpanContext.spanId, parent);
  assert.equal(span.attributes['runtype.stream.outcome'], 'completed');
  assert.equal(span.attributes['runtype.stream.events'], 2);
  assert.deepEqual(
    span.events.map(({ name }) => name),
    ['runtype.attempt'],
  );
  assert.deepEqual(await parents(journal), [parentOf(span)]);
  await client.stream('talk', {}).finalOutput();
  await client.stream('talk', {}).text();
  assert.equal(taken().length, 2);
});

test('a stream that is closed, refused, broken or aborted ends its span', async () => {
  const { options, fault } = await surface(streaming(START, { ...COMPLETE, wait_ms: 60_000 }));
  const client = new Client({ ...options, maxRetries: 0 });
  for await (const { name } of client.stream('talk', {})) {
    assert.equal(name, 'execution_start');
    break;
  }
  assert.equal(one().attributes['runtype.stream.outcome'], 'closed');
  await assert.rejects(client.stream('talk', {}, { streamTimeoutMs: 30 }).text(), APITimeoutError);
  const failed = one();
  assert.deepEqual([failed.attributes['runtype.stream.outcome'], failed.status.code], ['failed', SpanStatusCode.ERROR]);
  const abort = new AbortController();
  const aborted = client.stream('talk', {}, { signal: abort.signal });
  await aborted.next();
  abort.abort();
  assert.equal(one().attributes['runtype.stream.outcome'], 'closed');
  await fault(BUSY);
  await assert.rejects(client.stream('talk', {}).text(), RateLimitError);
  assert.equal(one().attributes['error.type'], '429');
  const broken = await surface(streaming(START));
  await assert.rejects(new Client(broken.options).stream('talk', {}).text(), StreamError);
  assert.equal(one().attributes['error.type'], 'StreamError');
});

test('each of many calls has a span', async () => {
  const { options, journal } = await surface({ faults: [{ kind: 'status', status: 404, times: 1 }] });
  const client = new Client(options);
  const made = await inSpan('maker', async (span) => [
    client.callMany('echo', [{}, {}, {}], { concurrency: 1 }),
    span.spanContext().spanId,
  ]);
  const [many, parent] = made;
  const ended = [];
  for await (const { ok } of many) ended.push(ok);
  assert.deepEqual(ended, [false, true, true]);
  const spans = taken();
  assert.deepEqual(
    spans.map(({ attributes }) => attributes['http.response.status_code']),
    [404, 200, 200],
  );
  for (const span of spans) {
    assert.equal(span.parentSpanContext.spanId, parent);
    // A result may wait long for its reader: the call has ended before.
    const took = BigInt(Math.round(span.events[0].attributes['runtype.attempt.duration'] * 1e9));
    const off = nanoseconds(span.endTime) - nanoseconds(span.events[0].time) - took;
    assert.ok(off > -10_000n && off < 10_000n, String(off));
  }
  assert.deepEqual(await parents(journal), spans.map(parentOf));
});

test('many calls end their spans where nobody reads on', async () => {
  const { options } = await surface({ faults: [{ kind: 'stall' }] });
  const many = new Client({ ...options, timeoutMs: 30 }).callMany('echo', [{}, {}], { concurrency: 1 });
  for await (const { ok } of many) {
    assert.ok(!ok);
    break;
  }
  const [first, ...rest] = taken();
  assert.equal(first.attributes['error.type'], 'APITimeoutError');
  assert.deepEqual(
    rest.map(({ attributes }) => attributes['runtype.cancelled']),
    [true],
  );
});

test('propagation can be switched off, and a header of the application wins', async () => {
  const { options, journal } = await surface();
  const own = `00-${TRACE_ID}-${SPAN_ID}-01`;
  await new Client({ ...options, tracePropagation: false }).call('echo', {});
  await new Client(options).call('echo', {}, { headers: { traceparent: own } });
  assert.deepEqual(await parents(journal), [undefined, own]);
  assert.equal(taken().length, 2);
});

test('an OpenTelemetry that fails affects no call', async (t) => {
  const { options } = await surface();
  const fails = () => {
    throw new RangeError('no exporter');
  };
  const api = globalThis[Symbol.for('opentelemetry.js.api.1')];
  const span = { spanContext: fails, isRecording: fails, end: fails };
  for (const startSpan of [fails, () => span]) {
    t.mock.method(api.trace, 'getTracer', () => ({ startSpan }));
    const warning = once(process, 'warning');
    assert.deepEqual(await new Client(options).call('echo', { n: 1 }), { n: 1 });
    const [{ name, message }] = await warning;
    assert.equal(name, 'RuntypeHookWarning');
    assert.equal(message, 'OpenTelemetry failed, and the call goes on: RangeError: no exporter');
    t.mock.restoreAll();
  }
});

test('an abandoned stream ends its span when it is collected', async () => {
  const { env } = await surface(streaming(START, { ...COMPLETE, wait_ms: 60_000 }));
  const program = `
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
    import { Client } from 'runtype-surface';
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    const exporter = new InMemorySpanExporter();
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
    const client = new Client();
    await (async () => { await client.stream('talk', {}).next(); })();
    while (exporter.getFinishedSpans().length === 0) {
      gc();
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(exporter.getFinishedSpans()[0].attributes['runtype.stream.outcome']);
  `;
  assert.equal((await run(program, env)).stdout, 'closed');
});

test('without OpenTelemetry nothing of it is loaded and nothing is watched', async () => {
  const { env, journal } = await surface();
  const program = `
    import { createHook } from 'node:async_hooks';
    import { createRequire } from 'node:module';
    import { Client } from 'runtype-surface';
    const made = [];
    createHook({ init: (_, type) => made.push(type) }).enable();
    await new Client().call('echo', {});
    const { cache } = createRequire(import.meta.url);
    const loaded = Object.keys(cache).filter((path) => path.includes('@opentelemetry'));
    console.log(loaded.length, made.includes('RuntypeCall'), Symbol.for('opentelemetry.js.api.1') in globalThis);
  `;
  assert.equal((await run(program, env)).stdout, '0 false false');
  assert.deepEqual(await parents(journal), [undefined]);
});
