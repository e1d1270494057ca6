"""A panic in the native part comes out as an error of this package, and what it said stays inside."""

from __future__ import annotations

import asyncio
import functools
import inspect
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import AsyncClient, Client, Endpoint, StreamEvent, SurfaceError, _native, capability_slug

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from runtype_mock import MockSurface

WORDS = "papi_words_of_a_panic"
panic: Callable[[str, str], None] = getattr(_native, "_panic_for_tests")  # noqa: B009, debug builds have it


def assert_is_a_bug_of_ours(error: SurfaceError) -> None:
    assert type(error) is SurfaceError
    assert "internal error in runtype-surface" in str(error)
    assert WORDS not in repr((error.args, vars(error), error.__cause__, error.__context__))
    assert error.may_have_executed


SYNC: dict[str, Callable[[Client], object]] = {
    "call": lambda client: client.call("echo"),
    "call_with_response": lambda client: client.call_with_response("echo"),
    "openapi": lambda client: client.openapi(),
    "stream": lambda client: next(client.stream("support-agent")),
}


@pytest.mark.parametrize("place", ["entry", "future"])
@pytest.mark.parametrize("name", SYNC)
def test_a_call_raises_and_the_next_one_works(runtype_mock: MockSurface, name: str, place: str) -> None:
    client = runtype_mock.client()
    panic(place, WORDS)
    with pytest.raises(SurfaceError) as caught:
        SYNC[name](client)
    assert_is_a_bug_of_ours(caught.value)
    assert client.call("echo", {"a": 1}) == {"a": 1}


def test_a_call_with_hooks_raises(runtype_mock: MockSurface) -> None:
    told: list[object] = []
    client = runtype_mock.client(before_attempt=told.append, after_attempt=lambda *ended: told.append(ended))
    panic("future", WORDS)
    with pytest.raises(SurfaceError) as caught:
        client.call("echo")
    assert_is_a_bug_of_ours(caught.value)
    assert client.call("echo", {"a": 1}) == {"a": 1}
    assert len(told) == 2


ASYNC: dict[str, Callable[[AsyncClient], Awaitable[Any]]] = {
    "call": lambda client: client.call("echo"),
    "call_with_response": lambda client: client.call_with_response("echo"),
    "openapi": lambda client: client.openapi(),
    "stream": lambda client: anext(client.stream("support-agent")),
    "stream's text": lambda client: client.stream("support-agent").text(),
    "call_many": lambda client: anext(client.call_many("echo", [{}])),
}


@pytest.mark.parametrize("place", ["entry", "future"])
@pytest.mark.parametrize("name", ASYNC)
def test_an_awaited_call_raises_and_the_next_one_works(runtype_mock: MockSurface, name: str, place: str) -> None:
    async def main() -> None:
        client = runtype_mock.async_client()
        panic(place, WORDS)
        with pytest.raises(SurfaceError) as caught:
            await asyncio.wait_for(ASYNC[name](client), 10)
        assert_is_a_bug_of_ours(caught.value)
        assert await client.call("echo", {"a": 1}) == {"a": 1}

    asyncio.run(main())


READS: dict[str, Callable[[Any], object]] = {
    "next": next,
    "text": lambda events: events.text(),
    "final_output": lambda events: events.final_output(),
}


@pytest.mark.parametrize("place", ["entry", "future"])
@pytest.mark.parametrize("read", READS)
def test_a_stream_raises_where_reading_it_panics(runtype_mock: MockSurface, read: str, place: str) -> None:
    client = runtype_mock.client()
    with client.stream("support-agent") as events:
        panic(place, WORDS)
        with pytest.raises(SurfaceError) as caught:
            READS[read](events)
        assert_is_a_bug_of_ours(caught.value)
    assert client.stream("support-agent").text()


def test_many_calls_end_with_the_error_and_not_as_if_they_were_done(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    results = client.call_many("echo", ({"n": n} for n in range(100)), concurrency=1)
    assert next(results).output == {"n": 0}
    panic("future", WORDS)
    with pytest.raises(SurfaceError) as caught:
        list(results)
    assert_is_a_bug_of_ours(caught.value)
    assert client.call("echo", {"a": 1}) == {"a": 1}


@pytest.mark.parametrize("is_async", [False, True])
def test_an_input_that_panics_ends_many_calls(runtype_mock: MockSurface, is_async: bool) -> None:
    def inputs() -> Any:
        yield {"n": 0}
        panic("entry", WORDS)
        yield {"n": 1}

    async def main() -> list[Any]:
        return [result async for result in runtype_mock.async_client().call_many("echo", inputs(), concurrency=1)]

    with pytest.raises(SurfaceError) as caught:
        asyncio.run(asyncio.wait_for(main(), 10)) if is_async else list(
            runtype_mock.client().call_many("echo", inputs(), concurrency=1)
        )
    assert_is_a_bug_of_ours(caught.value)


def test_what_the_loop_does_with_one_answer_holds_back_no_other(runtype_mock: MockSurface) -> None:
    async def main() -> list[Any]:
        client = runtype_mock.async_client()
        calls = [asyncio.ensure_future(client.call("slow", {"n": n})) for n in range(8)]
        await asyncio.to_thread(runtype_mock.wait_for, lambda journal: len(journal) == 8)
        # The loop itself meets it next: the calls are in flight already.
        panic("entry", WORDS)
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)

    outputs = asyncio.run(main())
    assert len(outputs) == 8
    assert sum(isinstance(output, Exception) for output in outputs) <= 1


