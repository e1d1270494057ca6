"""Streams that are closed before, while and after they are read."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import ConfigurationError, StreamError
from support.agent import HELLO, has, put

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_mock import MockSurface
    from runtype_surface import AsyncEventStream, EventStream

READS: dict[str, Callable[[EventStream], Any]] = {
    "text": lambda stream: stream.text(),
    "final_output": lambda stream: stream.final_output(),
    "iteration": list,
    "next": next,
    "entering": lambda stream: stream.__enter__(),
}


async def as_list(stream: AsyncEventStream) -> list[Any]:
    return [event async for event in stream]


ASYNC_READS: dict[str, Callable[[AsyncEventStream], Any]] = {
    "text": lambda stream: stream.text(),
    "final_output": lambda stream: stream.final_output(),
    "iteration": as_list,
    "next": anext,
    "entering": lambda stream: stream.__aenter__(),
}


@pytest.mark.parametrize("read", READS)
def test_a_stream_that_was_closed_before_it_was_read_says_so(read: str, runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    unopened = runtype_mock.client().stream("agent")
    unopened.close()
    with pytest.raises(ConfigurationError, match="the stream is closed") as caught:
        READS[read](unopened)
    assert (caught.value.option, caught.value.may_have_executed) == ("stream", False)
    with runtype_mock.client().stream("agent") as opened:
        pass
    with pytest.raises(
        ConfigurationError, match="already entered" if read == "entering" else "the stream is closed"
    ) as caught:
        READS[read](opened)
    assert caught.value.may_have_executed

    async def main() -> None:
        unopened = runtype_mock.async_client().stream("agent")
        await unopened.aclose()
        with pytest.raises(ConfigurationError, match="the stream is closed") as caught:
            await ASYNC_READS[read](unopened)
        assert not caught.value.may_have_executed
        async with runtype_mock.async_client().stream("agent") as opened:
            pass
        text = "already entered" if read == "entering" else "the stream is closed"
        with pytest.raises(ConfigurationError, match=text) as caught:
            await ASYNC_READS[read](opened)
        assert caught.value.may_have_executed

    asyncio.run(main())


def test_an_iterator_that_left_its_with_block_unread_says_so(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    with runtype_mock.client().stream("agent") as stream:
        events = iter(stream)
    with pytest.raises(ConfigurationError, match="the stream is closed"):
        next(events)


def test_part_of_a_stream_is_neither_its_text_nor_its_output(runtype_mock: MockSurface) -> None:
    # All events arrive at once; what counts is what was read of them.
    put(runtype_mock)
    with runtype_mock.client().stream("agent") as stream:
        for event in stream:
            if event.delta == "Hello ":
                break
    for read in (stream.text, stream.final_output, stream.text):
        with pytest.raises(ConfigurationError, match="the stream is closed"):
            read()

    async def main() -> None:
        async with runtype_mock.async_client().stream("agent") as stream:
            async for event in stream:
                if event.delta == "Hello ":
                    break
        for read in (stream.text, stream.final_output, stream.text):
            with pytest.raises(ConfigurationError, match="the stream is closed"):
                await read()

    asyncio.run(main())


def test_what_was_read_to_the_closing_event_stays_available(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO, end="stall")
    with runtype_mock.client().stream("agent") as stream:
        for event in stream:
            if event.name == "execution_complete":
                break
    assert (stream.text(), stream.final_output()) == ("Hello world", {"response": "Hello world"})

    async def main() -> None:
        async with runtype_mock.async_client().stream("agent") as stream:
            async for event in stream:
                if event.name == "execution_complete":
                    break
        assert await stream.text() == "Hello world"
        assert await stream.final_output() == {"response": "Hello world"}

    asyncio.run(main())


def test_a_stream_that_failed_and_was_closed_still_says_why(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="close")
    with runtype_mock.client().stream("agent") as stream, pytest.raises(StreamError, match="broke"):
        stream.text()
    with pytest.raises(StreamError, match="broke"):
        stream.text()


def test_a_text_that_is_awaited_when_the_stream_is_closed_is_refused(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")
    stream = runtype_mock.client().stream("agent")
    next(stream)
    with ThreadPoolExecutor() as threads:
        text = threads.submit(stream.text)
        runtype_mock.wait_for(has(1))
        stream.close()
        with pytest.raises(ConfigurationError, match="the stream is closed"):
            text.result(timeout=5)

    async def main() -> None:
        stream = runtype_mock.async_client().stream("agent")
        await anext(stream)
        text = asyncio.ensure_future(stream.text())
        await asyncio.sleep(0)
        await stream.aclose()
        with pytest.raises(ConfigurationError, match="the stream is closed"):
            await text

    asyncio.run(main())
