"""When a stream is opened: where it is entered or read, and not before."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtype_surface import AuthenticationError, ConfigurationError
from support.agent import HELLO, has, is_closed, put

if TYPE_CHECKING:
    from runtype_mock import MockSurface


def test_nothing_is_sent_before_a_stream_is_entered_or_read(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    client = runtype_mock.client(api_key="papi_demo_revoked")
    stream = client.stream("agent")
    assert runtype_mock.journal() == []
    with pytest.raises(ConfigurationError, match="not open yet: enter it with `with`"):
        _ = stream.status
    assert stream.execution_id is None
    assert repr(stream) == "<EventStream>"
    with pytest.raises(AuthenticationError), stream:
        raise AssertionError("it cannot have begun")
    assert len(runtype_mock.journal()) == 1
    with pytest.raises(AuthenticationError):
        next(client.stream("agent"))
    with pytest.raises(AuthenticationError):
        list(client.stream("agent"))

    async def main() -> None:
        client = runtype_mock.async_client(api_key="papi_demo_revoked")
        stream = client.stream("agent")
        assert len(runtype_mock.journal()) == 3
        with pytest.raises(AuthenticationError):
            async with stream:
                raise AssertionError("it cannot have begun")

    asyncio.run(main())
    assert len(runtype_mock.journal()) == 4


def test_a_stream_that_is_closed_before_it_is_opened_sends_nothing(runtype_mock: MockSurface) -> None:
    stream = runtype_mock.client().stream("agent")
    stream.close()
    for read in (stream.text, stream.final_output, stream.__next__, stream.__enter__):
        with pytest.raises(ConfigurationError, match="the stream is closed"):
            read()

    async def main() -> None:
        stream = runtype_mock.async_client().stream("agent")
        await stream.aclose()
        for read in (stream.text, stream.final_output, stream.__anext__, stream.__aenter__):
            with pytest.raises(ConfigurationError, match="the stream is closed"):
                await read()

    asyncio.run(main())
    assert runtype_mock.journal() == []


def test_closing_from_another_thread_gives_up_a_stream_that_is_being_opened(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("late", answer={"kind": "stream", "steps": HELLO}, latency_ms=60_000)
    stream = runtype_mock.client().stream("late")
    with ThreadPoolExecutor() as threads:
        events = threads.submit(list, stream)
        runtype_mock.wait_for(has(1))
        stream.close()
        assert events.result(timeout=5) == []
    runtype_mock.wait_for(is_closed)


def test_a_stream_may_go_by_the_dispatch_endpoint(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    assert runtype_mock.client().stream("agent", {"a": 1}, via_dispatch=True).text() == "Hello world"
    (request,) = runtype_mock.journal()
    assert request["path"].endswith("/dispatch")
    assert request["body"] == {"capability": "agent", "input": {"a": 1}}
