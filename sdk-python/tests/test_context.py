"""In whose context variables the application's functions run: the caller's."""

from __future__ import annotations

import asyncio
import threading
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import pytest

    from runtype_mock import MockSurface
    from runtype_surface import AsyncClient

CALLER: ContextVar[str] = ContextVar("CALLER", default="nobody")
SEEN: ContextVar[str] = ContextVar("SEEN", default="nothing")


class Watch:
    """Hooks that note in whose context they run, and set a variable there."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def before(self, _: object) -> None:
        SEEN.set(f"seen of {CALLER.get()}")
        self.lines.append(f"before: {CALLER.get()}")

    def after(self, *_: object) -> None:
        self.lines.append(f"after: {CALLER.get()}, {SEEN.get()}")

    @property
    def options(self) -> dict[str, Any]:
        return {"before_attempt": self.before, "after_attempt": self.after}


def told_to(caller: str) -> list[str]:
    return [f"before: {caller}", f"after: {caller}, seen of {caller}"]


def test_hooks_of_concurrent_tasks_run_in_the_context_of_their_own_call(runtype_mock: MockSurface) -> None:
    watch = Watch()

    async def call(client: AsyncClient, caller: str) -> None:
        CALLER.set(caller)
        await client.call("echo", {"caller": caller})

    async def main() -> None:
        client = runtype_mock.async_client(**watch.options)
        await client.call("echo")
        await asyncio.gather(*(call(client, f"task {n}") for n in range(20)))
        assert SEEN.get() == "nothing"

    asyncio.run(main())
    assert watch.lines[:2] == told_to("nobody")
    assert sorted(watch.lines[2:]) == sorted(line for n in range(20) for line in told_to(f"task {n}"))


def test_hooks_of_a_synchronous_call_run_in_a_copy_of_its_context(runtype_mock: MockSurface) -> None:
    watch = Watch()
    client = runtype_mock.client(**watch.options)
    CALLER.set("main")
    client.call("echo")
    assert watch.lines == told_to("main")
    assert SEEN.get() == "nothing"


def test_hooks_of_a_stream_run_in_the_context_that_made_it(runtype_mock: MockSurface) -> None:
    watch = Watch()

    def make(client: Any) -> Any:
        CALLER.set("maker")
        return client.stream("support-agent")

    stream = Context().run(make, runtype_mock.client(**watch.options))
    CALLER.set("reader")
    assert stream.text()

    async def main() -> None:
        stream = Context().run(make, runtype_mock.async_client(**watch.options))
        assert await stream.text()

    asyncio.run(main())
    assert watch.lines == told_to("maker") * 2


def test_hooks_of_many_calls_run_in_the_context_that_made_them(runtype_mock: MockSurface) -> None:
    watch = Watch()

    def make(client: Any) -> Any:
        CALLER.set("maker")
        return client.call_many("echo", [{}] * 3)

    many = Context().run(make, runtype_mock.client(**watch.options))
    CALLER.set("reader")
    assert all(result.ok for result in many)

    async def main() -> None:
        many = Context().run(make, runtype_mock.async_client(**watch.options))
        async for result in many:
            assert result.ok

    asyncio.run(main())
    # Each hook has a copy of its own: these calls are in flight together.
    expected = ["before: maker"] * 3 + ["after: maker, nothing"] * 3
    assert (sorted(watch.lines[:6], reverse=True), sorted(watch.lines[6:], reverse=True)) == (expected, expected)


def test_threads_that_read_many_calls_together_may_have_hooks(runtype_mock: MockSurface) -> None:
    met = threading.Barrier(2, timeout=20)
    places: list[str] = []

    def both(_: object) -> None:
        # Two hooks of the same many calls run at the same time.
        met.wait()
        places.append(CALLER.get())

    CALLER.set("maker")
    many = runtype_mock.client(before_attempt=both).call_many("echo", [{}] * 2)
    threads = [threading.Thread(target=next, args=(many,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert places == ["maker"] * 2


def test_inputs_are_taken_in_the_context_that_made_the_calls(runtype_mock: MockSurface) -> None:
    callers: list[str] = []

    def inputs() -> Iterator[dict[str, object]]:
        for _ in range(2):
            callers.append(CALLER.get())
            yield {}

    async def async_inputs() -> AsyncIterator[dict[str, object]]:
        for item in inputs():
            yield item

    async def read(source: Any, client: Any) -> None:
        CALLER.set("reader")
        async for result in client.call_many("echo", source):
            assert result.ok

    async def main() -> None:
        client = runtype_mock.async_client()
        # The loop's first call is made by nobody.
        await client.call("echo")
        await asyncio.create_task(read(inputs(), client))
        await asyncio.create_task(read(async_inputs(), client))

    asyncio.run(main())
    assert callers == ["reader"] * 4


def test_a_key_function_runs_in_the_context_of_the_call_that_asks(runtype_mock: MockSurface) -> None:
    callers: list[str] = []

    def ask() -> str:
        callers.append(CALLER.get())
        return runtype_mock.api_key

    async def ask_later() -> str:
        callers.append(f"{CALLER.get()}, later")
        await asyncio.sleep(0)
        return runtype_mock.api_key

    async def call(caller: str, key: Any) -> None:
        CALLER.set(caller)
        await runtype_mock.async_client(api_key=key).call("echo")

    async def main() -> None:
        await call("first", ask)
        await asyncio.create_task(call("second", ask))
        await asyncio.create_task(call("third", ask_later))

    CALLER.set("main")
    runtype_mock.client(api_key=ask).call("echo")
    asyncio.run(main())
    assert callers == ["main", "first", "second", "third, later"]


def test_no_context_is_copied_for_a_call_that_nothing_watches(
    runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch
) -> None:
    import contextvars

    copied = 0

    def counted() -> Context:
        nonlocal copied
        copied += 1
        return copy_context()

    copy_context = contextvars.copy_context
    monkeypatch.setattr(contextvars, "copy_context", counted)
    client = runtype_mock.client()
    client.call("echo")
    assert client.stream("support-agent").text()
    assert copied == 0
    runtype_mock.client(after_attempt=lambda *_: None).call("echo")
    assert copied == 1