def test_a_key_function_whose_answer_panics_fails_the_call(runtype_mock: MockSurface) -> None:
    def ask() -> str:
        return runtype_mock.api_key

    def ask_and_panic() -> str:
        panic("entry", WORDS)
        return _native.capability_slug("Never Given")

    with pytest.raises(SurfaceError, match="internal error in runtype-surface"):
        runtype_mock.client(api_key=ask_and_panic).call("echo")
    assert runtype_mock.client(api_key=ask).call("echo", {"a": 1}) == {"a": 1}


def getters(class_: type, of: object) -> dict[str, Callable[[], object]]:
    names = [name for name, member in vars(class_).items() if inspect.isgetsetdescriptor(member)]
    return {f"{class_.__name__}.{name}": functools.partial(getattr, of, name) for name in names}


EVENT = StreamEvent("text_delta", {"delta": "a"})
ENDPOINT = Endpoint("https://api.runtype.com/v1/products/prod_1/surfaces/surf_1/api/echo")
CLIENT = Client(api_key=lambda: "", product_id="prod_1", surface_id="surf_1")
BODIES: dict[str, Callable[[], object]] = {
    "capability_slug": lambda: capability_slug("An Echo"),
    "Client": lambda: Client(api_key="papi_a_key_of_nobody", product_id="prod_1", surface_id="surf_1"),
    "Client.endpoint": lambda: CLIENT.endpoint,
    "Client.is_closed": lambda: CLIENT.is_closed,
    "Client.close": lambda: CLIENT.close(),
    "Client.__reduce__": lambda: CLIENT.__reduce__(),
    "OpaqueOptions": lambda: _native.OpaqueOptions({}),
    "Endpoint": lambda: Endpoint(str(ENDPOINT)),
    "Endpoint.parse": lambda: Endpoint.parse(str(ENDPOINT)),
    "Endpoint.capability_url": lambda: ENDPOINT.capability_url("echo"),
    "Endpoint.__str__": lambda: str(ENDPOINT),
    "Endpoint.__repr__": lambda: repr(ENDPOINT),
    "Endpoint.__reduce__": lambda: ENDPOINT.__reduce__(),
    "StreamEvent": lambda: StreamEvent("text_delta", {}),
    "StreamEvent.__eq__": lambda: EVENT == EVENT,
    "StreamEvent.__repr__": lambda: repr(EVENT),
    "StreamEvent.__reduce__": lambda: EVENT.__reduce__(),
    **getters(Endpoint, ENDPOINT),
    **getters(StreamEvent, EVENT),
}


@pytest.mark.parametrize("name", BODIES)
def test_every_other_entry_raises_too(name: str) -> None:
    panic("entry", WORDS)
    with pytest.raises(SurfaceError) as caught:
        BODIES[name]()
    assert_is_a_bug_of_ours(caught.value)


def test_stderr_says_where_and_not_what() -> None:
    script = """
    import runtype_surface
    from runtype_surface import _native
    _native._panic_for_tests("entry", %r)
    try:
        runtype_surface.capability_slug("x")
    except Exception as error:
        print(type(error).__name__)
    """
    command = [sys.executable, "-c", textwrap.dedent(script % WORDS)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env={"RUST_BACKTRACE": "full"})
    assert (ended.returncode, ended.stdout) == (0, "SurfaceError\n")
    assert "internal error at sdk-python/src/runtime/test_panic.rs:" in ended.stderr
    assert WORDS not in ended.stderr


def test_a_panic_with_a_closed_stderr_is_an_error_all_the_same() -> None:
    script = """
    import os, runtype_surface
    from runtype_surface import _native
    os.close(2)
    _native._panic_for_tests("entry", "words")
    try:
        runtype_surface.capability_slug("x")
    except Exception as error:
        print(type(error).__name__)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stdout) == (0, b"SurfaceError\n")
