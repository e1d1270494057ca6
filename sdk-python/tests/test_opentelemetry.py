"""The span of a call, as the real OpenTelemetry SDK exports it."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import context, trace

import runtype_surface
from runtype_surface import APIConnectionError, RateLimitError
from support.exported import BUSY, attributes, ids, parent_of, parents

if TYPE_CHECKING:
    from runtype_mock import MockSurface
    from support.exported import Exported


def test_a_call_is_one_client_span_and_a_child_of_the_callers(runtype_mock: MockSurface, exported: Exported) -> None:
    with exported.tracer.start_as_current_span("handler") as parent:
        runtype_mock.client().call("echo", {"secret": "words of the input"})
        assert trace.get_current_span() is parent
    span = exported.one()
    assert (span.name, span.kind, span.status.status_code) == (
        "POST echo",
        trace.SpanKind.CLIENT,
        trace.StatusCode.UNSET,
    )
    assert span.parent is not None
    assert (span.parent.trace_id, span.parent.span_id) == ids(parent)
    scope = span.instrumentation_scope
    assert scope is not None
    assert (scope.name, scope.version) == ("runtype_surface", runtype_surface.__version__)
    told = attributes(span)
    assert (told["http.request.method"], told["http.response.status_code"], told["runtype.capability"]) == (
        "POST",
        200,
        "echo",
    )
    assert (told["server.address"], type(told["server.port"])) == ("127.0.0.1", int)
    assert parents(runtype_mock) == [parent_of(span)]


def test_every_attempt_is_an_event_and_sends_the_same_context(runtype_mock: MockSurface, exported: Exported) -> None:
    runtype_mock.inject("status", times=1, **BUSY)
    state = trace.TraceState([("vendor", "1")])
    remote = trace.SpanContext(0x4BF9, 0xF067, is_remote=True, trace_flags=trace.TraceFlags(1), trace_state=state)
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(remote)))
    try:
        runtype_mock.client().call("echo")
    finally:
        context.detach(token)
    span = exported.one()
    assert ids(span)[0] == 0x4BF9
    assert parents(runtype_mock) == [parent_of(span)] * 2
    assert [request["headers"].get("tracestate") for request in runtype_mock.journal()] == ["vendor=1"] * 2
    told = [attributes(event) for event in span.events]
    assert [event["http.request.resend_count"] for event in told] == [0, 1]
    assert [event.get("error.type") for event in told] == ["429", None]
    assert attributes(span)["http.request.resend_count"] == 1
    assert span.start_time is not None
    assert span.end_time is not None
    times = [event.timestamp for event in span.events]
    # The clock of the core and that of Python are the same, but not their resolution.
    assert span.start_time - 1_000_000 <= times[0] < times[1] <= span.end_time


def test_an_error_is_the_status_of_the_span_without_words_of_the_server(
    runtype_mock: MockSurface, exported: Exported
) -> None:
    runtype_mock.inject("status", **BUSY)
    with pytest.raises(RateLimitError):
        runtype_mock.client(max_retries=0).call("echo", {"secret": "words of the input"})
    span = exported.one()
    assert span.status.status_code is trace.StatusCode.ERROR
    assert attributes(span)["error.type"] == "429"
    runtype_mock.clear_faults()
    runtype_mock.inject("reset")
    with pytest.raises(APIConnectionError):
        runtype_mock.client(max_retries=0).call("echo")
    broken = exported.one()
    assert attributes(broken)["error.type"] == "APIConnectionError"
    for text in (span.to_json(), broken.to_json()):
        assert not [secret for secret in ("words of", runtype_mock.api_key) if secret in text]


def test_a_parent_that_is_not_sampled_holds_for_the_call(
    runtype_mock: MockSurface, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runtype_surface import _span

    reports: list[Any] = []
    end = _span.Span.end

    def noted(span: _span.Span, report: Any) -> None:
        reports.append(report)
        end(span, report)

    monkeypatch.setattr(_span.Span, "end", noted)
    remote = trace.SpanContext(0x4BF9, 0xF067, is_remote=True, trace_flags=trace.TraceFlags(0))
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(remote)))
    try:
        runtype_mock.client().call("echo")
    finally:
        context.detach(token)
    assert exported.taken() == []
    (parent,) = parents(runtype_mock)
    assert parent is not None
    assert (parent[:35], parent[-3:]) == (f"00-{0x4BF9:032x}", "-00")
    # It was ended, and nothing was made of its attributes and events.
    assert reports == [None]


def test_calls_of_concurrent_tasks_are_children_of_their_own_spans(
    runtype_mock: MockSurface, exported: Exported
) -> None:
    made: set[tuple[int, int]] = set()

    async def call(client: runtype_surface.AsyncClient, number: int) -> None:
        with exported.tracer.start_as_current_span(f"task {number}") as parent:
            made.add(ids(parent))
            await client.call("echo", {"n": number})

    async def main() -> None:
        client = runtype_mock.async_client()
        await client.call("echo")
        await asyncio.gather(*(call(client, number) for number in range(10)))

    asyncio.run(main())
    first, *spans = exported.taken()
    assert first.parent is None
    assert {(span.parent.trace_id, span.parent.span_id) for span in spans if span.parent} == made
    assert sorted(str(parent) for parent in parents(runtype_mock)) == sorted(map(parent_of, [first, *spans]))


def test_a_call_that_is_cancelled_or_interrupted_ends_its_span(runtype_mock: MockSurface, exported: Exported) -> None:
    runtype_mock.inject("stall")

    async def main() -> None:
        client = runtype_mock.async_client()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.call("echo"), 0.05)
        closed = asyncio.create_task(client.call("echo"))
        await asyncio.sleep(0.01)
        await client.aclose()
        with pytest.raises(runtype_surface.CallCancelledError):
            await closed

    asyncio.run(main())

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runtype_mock.client(before_attempt=interrupt).call("echo")
    spans = exported.taken()
    assert [attributes(span).get("runtype.cancelled") for span in spans] == [True] * 3
    assert {span.status.status_code for span in spans} == {trace.StatusCode.UNSET}


def test_calls_that_a_closed_loop_leaves_end_their_spans(runtype_mock: MockSurface, exported: Exported) -> None:
    runtype_mock.inject("stall")
    loop = asyncio.new_event_loop()
    call = loop.create_task(runtype_mock.async_client().call("echo"))
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    call._log_destroy_pending = False  # type: ignore[attr-defined]
    del call
    gc.collect()
    assert attributes(exported.one())["runtype.cancelled"] is True


def test_a_call_that_is_refused_before_it_is_sent_has_no_span(runtype_mock: MockSurface, exported: Exported) -> None:
    with pytest.raises(runtype_surface.ConfigurationError):
        runtype_mock.client().call("echo", [])  # type: ignore[arg-type]
    assert exported.taken() == []


def test_propagation_can_be_switched_off_and_an_own_header_wins(runtype_mock: MockSurface, exported: Exported) -> None:
    own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0b1902b7-01"
    runtype_mock.client(trace_propagation=False).call("echo")
    runtype_mock.client().call("echo", headers={"traceparent": own})
    assert parents(runtype_mock) == [None, own]
    assert len(exported.taken()) == 2


def test_suppressed_instrumentation_makes_no_span(runtype_mock: MockSurface, exported: Exported) -> None:
    token = context.attach(context.set_value("suppress_instrumentation", True))
    try:
        runtype_mock.client().call("echo")
    finally:
        context.detach(token)
    assert (exported.taken(), parents(runtype_mock)) == ([], [None])


def test_an_opentelemetry_that_fails_affects_no_call(
    runtype_mock: MockSurface,
    exported: Exported,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise LookupError("no exporter")

    for name in ("start_span", "end"):
        target = type(exported.tracer) if name == "start_span" else "opentelemetry.sdk.trace.Span"
        with monkeypatch.context() as patch:
            if isinstance(target, str):
                patch.setattr(f"{target}.{name}", fails)
            else:
                patch.setattr(target, name, fails)
            assert runtype_mock.client().call("echo", {"n": 1}) == {"n": 1}
    told = "OpenTelemetry failed, and the call goes on: LookupError: no exporter"
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [told] * 2


def run(program: str, mock: MockSurface) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | mock.env, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout.strip()


def test_without_opentelemetry_nothing_of_it_is_loaded(runtype_mock: MockSurface) -> None:
    program = """
import sys
import runtype_surface
client = runtype_surface.Client()
client.call("echo")
client.stream("support-agent").text()
list(client.call_many("echo", [{}]))
print([name for name in sys.modules if "opentelemetry" in name or name in ("runtype_surface._span", "contextvars")])
"""
    assert run(program, runtype_mock) == "[]"
    assert parents(runtype_mock) == [None] * 3


def test_with_the_api_alone_the_callers_context_is_passed_on(runtype_mock: MockSurface) -> None:
    program = """
import runtype_surface
from opentelemetry import context, trace
client = runtype_surface.Client()
client.call("echo")
remote = trace.SpanContext(0x4BF9, 0xF067, is_remote=True, trace_flags=trace.TraceFlags(1))
context.attach(trace.set_span_in_context(trace.NonRecordingSpan(remote)))
client.call("echo")
"""
    run(program, runtype_mock)
    assert parents(runtype_mock) == [None, f"00-{0x4BF9:032x}-{0xF067:016x}-01"]
