"""How the callers of the two clients call, read and give up, and how the suite waits."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from runtype_surface import AsyncClient

PATIENCE = 10.0
"""How long the suite waits for what must come, in seconds."""


@contextlib.contextmanager
def at_once(items: list[pytest.Item], run: Callable[..., None]) -> Iterator[dict[object, Future[None]]]:
    """Runs the cases of the tests that were asked for at once, eight at a time; each test then looks at its own."""
    specs: list[Any] = [
        item.callspec for item in items if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    ]
    with ThreadPoolExecutor(8) as pool:
        yield {
            (spec.params["case"]["name"], spec.params["kind"]): pool.submit(run, **spec.params)
            for spec in specs
            if "case" in spec.params
        }


def until(holds: Callable[[], None]) -> None:
    """Waits until an assertion holds."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return holds()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.002)


def run(call: Callable[[], Any], client: Client | AsyncClient, cancel_once: Callable[[], None] | None) -> Any:
    """Calls, and gives up once `cancel_once` returns: another thread closes the client, or the task is cancelled."""
    if isinstance(client, Client):
        return run_sync(call, client, cancel_once)
    return asyncio.run(run_async(call, cancel_once))


def run_sync(call: Callable[[], Any], client: Client, cancel_once: Callable[[], None] | None) -> Any:
    if cancel_once is None:
        return call()

    def cancel() -> None:
        try:
            cancel_once()
        finally:
            client.close()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    try:
        return call()
    finally:
        canceller.join()


async def run_async(call: Callable[[], Any], cancel_once: Callable[[], None] | None) -> Any:
    if cancel_once is None:
        return await call()

    async def task() -> Any:
        return await call()

    running = asyncio.ensure_future(task())
    try:
        await asyncio.to_thread(cancel_once)
    finally:
        running.cancel()
    return await running


def read(items: Any, keep: list[Any], leave_after: int | None = None, source: list[Any] | None = None) -> Any:
    """Reads items, all or so many, and keeps what they come from; to be awaited where they are asynchronous."""
    if source is not None:
        source.append(items)
    if hasattr(items, "__aiter__"):
        return read_async(items, keep, leave_after)
    for item in items:
        keep.append(item)
        if len(keep) == leave_after:
            break
    return None


def whole(stream: Any, what: str, read_first: int) -> Any:
    """Reads so many events, then what is made of the whole stream; to be awaited where it is asynchronous."""
    if hasattr(stream, "__anext__"):
        return whole_async(stream, what, read_first)
    for _ in range(read_first):
        next(stream, None)
    return getattr(stream, what)()


async def whole_async(stream: Any, what: str, read_first: int) -> Any:
    for _ in range(read_first):
        await anext(stream, None)
    return await getattr(stream, what)()


async def read_async(items: Any, keep: list[Any], leave_after: int | None) -> None:
    async for item in items:
        keep.append(item)
        if len(keep) == leave_after:
            break
