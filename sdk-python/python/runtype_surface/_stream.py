"""A capability's response as events, each yielded as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ._native import Opening, StreamEvent
from ._stream_head import OneReader, StreamHead, WithHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from . import _native
    from . import _types as types
else:
    from ._lazy import types


class EventStream(WithHead):
    """An iterator of events, made by `Client.stream`. A slow reader holds back the server.

        with client.stream("support-agent", {"input": "Where is my parcel?"}) as events:
            for event in events:
                if event.name == "text_delta":
                    print(event.delta, end="")

    Nothing is sent before it is entered or read: both open it, and raise what a call would raise. It is iterated once.
    Leaving the `with` block, `close`, or dropping the last reference to it closes the connection at once.
    """

    __slots__ = (
        "__weakref__",
        "_events",
        "_failure",
        "_is_closed",
        "_native",
        "_one_reader",
        "_open",
        "_opening",
    )

    def __init__(self, open: Callable[[Opening], _native.EventStream | None]) -> None:
        super().__init__()
        self._open = open
        self._opening = Opening()
        self._native: _native.EventStream | None = None
        # Events that came together with one that was yielded, the next one last.
        self._events: list[StreamEvent] = []
        self._is_closed = False
        self._failure: BaseException | None = None
        """Why there is no response. The call is not sent again to find out."""
        self._one_reader = OneReader()

    def __iter__(self) -> Iterator[StreamEvent]:
        """The events.

        Raises:
            ConfigurationError: It is iterated a second time.
        """
        self._iterate()
        return self._rest()

    def _rest(self) -> Iterator[StreamEvent]:
        events = self._events
        while events or self._fill():
            try:
                event = events.pop()
            except IndexError:
                # It was closed meanwhile, or another thread was quicker.
                continue
            yield event

    def __next__(self) -> StreamEvent:
        """The next event.

        Raises:
            StreamError: The stream broke, ended without a closing event, or reported that the execution failed.
            APITimeoutError: Nothing came for `stream_idle_timeout`, or the stream took longer than `stream_timeout`.
            ConfigurationError: Another reader waits for an event.
            SurfaceError: The stream could not be opened.
        """
        return next(self._rest())

    def _fill(self) -> bool:
        with self._one_reader:
            if self._events:
                # Another thread was quicker.
                return True
            native = self._opened()
            batch = None if native is None else native.next_batch()
            if batch is None or self._is_closed:
                return False
            batch.reverse()
            self._events[:] = batch
            return True

    def _opened(self) -> _native.EventStream | None:
        if self._native is None and not self._is_closed:
            if self._failure is not None:
                raise self._failure
            try:
                native = self._open(self._opening)
            except Exception as failure:
                self._failure = failure
                raise
            if native is not None:
                self._head = StreamHead(native.report)
                self._native = native
                if self._is_closed:
                    native.close()
        return self._native

    def text(self) -> str:
        """Reads to the end, and returns the text of the whole stream: its `text_delta` events, joined.

        It may be called at any time, also after the loop, and returns the same. A loop that goes on gets no more
        events.
        Of a stream that was closed it is the text until then.

        Raises:
            StreamError: As `__next__`; after an error the same one.
        """
        with self._one_reader:
            native = self._opened()
            self._events.clear()
            return "" if native is None else native.text()

    def final_output(self) -> types.Any:
        """Reads to the end, and returns the output of the `execution_complete` event; `None` if there was none.

        It may be called at any time, also after the loop, and returns the same. A loop that goes on gets no more
        events.

        Raises:
            StreamError: As `__next__`; after an error the same one.
        """
        with self._one_reader:
            native = self._opened()
            self._events.clear()
            return None if native is None else native.final_output()

    def close(self) -> None:
        """Closes the connection at once. There are no more events."""
        self._is_closed = True
        self._opening.close()
        if self._native is not None:
            self._native.close()
        self._events.clear()

    @property
    def execution_id(self) -> str | None:
        """Id of the execution. `None` until an event has said it."""
        return None if self._native is None else self._native.execution_id

    def __enter__(self) -> types.Self:
        """Opens the stream.

        Raises:
            SurfaceError: As a call.
        """
        with self._one_reader:
            self._opened()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        head = getattr(self, "_head", None)
        return f"<EventStream {head.status} request_id={head.request_id!r}>" if head else "<EventStream>"
