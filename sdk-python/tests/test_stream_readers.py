"""Readers of streams that come again, come in numbers, or give up."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtype_surface import ConfigurationError, ServerError, StreamError
from support.agent import HELLO, has, is_closed, put
from support.perform import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_mock import MockSurface


def test_a_stream_that_failed_says_so_again_and_sends_nothing_again(runtype_mock: MockSurface) -> None:
    async def main() -> list[object]:
        stream = runtype_mock.async_client().stream("fails")
        reads = (stream.text, stream.final_output, stream.__anext__, stream.__aenter__)
        return [error for read in reads for error in await asyncio.gather(read(), return_exceptions=True)]

    errors = asyncio.run(main())
    assert [type(error) for error in errors] == [ServerError] * 4
    assert len(runtype_mock.journal()) == 1

    put(runtype_mock, HELLO[:2], end="close")
    stream = runtype_mock.client().stream("agent")
    for read in (stream.text, stream.final_output, stream.text):
        with pytest.raises(StreamError, match="the stream broke"):
            read()


def test_the_text_and_the_output_may_be_awaited_together(runtype_mock: MockSurface) -> None:
    async def main() -> list[object]:
        put(runtype_mock, HELLO)
        stream = runtype_mock.async_client().stream("agent")
        return list(await asyncio.gather(stream.text(), stream.final_output(), stream.text()))

    text, output, again = asyncio.run(main())
    assert text
    assert (again, output) == (text, {"response": text})
    assert len(runtype_mock.journal()) == 1


def test_the_text_may_be_asked_for_after_the_final_output(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO)
    stream = runtype_mock.client().stream("agent")
    stream.final_output()
    whole = runtype_mock.client().stream("agent").text()
    assert whole
    assert stream.text() == whole


def test_a_loop_ends_where_its_stream_is_closed_or_read_to_the_end(runtype_mock: MockSurface) -> None:
    text = "".join(f'event: text_delta\ndata: {{"delta":"{number}"}}\n\n' for number in range(8))
    put(runtype_mock, [{"raw": text + 'event: execution_complete\ndata: {"finalOutput":1}\n\n'}])
    client = runtype_mock.client()

    stream, seen = client.stream("agent"), []
    for event in stream:
        seen.append(event.delta)
        stream.close()
    assert (seen, next(stream, None)) == (["0"], None)

    stream, seen = client.stream("agent"), []
    for event in stream:
        seen.append(event.delta)
        seen.append(stream.text())
    assert seen == ["0", "01234567"]

    with client.stream("agent") as stream:
        assert stream.text() == "01234567"
    assert stream.final_output() == 1


def test_threads_that_read_in_turn_get_each_event_once(runtype_mock: MockSurface) -> None:
    text = "".join(f'event: text_delta\ndata: {{"delta":"{number}"}}\n\n' for number in range(5_000))
    put(runtype_mock, [{"raw": text}, {"event": "execution_complete", "data": {}}])
    stream, interval = runtype_mock.client().stream("agent"), sys.getswitchinterval()

    def read() -> list[str | None]:
        seen: list[str | None] = []
        while True:
            try:
                event = next(stream, None)
            except ConfigurationError:
                # Another one waits for the next events.
                continue
            if event is None:
                return seen
            seen.append(event.delta)

    try:
        sys.setswitchinterval(1e-6)
        with ThreadPoolExecutor(4) as pool:
            seen = [delta for each in [pool.submit(read) for _ in range(4)] for delta in each.result()]
    finally:
        sys.setswitchinterval(interval)
    assert sorted(seen, key=str) == sorted([*map(str, range(5_000)), None], key=str)


def test_a_task_that_is_cancelled_while_it_enters_a_stream_drops_the_request(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("late", answer={"kind": "stream", "steps": HELLO}, latency_ms=60_000)

    async def main() -> BaseException:
        async def enter() -> None:
            async with runtype_mock.async_client().stream("late"):
                raise AssertionError("it cannot have begun")

        entering = asyncio.ensure_future(enter())
        await asyncio.to_thread(runtype_mock.wait_for, has(1))
        entering.cancel()
        (kept,) = await asyncio.gather(entering, return_exceptions=True)
        await asyncio.to_thread(runtype_mock.wait_for, is_closed)
        assert isinstance(kept, BaseException)
        return kept

    assert isinstance(asyncio.run(main()), asyncio.CancelledError)


def test_a_text_that_is_given_up_goes_on_where_it_was(runtype_mock: MockSurface) -> None:
    put(runtype_mock, [*HELLO[:3], {"wait_ms": 400, **HELLO[3]}, *HELLO[4:]])

    async def main() -> str:
        async with runtype_mock.async_client().stream("agent") as stream:
            for _ in range(2):
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stream.text(), 0.05)
            return await stream.text()

    whole = runtype_mock.client().stream("agent").text()
    assert whole != ""
    assert asyncio.run(main()) == whole


def cut_in_two(mock: MockSurface) -> None:
    """A stream whose text has a character that the server cut in two, as servers do that count in UTF-16."""
    halves = (r'"smile \ud83d"', r'"\ude00."')
    raw = "".join(f'event: text_delta\ndata: {{"delta":{half}}}\n\n' for half in halves)
    put(mock, [{"raw": "event: execution_start\ndata: {}\n\n" + raw}, HELLO[-1]])


def test_a_character_that_was_cut_in_two_is_whole_in_the_text_after_a_read(runtype_mock: MockSurface) -> None:
    cut_in_two(runtype_mock)
    with runtype_mock.client().stream("agent") as stream:
        assert next(stream).name == "execution_start"
        assert stream.text() == "smile 😀."

    async def main() -> str:
        async with runtype_mock.async_client().stream("agent") as stream:
            assert (await anext(stream)).name == "execution_start"
            return await stream.text()

    assert asyncio.run(main()) == "smile 😀."


def test_the_text_is_the_whole_also_after_the_loop(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    with runtype_mock.client().stream("agent") as stream:
        assert len(list(stream)) == len(HELLO)
        assert stream.text() == "Hello world"
    assert (stream.text(), stream.final_output()) == ("Hello world", {"response": "Hello world"})

    async def main() -> None:
        async with runtype_mock.async_client().stream("agent") as stream:
            assert len([event async for event in stream]) == len(HELLO)
            assert await stream.text() == "Hello world"
        assert await stream.text() == "Hello world"
        assert await stream.final_output() == {"response": "Hello world"}

    asyncio.run(main())


def test_a_stream_is_iterated_once(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    stream = runtype_mock.client().stream("agent")
    assert next(stream).name == "execution_start"
    assert len(list(stream)) == len(HELLO) - 1
    with pytest.raises(ConfigurationError, match="the stream was already read") as caught:
        iter(stream)
    assert (caught.value.option, caught.value.may_have_executed) == ("stream", True)

    async def main() -> None:
        stream = runtype_mock.async_client().stream("agent")
        assert (await anext(stream)).name == "execution_start"
        assert len([event async for event in stream]) == len(HELLO) - 1
        with pytest.raises(ConfigurationError, match="the stream was already read"):
            aiter(stream)

    asyncio.run(main())


def test_a_stream_whose_text_was_read_is_not_iterated_in_silence(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    for whole in ("text", "final_output"):
        stream = runtype_mock.client().stream("agent")
        getattr(stream, whole)()
        with pytest.raises(ConfigurationError, match="the stream was already read"):
            iter(stream)

        async def main(whole: str) -> None:
            stream = runtype_mock.async_client().stream("agent")
            await getattr(stream, whole)()
            with pytest.raises(ConfigurationError, match="the stream was already read"):
                aiter(stream)

        asyncio.run(main(whole))


def test_a_stream_is_entered_once(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    stream = runtype_mock.client().stream("agent")
    with stream:
        with pytest.raises(ConfigurationError, match="the stream was already entered"), stream:
            raise AssertionError("it was entered twice")
        assert stream.text() == "Hello world"
    with pytest.raises(ConfigurationError, match="the stream was already entered"):
        stream.__enter__()

    async def main() -> None:
        stream = runtype_mock.async_client().stream("agent")
        async with stream:
            with pytest.raises(ConfigurationError, match="the stream was already entered"):
                await stream.__aenter__()
            assert await stream.text() == "Hello world"
        with pytest.raises(ConfigurationError, match="the stream was already entered"):
            await stream.__aenter__()

    asyncio.run(main())
    assert len(runtype_mock.journal()) == 2


def test_a_second_reader_at_the_same_time_is_refused(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:1], end="stall")
    stream = runtype_mock.client().stream("agent")
    next(stream)
    with ThreadPoolExecutor() as threads:
        rest = threads.submit(next, stream, None)
        until(lambda: refuses(stream.text))
        with pytest.raises(ConfigurationError, match="another reader is waiting"):
            next(stream)
        stream.close()
        assert rest.result(timeout=5) is None

    async def main() -> None:
        stream = runtype_mock.async_client().stream("agent")
        assert (await anext(stream)).name == "execution_start"
        reader = asyncio.ensure_future(anext(stream, None))
        await asyncio.sleep(0)
        for read in (stream.__anext__, stream.text, stream.final_output, stream.__aenter__):
            with pytest.raises(ConfigurationError, match="another reader is waiting"):
                await read()
        await stream.aclose()
        assert await reader is None

    asyncio.run(main())


def refuses(read: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError, match="another reader is waiting"):
        read()
