"""Many calls to one capability, with a limit on how many are in flight."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ._asyncio import Pending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

    from . import _native
    from ._many_result import ManyResult


class CallMany:
    """An iterator of results, made by `Client.call_many`. Leaving its `with` block drops the calls in flight."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.CallMany) -> None:
        self._native: _native.CallMany | None = native

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ManyResult:
        """The next result. What the inputs raise is raised here, after the results of the calls before it."""
        result = None if self._native is None else self._native.next()
        if result is None:
            raise StopIteration
        return result

    def close(self) -> None:
        """Drops the calls in flight. There are no more results."""
        native, self._native = self._native, None
        if native is not None:
            native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncCallMany:
    """An asynchronous iterator of results, made by `AsyncClient.call_many`. Nothing is sent before it is read.

    A read that is given up, as by `asyncio.wait_for`, loses no result: the next read gets it.
    """

    __slots__ = ("_is_closed", "_native", "_open", "_pending")

    def __init__(self, open: Callable[[], _native.CallMany]) -> None:
        self._open = open
        self._native: _native.CallMany | None = None
        self._is_closed = False
        self._pending = Pending()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ManyResult:
        """The next result. What the inputs raise is raised here, after the results of the calls before it."""
        while not self._is_closed:
            if self._native is None:
                self._native = self._open()
            read = await self._pending.take(self._native.begin_next)
            if read is None:
                continue
            result: ManyResult | None = read.result()
            if result is None:
                break
            return result
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Drops the calls in flight. There are no more results."""
        native, self._native = self._native, None
        self._is_closed = True
        self._pending.drop()
        if native is not None:
            native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


_tasks: set[Task[None]] = set()


def pull(iterator: Iterator[Any] | AsyncIterator[Any], sink: _native.InputSink) -> None:
    """Gives the next input on the running loop: at once, or, where it comes later, as a task."""
    if isinstance(iterator, AsyncIterator):
        import asyncio

        task = asyncio.get_running_loop().create_task(_pull_later(iterator, sink))
        # The loop itself keeps only weak references.
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        return
    try:
        item = next(iterator)
    except StopIteration:
        sink.end()
    except BaseException as error:  # noqa: BLE001, whoever reads the results raises it
        sink.fail(error)
    else:
        sink.give(item)


async def _pull_later(iterator: AsyncIterator[Any], sink: _native.InputSink) -> None:
    try:
        item = await iterator.__anext__()
    except StopAsyncIteration:
        sink.end()
    except BaseException as error:  # noqa: BLE001, whoever reads the results raises it
        sink.fail(error)
    else:
        sink.give(item)
