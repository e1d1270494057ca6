"""A capability's answer as events, each handed on as it comes."""

from __future__ import annotations

from ._answer import Headers, attempts_of, not_made
from ._pending import Pending, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

    from . import _native
    from ._answer import Attempt
    from ._native import Event


class _Begin:
    """What is known since the answer began."""

    __slots__ = ("attempts", "headers", "request_id", "status")

    def __init__(self, report: dict[str, Any]) -> None:
        self.status: int = report["status"]
        self.headers = Headers(report["headers"])
        self.request_id: str | None = report["request_id"]
        self.attempts: tuple[Attempt, ...] = attempts_of(report["attempts"])


def _text_of(events: list[Event]) -> str:
    return "".join(event.delta or "" for event in events if event.name == "text_delta")


class EventStream:
    """An iterator of events, made by `Client.stream`. A slow reader holds back the server.

        with client.stream("support-agent", {"input": "Where is my parcel?"}) as events:
            for event in events:
                if event.name == "text_delta":
                    print(event.delta, end="")

    Leaving the `with` block, `close`, or letting go of it closes the connection at once.
    """

    __slots__ = ("__weakref__", "_begin", "_events", "_native")

    def __init__(self, native: _native.EventStream) -> None:
        self._native = native
        self._begin = _Begin(native.report)
        # Events that came together with one that was handed on, the next one last.
        self._events: list[Event] = []

    def __iter__(self) -> Iterator[Event]:
        # What a loop that is left early did not take stays in the list; what is taken or closed meanwhile is not in it.
        events = self._events
        while events or self._fill():
            try:
                event = events.pop()
            except IndexError:
                # Another thread was quicker.
                continue
            yield event

    def __next__(self) -> Event:
        """The next event.

        Raises:
            StreamError: The stream broke, ended without a closing event, or reported an error.
            APITimeoutError: Nothing came for as long as `stream_idle_timeout`.
        """
        return next(iter(self))

    def _fill(self) -> bool:
        batch = self._native.next_batch()
        if batch is None:
            return False
        batch.reverse()
        # Before those that another thread has read meanwhile.
        self._events[:0] = batch
        return True

    def text(self) -> str:
        """Reads to the end, and gives the text of the `text_delta` events that were not read yet.

        Raises:
            StreamError: As `__next__`; after an error the same one.
        """
        text = _text_of(self._take())
        return text + self._native.text()

    def final_output(self) -> Any:
        """Reads to the end, and gives the output of the `execution_complete` event; `None` where there was none.

        It may be called after all events were read, and after the stream was closed.

        Raises:
            StreamError: As `__next__`; after an error the same one.
        """
        self._take()
        return self._native.final_output()

    def _take(self) -> list[Event]:
        events = self._events[::-1]
        self._events.clear()
        return events

    def close(self) -> None:
        """Closes the connection at once. There are no more events."""
        self._native.close()
        self._events.clear()

    @property
    def status(self) -> int:
        """The HTTP status with which the stream began."""
        return self._begin.status

    @property
    def headers(self) -> Headers:
        """The answer's headers."""
        return self._begin.headers

    @property
    def request_id(self) -> str | None:
        """The request's id, from the answer's headers."""
        return self._begin.request_id

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What happened at each attempt until the stream began."""
        return self._begin.attempts

    @property
    def execution_id(self) -> str | None:
        """The execution's id, once an event has said it."""
        return self._native.execution_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return (
            f"<EventStream {self.status} request_id={self.request_id!r}>"
            if hasattr(self, "_events")
            else not_made(self)
        )


class AsyncEventStream:
    """An asynchronous iterator of events, made by `AsyncClient.stream`. A slow reader holds back the server.

        async with client.stream("support-agent", {"input": "Where is my parcel?"}) as events:
            async for event in events:
                if event.name == "text_delta":
                    print(event.delta, end="")

    Nothing is sent before it is entered or read. Leaving the `async with` block, `aclose`, or letting go of it closes
    the connection at once. A read that is given up, as by `asyncio.wait_for`, loses no event: the next read gets it.
    Several tasks may read it; each event goes to one of them.
    """

    __slots__ = (
        "__weakref__",
        "_begin",
        "_events",
        "_failure",
        "_is_closed",
        "_native",
        "_open",
        "_pending",
        "_text",
    )

    def __init__(self, open: Callable[[], tuple[Any, _native.Ticket]]) -> None:
        self._open = open
        self._native: _native.EventStream | None = None
        self._begin: _Begin | None = None
        self._events: list[Event] = []
        self._text = ""
        """What a reader of the text who gave up has read."""
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
                self._native, self._begin = native, _Begin(native.report)
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
        self._text += _text_of(await self._take())
        if native is not None and not self._is_closed:
            self._text += await wait(native.begin_text)
        text, self._text = self._text, ""
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

    def _begun(self) -> _Begin:
        if self._begin is None:
            raise RuntimeError("the stream has not begun: enter it, or read its first event")
        return self._begin

    @property
    def status(self) -> int:
        """The HTTP status with which the stream began."""
        return self._begun().status

    @property
    def headers(self) -> Headers:
        """The answer's headers."""
        return self._begun().headers

    @property
    def request_id(self) -> str | None:
        """The request's id, from the answer's headers."""
        return self._begun().request_id

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What happened at each attempt until the stream began."""
        return self._begun().attempts

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
        return f"<AsyncEventStream {self.status}>" if getattr(self, "_begin", None) else "<AsyncEventStream>"
