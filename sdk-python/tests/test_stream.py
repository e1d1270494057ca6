"""Streams, in the ways of Python. What the languages share is in the conformance suite."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import gc
import pickle
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import (
    APITimeoutError,
    AsyncEventStream,
    AuthenticationError,
    CallCancelledError,
    ConfigurationError,
    StreamError,
    StreamEvent,
)
from support.agent import HELLO, has, is_closed, put

if TYPE_CHECKING:
    from runtype_mock import MockSurface

ENDLESS = {"kind": "stream", "steps": [*HELLO[:2]], "end": "stall"}


def test_events_come_in_order_and_typed(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    with runtype_mock.client().stream("agent", {"a": 1}) as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
        assert stream.request_id == stream.headers["x-request-id"]
        assert [attempt.status for attempt in stream.attempts] == [200]
        start, first, second, complete = stream
        assert stream.execution_id == start.execution_id
    assert [event.name for event in (start, first, second, complete)] == [step["event"] for step in HELLO]
    assert (first.delta, first.part_id, first.id, second.delta) == ("Hello ", "text_1", "7", "world")
    assert (complete.final_output, complete.duration) == ({"response": "Hello world"}, 0.0125)
    assert [event.seq for event in (start, first, second)] == sorted(event.seq or 0 for event in (start, first, second))
    assert first.final_output is None
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301, our own
    assert runtype_mock.journal()[0]["body"] == {"a": 1}


def test_text_and_final_output_read_to_the_end(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    client = runtype_mock.client()
    assert client.stream("agent").text() == "Hello world"
    assert client.stream("agent").final_output() == {"response": "Hello world"}
    for read in range(5):
        stream = client.stream("agent")
        events = [next(stream) for _ in range(min(read, len(HELLO)))]
        assert [event.name for event in events] == [step["event"] for step in HELLO[:read]]
        assert stream.text() == stream.text() == "Hello world"
        assert stream.final_output() == {"response": "Hello world"}
        assert next(stream, None) is None
        stream.close()
        assert (stream.text(), stream.final_output()) == ("Hello world", {"response": "Hello world"})


def test_a_stream_that_takes_too_long_as_a_whole_times_out(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")
    with pytest.raises(APITimeoutError, match="stream_timeout") as caught:
        runtype_mock.client().stream("agent", stream_timeout=0.1, stream_idle_timeout=None).text()
    assert caught.value.phase == "stream"


def test_the_async_stream_has_the_same_names(runtype_mock: MockSurface) -> None:
    put(runtype_mock)

    async def main() -> None:
        client = runtype_mock.async_client()
        async with client.stream("agent", {"a": 1}) as stream:
            assert (stream.status, stream.request_id) == (200, stream.headers["x-request-id"])
            events = [event async for event in stream]
            assert stream.execution_id == events[0].execution_id
            assert await stream.final_output() == {"response": "Hello world"}
        assert [event.name for event in events] == [step["event"] for step in HELLO]
        assert [event.name async for event in client.stream("agent")] == [event.name for event in events]
        assert await client.stream("agent").text() == "Hello world"
        lazy = client.stream("agent")
        with pytest.raises(ConfigurationError, match="not open yet: enter it with `async with`"):
            _ = lazy.status

    asyncio.run(main())
    assert len(runtype_mock.journal()) == 3


def test_a_failure_before_the_answer_begins_is_that_of_a_call(runtype_mock: MockSurface) -> None:
    with pytest.raises(AuthenticationError):
        next(runtype_mock.client(api_key="papi_demo_revoked").stream("support-agent"))
    with pytest.raises(ConfigurationError, match="stream_idle_timeout"):
        next(runtype_mock.client().stream("support-agent", stream_idle_timeout=0))

    async def main() -> None:
        with pytest.raises(AuthenticationError):
            async for _ in runtype_mock.async_client(api_key="papi_demo_revoked").stream("support-agent"):
                pass

    asyncio.run(main())


def test_an_error_in_mid_stream_is_raised_after_the_events_before_it(runtype_mock: MockSurface) -> None:
    put(runtype_mock, [*HELLO[:3], {"event": "execution_error", "data": {"error": "boom", "code": "E1"}}])
    seen: list[str] = []
    stream = runtype_mock.client().stream("agent")
    with pytest.raises(StreamError, match="boom") as caught:
        seen.extend(event.name for event in stream)
    error = caught.value
    assert seen == ["execution_start", "text_delta", "text_delta"]
    assert (error.events_seen, error.code, error.server_message) == (3, "E1", "boom")
    assert error.execution_id
    assert error.may_have_executed
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301, our own


def test_an_error_event_that_is_recoverable_is_an_event_like_others(runtype_mock: MockSurface) -> None:
    error = {"event": "error", "data": {"error": {"message": "rate limited, retrying", "code": "E1"}}}
    put(runtype_mock, [*HELLO[:2], error, *HELLO[2:]])
    with runtype_mock.client().stream("agent") as stream:
        events = list(stream)
        assert (events[2].error_message, events[2].code) == ("rate limited, retrying", "E1")
        assert stream.text() == "Hello world"


def test_a_silent_stream_times_out(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")
    seen: list[StreamEvent] = []
    stream = runtype_mock.client().stream("agent", stream_idle_timeout=0.1)
    with pytest.raises(APITimeoutError) as caught:
        seen.extend(stream)
    assert (caught.value.phase, len(seen), caught.value.events_seen) == ("idle", 2, 2)


def test_data_that_is_no_json_is_text(runtype_mock: MockSurface) -> None:
    raw = 'event: custom\ndata: plain text\n\nevent: custom\ndata: "\\ud800"\n\nevent: custom\ndata: ' + "9" * 5000
    put(runtype_mock, [{"raw": raw + "\n\n"}, HELLO[-1]])
    events = list(runtype_mock.client().stream("agent"))
    assert [event.data for event in events[:3]] == ["plain text", "\ud800", "9" * 5000]
    assert (events[0].delta, events[0].seq) == (None, None)


def closed_after(journal: list[dict[str, Any]], moment: dt.datetime) -> float:
    closed = dt.datetime.fromisoformat(journal[0]["client_closed_at"].replace("Z", "+00:00"))
    return (closed - moment).total_seconds()


def test_closing_after_the_first_event_closes_the_connection_at_once(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")
    stream = runtype_mock.client().stream("agent")
    next(stream)
    moment = dt.datetime.now(dt.timezone.utc)
    stream.close()
    assert closed_after(runtype_mock.wait_for(is_closed), moment) < 0.1
    assert next(stream, None) is None
    assert stream.execution_id is not None


def test_letting_go_of_a_stream_closes_the_connection_at_once(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")
    for _ in runtype_mock.client().stream("agent"):
        break
    moment = dt.datetime.now(dt.timezone.utc)
    gc.collect()
    assert closed_after(runtype_mock.wait_for(is_closed), moment) < 0.1


def test_leaving_an_async_stream_closes_the_connection_at_once(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")

    async def main() -> dt.datetime:
        async with runtype_mock.async_client().stream("agent") as stream:
            async for _ in stream:
                break
        assert await anext(stream, None) is None
        return dt.datetime.now(dt.timezone.utc)

    moment = asyncio.run(main())
    assert closed_after(runtype_mock.wait_for(is_closed), moment) < 0.1


def test_cancelling_a_task_that_reads_closes_the_connection(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")

    async def read() -> None:
        async with runtype_mock.async_client().stream("agent") as stream:
            async for _ in stream:
                pass

    async def main() -> None:
        task = asyncio.create_task(read())
        await asyncio.to_thread(runtype_mock.wait_for, lambda journal: len(journal) == 1)
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(runtype_mock.wait_for, is_closed)

    asyncio.run(main())


def test_a_stream_goes_on_after_a_read_that_was_cancelled(runtype_mock: MockSurface) -> None:
    put(runtype_mock, [HELLO[0], {"wait_ms": 200, **HELLO[1]}, *HELLO[2:]])

    async def main() -> None:
        stream = runtype_mock.async_client().stream("agent")
        assert (await anext(aiter(stream))).name == "execution_start"
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(stream.__anext__(), 0.05)
        assert await stream.text() == "Hello world"

    asyncio.run(main())


def test_reads_that_are_given_up_lose_no_event(runtype_mock: MockSurface) -> None:
    deltas = [str(number) for number in range(60)]
    steps = [{"event": "text_delta", "data": {"delta": delta}, "wait_ms": 4} for delta in deltas]
    put(runtype_mock, [*steps, HELLO[-1]])

    async def main() -> list[str | None]:
        seen: list[str | None] = []
        async with runtype_mock.async_client().stream("agent") as stream:
            with contextlib.suppress(StopAsyncIteration):
                while True:
                    with contextlib.suppress(asyncio.TimeoutError):
                        seen.append((await asyncio.wait_for(stream.__anext__(), 0.003)).delta)
        return seen

    assert asyncio.run(main()) == [*deltas, None]


def test_a_read_that_is_given_up_before_the_answer_sends_nothing_twice(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("agent", answer={"kind": "stream", "steps": HELLO}, latency_ms=100)

    async def main() -> None:
        stream = runtype_mock.async_client().stream("agent")
        for _ in range(3):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.__anext__(), 0.01)
        assert len([event async for event in stream]) == len(HELLO)

    asyncio.run(main())
    assert [request["outcome"] for request in runtype_mock.journal()] == ["delivered"]


def test_closing_an_async_stream_ends_its_reader(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("late", answer={"kind": "stream", "steps": HELLO}, latency_ms=60_000)
    put(runtype_mock, HELLO[:2], end="stall")

    async def main() -> None:
        for number, capability in enumerate(("late", "agent")):
            stream = runtype_mock.async_client().stream(capability)

            async def read(stream: AsyncEventStream = stream) -> list[StreamEvent]:
                return [event async for event in stream]

            reader = asyncio.ensure_future(read())
            await asyncio.to_thread(runtype_mock.wait_for, has(number + 1))
            await stream.aclose()
            await reader
            await asyncio.to_thread(runtype_mock.wait_for, lambda journal: journal[-1]["outcome"] == "client_closed")

    asyncio.run(main())


def test_closing_from_another_thread_ends_a_read(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:1], end="stall")
    stream = runtype_mock.client().stream("agent")
    next(stream)
    with ThreadPoolExecutor() as threads:
        rest = threads.submit(list, stream)
        time.sleep(0.05)
        stream.close()
        assert rest.result(timeout=5) == []
    runtype_mock.wait_for(is_closed)


def test_closing_the_client_ends_a_read(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:1], end="stall")
    client = runtype_mock.client()
    stream = client.stream("agent")
    next(stream)
    with ThreadPoolExecutor() as threads:
        rest = threads.submit(list, stream)
        time.sleep(0.05)
        client.close()
        with pytest.raises(CallCancelledError):
            rest.result(timeout=5)
    runtype_mock.wait_for(is_closed)


def test_a_slow_reader_gets_every_event(runtype_mock: MockSurface) -> None:
    deltas = [{"event": "text_delta", "data": {"delta": f"{number} " * 50}} for number in range(2000)]
    put(runtype_mock, [*deltas, HELLO[-1]])
    stream = runtype_mock.client().stream("agent")
    seen = 0
    for event in stream:
        assert event.name != "text_delta" or event.delta == f"{seen} " * 50
        seen += 1
        if seen % 500 == 0:
            time.sleep(0.01)
    assert seen == 2001


class FireHose:
    """A server that writes events until nobody takes them."""

    MUCH = 64 << 20
    """The sockets' own buffers take some MiB before a write waits."""
    HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    EVENTS = b'event: text_delta\ndata: {"delta":"word "}\n\n' * 1000

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def written(self) -> int:
        """How many bytes were taken."""
        connection, _ = self.listener.accept()
        with self.listener, connection:
            connection.recv(65_536)
            connection.settimeout(0.3)
            connection.sendall(self.HEAD)
            written = 0
            with contextlib.suppress(TimeoutError):
                while written < self.MUCH:
                    written += connection.send(self.EVENTS)
            return written


