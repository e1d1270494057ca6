"""Waiting on an asyncio loop for what the native part spawns."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable
    from typing import Any

    from . import _native


class Pending:
    """The one thing that the readers of a stream wait for. A reader that gives up leaves it to the next one.

    So `asyncio.wait_for` around a read loses no event and no result, and sends no call twice. Dropping this object
    cancels the task.
    """

    __slots__ = ("_future", "_handle")

    def __init__(self) -> None:
        self._future: Future[Any] | None = None
        self._handle: _native.CancelHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether a reader left something, or waits for it."""
        return self._future is not None

    async def take(self, begin: Callable[[], tuple[Future[Any], _native.CancelHandle]]) -> Future[Any] | None:
        """Waits for what is pending, else for what `begin` begins. One reader gets it, done; others get `None`."""
        import asyncio

        if self._future is None:
            self._future, self._handle = begin()
        future = self._future
        try:
            # Unlike `await`, it does not cancel what it waits for.
            await asyncio.wait((future,))
        except BaseException:
            future.add_done_callback(_look)
            raise
        if self._future is not future:
            return None
        self._future = self._handle = None
        return future

    def drop(self) -> None:
        """Cancels the task. Readers that wait get nothing."""
        future, handle = self._future, self._handle
        if future is not None and handle is not None:
            handle.cancel()
            if not future.done():
                future.set_result(None)


async def wait(begin: Callable[[], tuple[Future[Any], _native.CancelHandle]]) -> Any:
    """Awaits what the native part begins, and drops it with the task that waits."""
    future, handle = begin()
    try:
        return await future
    except BaseException:
        # Cancelled, most likely: the request is dropped at once.
        handle.cancel()
        raise


def _look(future: Future[Any]) -> None:
    """Retrieves an error that nobody may come to read, so that asyncio does not report it as never retrieved."""
    if not future.cancelled():
        future.exception()
