"""A capability's response as events, each yielded as it comes, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from ._asyncio import Pending, wait
from ._native import StreamEvent
from ._stream_head import OneReader, StreamHead, WithHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Lock
    from types import TracebackType

    from . import _native
    from . import _types as types
else:
    from ._lazy import types


class AsyncEventStream(WithHead):
    """An asynchronous iterator of events, made by `AsyncClient.stream`. A slow reader holds back the server.

        async with client.stream("support-agent", {"input": "Where is my parcel?"}) as events:
            async for event in events:
                if event.name == "text_delta":
                    print(event.delta, end="")

    Nothing is sent before it is entered or read: both open it, and raise what a call would raise. It is entered once
    and iterated once. Leaving the `async with` block, `aclose`, or dropping the last reference to it closes the
    connection at once. A stream that was closed before its end cannot be read any more: `ConfigurationError`. A running
    loop ends. A read that is given up, as by `asyncio.wait_for`, loses no event: the next read gets it.
    """

    __slots__ = ("__weakref__", "_failure", "_one_reader", "_open", "_pending", "_whole")

    _entered_by = "async with"

    def __init__(self, open: Callable[[], tuple[types.Any, _native.CancelHandle]]) -> None:
        super().__init__()
        self._open = open
        self._failure: BaseException | None = None
        """Why there is no response. The call is not sent again to find out."""
        self._pending = Pending()
        self._one_reader = OneReader()
        self._whole: Lock | None = None

    if not TYPE_CHECKING:
        # Type checkers report the mistake themselves while there is no such method.
        def __await__(self) -> types.Any:
            raise TypeError(
                "a stream is not awaited: enter it with `async with client.stream(...) as events`, or read it with "
                "`async for`"
            )

    async def _opened(self) -> _native.EventStream | None:
        while self._native is None:
            if self._failure is not None:
                raise self._failure
            if self._is_closed:
                return None
            self._is_sent = True
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
                self._native, self._head = native, StreamHead(native.report)
        return self._native

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        """The events.

        Raises:
            ConfigurationError: The stream was already read, or is closed.
        """
        self._iterate()
        return self

    async def __anext__(self) -> StreamEvent:
        """The next event.

        Raises:
            StreamError: The stream broke, ended without a closing event, or reported that the execution failed.
            APITimeoutError: Nothing came for `stream_idle_timeout`, or the stream took longer than `stream_timeout`.
            ConfigurationError: Another task waits for an event, or the stream was closed before it was read.
            SurfaceError: The stream could not be opened.
        """
        if not self._events:
            with self._one_reader:
                self._begin()
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
            batch: list[StreamEvent] | None = read.result()
            if batch is None or self._is_closed:
                return False
            batch.reverse()
            self._events = batch
        return True

    async def text(self) -> str:
        """Reads to the end, and returns the text of the answer: its `text_delta` events, joined.

        A `text_complete` counts if it had no deltas. Text of nested flows and agents (`parent_tool_call_id`) is left
        out.

        It may be awaited at any time, also after the loop, and returns the same. A loop that is running gets no more
        events. Both may be awaited at the same time. A wait that was cancelled can be repeated.

        Raises:
            StreamError: As `__anext__`; after an error the same one. Also if the execution waits at the end (`code` is
                `awaiting`), or if the text is larger than `max_response_bytes`.
            ConfigurationError: The stream was closed before its end.
        """
        async with self._whole_turn():
            with self._one_reader:
                native = await self._to_be_read()
                text: str = await wait(native.begin_text)
                return text

    async def final_output(self) -> types.Any:
        """Reads to the end, and returns the output of the `execution_complete` event; `None` if there was none.

        It may be awaited at any time, also after the loop, and returns the same. A loop that is running gets no more
        events. Both may be awaited at the same time. A wait that was cancelled can be repeated.

        Raises:
            StreamError: As `__anext__`; after an error the same one. Also if the execution waits at the end (`code` is
                `awaiting`).
            ConfigurationError: The stream was closed before its end.
        """
        async with self._whole_turn():
            with self._one_reader:
                native = await self._to_be_read()
                return await wait(native.begin_final_output)

    def _whole_turn(self) -> Lock:
        """Has `text` and `final_output` wait for each other."""
        from asyncio import Lock

        if self._whole is None:
            self._whole = Lock()
        return self._whole

    async def _to_be_read(self) -> _native.EventStream:
        native = await self._opened()
        if self._pending.is_waiting:
            await self._fill()
        return self._begin_whole(native)

    async def aclose(self) -> None:
        """Closes the connection at once. There are no more events."""
        self._note_closed()
        self._pending.drop()
        if self._native is not None:
            self._native.close()

    async def __aenter__(self) -> types.Self:
        """Opens the stream.

        Raises:
            SurfaceError: As a call.
            ConfigurationError: The stream was already entered, or is closed.
        """
        with self._one_reader:
            self._enter()
            try:
                if await self._opened() is None:
                    raise self._closed()
            except BaseException:
                # There will be no `__aexit__`.
                await self.aclose()
                raise
            self._is_entered = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        head = getattr(self, "_head", None)
        return f"<AsyncEventStream {head.status} request_id={head.request_id!r}>" if head else "<AsyncEventStream>"
