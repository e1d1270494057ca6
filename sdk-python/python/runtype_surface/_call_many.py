"""Many calls to one capability, with a limit on how many are in flight."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

from ._asyncio import Pending
from ._call_result import CallResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from types import TracebackType

    from . import _native
    from . import _types as types
else:
    from ._lazy import types


class CallMany:
    """An iterator of results, made by `Client.call_many`. Leaving its `with` block drops the in-flight calls."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.CallMany) -> None:
        self._native: _native.CallMany | None = native

    def __iter__(self) -> types.Self:
        return self

    def __next__(self) -> CallResult:
        """The next result.

        An exception of the inputs is raised here, after the results of the calls before it.

        Raises:
            CallCancelledError: The client was closed.
        """
        result = None if self._native is None else self._native.next()
        if result is None:
            raise StopIteration
        return result

    def close(self) -> None:
        """Drops the in-flight calls. There are no more results."""
        native, self._native = self._native, None
        if native is not None:
            native.close()

    def __enter__(self) -> types.Self:
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

    def __aiter__(self) -> types.Self:
        return self

    async def __anext__(self) -> CallResult:
        """The next result.

        An exception of the inputs is raised here, after the results of the calls before it.

        Raises:
            CallCancelledError: The client was closed.
        """
        while not self._is_closed:
            if self._native is None:
                self._native = self._open()
            read = await self._pending.take(self._native.begin_next)
            if read is None:
                continue
            result: CallResult | None = read.result()
            if result is None:
                break
            return result
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Drops the in-flight calls. There are no more results."""
        native, self._native = self._native, None
        self._is_closed = True
        self._pending.drop()
        if native is not None:
            native.close()

    async def __aenter__(self) -> types.Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


_tasks: set[Task[None]] = set()


def pull(iterator: Iterator[types.Any] | AsyncIterator[types.Any], sink: _native.InputSink) -> None:
    """Passes the next input on, on the running loop: at once, or, where it comes later, as a task."""
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


async def _pull_later(iterator: AsyncIterator[types.Any], sink: _native.InputSink) -> None:
    try:
        item = await iterator.__anext__()
    except StopAsyncIteration:
        sink.end()
    except BaseException as error:  # noqa: BLE001, whoever reads the results raises it
        sink.fail(error)
    else:
        sink.give(item)
