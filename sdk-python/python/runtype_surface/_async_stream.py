"""A capability's response as events, each yielded as it comes, for asyncio."""

from __future__ import annotations

from ._asyncio import Pending, wait
from ._stream_head import StreamHead, WithHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

    from . import _native
    from ._native import Event


class AsyncEventStream(WithHead):
    """An asynchronous iterator of events, made by `AsyncClient.stream`. A slow reader holds back the server.

        async with client.stream("support-agent", {"input": "Where is my parcel?"}) as events:
            async for event in events:
                if event.name == "text_delta":
                    print(event.delta, end="")

    Nothing is sent before it is entered or read. Leaving the `async with` block, `aclose`, or dropping the last
    reference to it closes the connection at once. A read that is given up, as by `asyncio.wait_for`, loses no event:
    the next read gets it. Several tasks may read it; each event goes to one of them.
    """

    __slots__ = (
        "__weakref__",
        "_events",
        "_failure",
        "_is_closed",
        "_known",
        "_native",
        "_open",
        "_pending",
    )

    def __init__(self, open: Callable[[], tuple[Any, _native.CancelHandle]]) -> None:
        self._open = open
        self._native: _native.EventStream | None = None
        self._known: StreamHead | None = None
        self._events: list[Event] = []
        self._is_closed = False
        self._failure: BaseException | None = None
        """Why there is no answer. The call is not sent again to find out."""
        self._pending = Pending()

    async def _opened(self) -> _native.EventStream | None:
        while self._native is None and not self._is_closed:
            if self._failure is not None:
                raise self._failure
            opened = await self._pending.take(self._open)
            if opened is None:
                continue
            self._failure = opened.exception()
            native: _native.EventStream | None = opened.result()
            if native is None:
                continue
            if self._is_closed:
                native.close()
            else:
                self._native, self._known = native, StreamHead(native.report)
        return self._native

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """The next event. See `EventStream.__next__`."""
        if not await self._fill():
            raise StopAsyncIteration
        return self._events.pop()

    async def _fill(self) -> bool:
        while not self._events:
            native = await self._opened()
            if native is None or self._is_closed:
                return False
            read = await self._pending.take(native.begin_batch)
            if read is None:
                continue
            batch: list[Event] | None = read.result()
            if batch is None or self._is_closed:
                return False
            batch.reverse()
            self._events = batch
        return True

    async def text(self) -> str:
        """Reads to the end, and gives the text of the `text_delta` events that were not read yet.

        Where it is given up and awaited again, it goes on.

        Raises:
            StreamError: As `EventStream.__next__`; after an error the same one.
        """
        native = await self._opened()
        unread = await self._take()
        if native is None or self._is_closed:
            return ""
        native.put_back(unread)
        text: str = await wait(native.begin_text)
        return text

    async def final_output(self) -> Any:
        """Reads to the end, and gives the output of the `execution_complete` event; `None` where there was none.

        It may be awaited after all events were read, and after the stream was closed.

        Raises:
            StreamError: As `EventStream.__next__`; after an error the same one.
        """
        native = await self._opened()
        await self._take()
        return None if native is None else await wait(native.begin_final_output)

    async def _take(self) -> list[Event]:
        if self._pending.is_waiting:
            await self._fill()
        events, self._events = self._events[::-1], []
        return events

    async def aclose(self) -> None:
        """Closes the connection at once. There are no more events."""
        self._events, self._is_closed = [], True
        self._pending.drop()
        if self._native is not None:
            self._native.close()

    def _head(self) -> StreamHead:
        if self._known is None:
            raise RuntimeError("the stream has not begun: enter it, or read its first event")
        return self._known

    @property
    def execution_id(self) -> str | None:
        """The execution's id, once an event has said it."""
        return None if self._native is None else self._native.execution_id

    async def __aenter__(self) -> Self:
        try:
            await self._opened()
        except BaseException:
            # There will be no `__aexit__`.
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<AsyncEventStream {self.status}>" if getattr(self, "_known", None) else "<AsyncEventStream>"
