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

    Nothing is sent before it is entered or read: both open it, and raise what a call would raise. It is entered once
    and iterated once. Leaving the `with` block, `close`, or dropping the last reference to it closes the connection at
    once. A stream that was closed before its end cannot be read any more: `ConfigurationError`. A running loop ends.
    """

    __slots__ = ("__weakref__", "_failure", "_one_reader", "_open", "_opening")

    def __init__(self, open: Callable[[Opening], _native.EventStream | None]) -> None:
        super().__init__()
        self._open = open
        self._opening = Opening()
        self._failure: BaseException | None = None
        """Why there is no response. The call is not sent again to find out."""
        self._one_reader = OneReader()

    def __iter__(self) -> Iterator[StreamEvent]:
        """The events.

        Raises:
            ConfigurationError: The stream was already read, or is closed.
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
            ConfigurationError: Another reader waits for an event, or the stream was closed before it was read.
            SurfaceError: The stream could not be opened.
        """
        return next(self._rest())

    def _fill(self) -> bool:
        with self._one_reader:
            if self._events:
                # Another thread was quicker.
                return True
            self._begin()
            native = self._opened()
            batch = None if native is None else native.next_batch()
            if batch is None or self._is_closed:
                return False
            batch.reverse()
            self._events[:] = batch
            return True

    def _opened(self) -> _native.EventStream | None:
        if self._native is None and self._failure is not None:
            raise self._failure
        if self._native is None and not self._is_closed:
            self._is_sent = True
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
        """Reads to the end, and returns the text of the answer: its `text_delta` events, joined.

        A `text_complete` counts if it had no deltas. Text of nested flows and agents (`parent_tool_call_id`) is left
        out.

        It may be called at any time, also after the loop, and returns the same. A loop that is running gets no more
        events.

        Raises:
            StreamError: As `__next__`; after an error the same one. Also if the execution waits at the end (`code` is
                `awaiting`), or if the text is larger than `max_response_bytes`.
            ConfigurationError: The stream was closed before its end.
        """
        with self._one_reader:
            return self._begin_whole(self._opened()).text()

    def final_output(self) -> types.Any:
        """Reads to the end, and returns the output of the `execution_complete` event; `None` if there was none.

        It may be called at any time, also after the loop, and returns the same. A loop that is running gets no more
        events.

        Raises:
            StreamError: As `__next__`; after an error the same one. Also if the execution waits at the end (`code` is
                `awaiting`).
            ConfigurationError: The stream was closed before its end.
        """
        with self._one_reader:
            return self._begin_whole(self._opened()).final_output()

    def close(self) -> None:
        """Closes the connection at once. There are no more events."""
        self._note_closed()
        self._opening.close()
        if self._native is not None:
            self._native.close()

    def __enter__(self) -> types.Self:
        """Opens the stream.

        Raises:
            SurfaceError: As a call.
            ConfigurationError: The stream was already entered, or is closed.
        """
        with self._one_reader:
            self._enter()
            if self._opened() is None:
                raise self._closed()
            self._is_entered = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        head = getattr(self, "_head", None)
        return f"<EventStream {head.status} request_id={head.request_id!r}>" if head else "<EventStream>"
