"""The spans of streams and of many calls, as the real OpenTelemetry SDK exports them."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace

from runtype_surface import RateLimitError, StreamError
from support.agent import HELLO, put
from support.exported import BUSY, attributes, ids, parent_of, parents

if TYPE_CHECKING:
    from runtype_mock import MockSurface
    from support.exported import Exported

LASTING: list[dict[str, Any]] = [HELLO[0], {**HELLO[-1], "wait_ms": 60_000}]


def test_a_stream_s_span_ends_with_the_stream(runtype_mock: MockSurface, exported: Exported) -> None:
    client = runtype_mock.client()
    with exported.tracer.start_as_current_span("maker") as parent:
        stream = client.stream("support-agent")
    with stream as events:
        for _ in events:
            assert exported.taken() == []
        span = exported.one()
    assert span.parent is not None
    assert span.parent.span_id == ids(parent)[1]
    told = attributes(span)
    assert (told["runtype.stream"], told["runtype.stream.outcome"]) == (True, "completed")
    assert told["runtype.stream.events"] > 1
    assert [event.name for event in span.events] == ["runtype.attempt"]
    assert parents(runtype_mock) == [parent_of(span)]
    assert client.stream("support-agent").text()
    assert attributes(exported.one())["runtype.stream.outcome"] == "completed"


def test_a_stream_that_is_closed_dropped_or_broken_ends_its_span(runtype_mock: MockSurface, exported: Exported) -> None:
    put(runtype_mock, LASTING)
    client = runtype_mock.client()
    with client.stream("agent") as events:
        next(events)
    assert attributes(exported.one())["runtype.stream.outcome"] == "closed"
    events = client.stream("agent")
    next(events)
    del events
    gc.collect()
    assert attributes(exported.one())["runtype.stream.outcome"] == "closed"
    runtype_mock.inject("status", **BUSY)
    with pytest.raises(RateLimitError):
        client.stream("support-agent", max_retries=0).text()
    assert attributes(exported.one())["error.type"] == "429"
    runtype_mock.clear_faults()
    put(runtype_mock, HELLO[:1])
    with pytest.raises(StreamError):
        client.stream("agent").text()
    failed = exported.one()
    assert (attributes(failed)["runtype.stream.outcome"], failed.status.status_code) == (
        "failed",
        trace.StatusCode.ERROR,
    )


def test_streams_of_asyncio_end_their_spans(runtype_mock: MockSurface, exported: Exported) -> None:
    async def main() -> None:
        client = runtype_mock.async_client()
        async with client.stream("support-agent") as events:
            async for _ in events:
                assert exported.taken() == []
            assert attributes(exported.one())["runtype.stream.outcome"] == "completed"
        assert await client.stream("support-agent").text()
        assert attributes(exported.one())["runtype.stream.outcome"] == "completed"
        put(runtype_mock, LASTING)
        events = client.stream("agent")
        await events.__anext__()
        await events.aclose()
        assert attributes(exported.one())["runtype.stream.outcome"] == "closed"
        runtype_mock.inject("stall")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.stream("support-agent").text(), 0.05)

    asyncio.run(main())
    gc.collect()
    assert attributes(exported.one())["runtype.cancelled"] is True


def test_each_of_many_calls_has_a_span(runtype_mock: MockSurface, exported: Exported) -> None:
    runtype_mock.inject("status", status=404, json={"error": "none"}, times=1)
    with exported.tracer.start_as_current_span("maker") as parent:
        many = runtype_mock.client().call_many("echo", [{"n": n} for n in range(3)], concurrency=1)
    assert [result.ok for result in many] == [False, True, True]
    spans = exported.taken()
    assert [attributes(span)["http.response.status_code"] for span in spans] == [404, 200, 200]
    assert {span.parent.span_id for span in spans if span.parent} == {ids(parent)[1]}
    assert parents(runtype_mock) == list(map(parent_of, spans))
    # A result may wait long for its reader: the call has ended before.
    for span in spans:
        (attempt,) = span.events
        assert span.end_time is not None
        took = attributes(attempt)["runtype.attempt.duration"] * 1e9
        assert abs(span.end_time - attempt.timestamp - took) < 10_000


def test_many_calls_of_asyncio_have_spans_and_end_them_where_nobody_reads_on(
    runtype_mock: MockSurface, exported: Exported
) -> None:
    async def main() -> None:
        with exported.tracer.start_as_current_span("maker") as parent:
            many = runtype_mock.async_client().call_many("echo", [{"n": n} for n in range(3)])
        assert [result.ok async for result in many] == [True] * 3
        spans = exported.taken()
        assert {span.parent.span_id for span in spans if span.parent} == {ids(parent)[1]}
        runtype_mock.inject("stall")
        stalled = runtype_mock.async_client().call_many("echo", [{}, {}])
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stalled.__anext__(), 0.05)
        await stalled.aclose()

    asyncio.run(main())
    assert [attributes(span).get("runtype.cancelled") for span in exported.taken()] == [True] * 2
    dropped = runtype_mock.client(timeout=0.05).call_many("echo", [{}, {}], concurrency=1)
    next(dropped)
    del dropped
    gc.collect()
    first, *rest = exported.taken()
    assert attributes(first)["error.type"] == "APITimeoutError"
    assert [attributes(span).get("runtype.cancelled") for span in rest] == [True]