def test_a_reader_that_stops_holds_back_the_server(runtype_mock: MockSurface) -> None:
    server = FireHose()
    with ThreadPoolExecutor() as pool:
        written = pool.submit(server.written)
        with runtype_mock.client(base_url=server.base_url).stream("agent") as stream:
            assert next(stream).delta == "word "
            assert written.result(timeout=60) < FireHose.MUCH / 2


def test_an_async_reader_that_stops_holds_back_the_server(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        server = FireHose()
        written = asyncio.ensure_future(asyncio.to_thread(server.written))
        async with runtype_mock.async_client(base_url=server.base_url).stream("agent") as stream:
            assert (await anext(stream)).delta == "word "
            assert await asyncio.wait_for(written, 60) < FireHose.MUCH / 2

    asyncio.run(main())


READ = """
import runtype_surface
with runtype_surface.Client().stream("agent") as stream:
    next(stream)
    print("ready", flush=True)
    try:
        next(stream)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_ctrl_c_ends_a_read_within_100_ms(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:1], end="stall")
    with subprocess.Popen([sys.executable, "-c", READ], env=runtype_mock.env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.05)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"interrupted\n"
        assert time.monotonic() - sent < 0.1
        assert process.wait(timeout=10) == 0


def test_an_event_compares_and_prints_by_its_fields() -> None:
    event = StreamEvent("text_delta", {"delta": "a", "seq": "not a number"}, "1")
    assert event == StreamEvent("text_delta", {"delta": "a", "seq": "not a number"}, "1")
    assert repr(event) == "StreamEvent(name='text_delta', data={'delta': 'a', 'seq': 'not a number'}, id='1')"
    assert event.seq is None
    with pytest.raises(TypeError, match="unhashable"):
        hash(event)
