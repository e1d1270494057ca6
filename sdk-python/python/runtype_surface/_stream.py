"""A capability's response as events, each yielded as it comes."""

from __future__ import annotations

from ._record import not_made
from ._stream_head import StreamHead, WithHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

    from . import _native
    from ._native import Event


class EventStream(WithHead):
    """An iterator of events, made by `Client.stream`. A slow reader holds back the server.

        with client.stream("support-agent", {"input": "Where is my parcel?"}) as events:
            for event in events:
                if event.name == "text_delta":
                    print(event.delta, end="")

    Leaving the `with` block, `close`, or dropping the last reference to it closes the connection at once.
    """

    __slots__ = ("__weakref__", "_events", "_known", "_native")

    def __init__(self, native: _native.EventStream) -> None:
        self._native = native
        self._known = StreamHead(native.report)
        # Events that came together with one that was yielded, the next one last.
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
        self._native.put_back(self._take())
        return self._native.text()

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

    def _head(self) -> StreamHead:
        return self._known

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
