"""What both streams have in common: their head, and the rules of who reads them when."""

from __future__ import annotations

from _thread import allocate_lock

from ._attempt import Attempt, attempts_of
from ._headers import Headers
from ._native import (
    StreamEvent,
    closed_stream,
    never_opened_stream,
    second_reader,
    stream_already_entered,
    stream_already_read,
    stream_not_open,
)
from ._response import Usage, usage_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from . import _native
    from . import _types as types
    from ._errors import ConfigurationError
else:
    from ._lazy import types


class StreamHead:
    """Status, headers and attempts, read from what the native part reports."""

    __slots__ = ("attempts", "headers", "request_id", "status")

    def __init__(self, report: dict[str, Any]) -> None:
        self.status: int = report["status"]
        self.headers = Headers(report["headers"])
        self.request_id: str | None = report["request_id"]
        self.attempts: tuple[Attempt, ...] = attempts_of(report["attempts"])


class WithHead:
    """The properties that both streams have once their response began.

    Raises:
        ConfigurationError: The stream is not open yet.
    """

    __slots__ = (
        "_events",
        "_head",
        "_is_begun",
        "_is_closed",
        "_is_cut",
        "_is_entered",
        "_is_read",
        "_is_sent",
        "_native",
    )

    _entered_by = "with"
    """The statement that enters it."""

    def __init__(self) -> None:
        self._head: StreamHead | None = None
        self._native: _native.EventStream | None = None
        # Events that came together with one that was yielded, the next one last.
        self._events: list[StreamEvent] = []
        self._is_sent = False
        """Whether it was opened, or is being opened."""
        self._is_entered = False
        self._is_begun = False
        """Whether a reader came before it was closed."""
        self._is_read = False
        """Whether a loop has its events, or `text` and `final_output` have read them."""
        self._is_closed = False
        self._is_cut = False
        """Whether it was closed before its last events were read."""

    def _known(self) -> StreamHead:
        if self._head is None:
            raise stream_not_open(self._entered_by)
        return self._head

    def _closed(self) -> ConfigurationError:
        return closed_stream() if self._is_sent else never_opened_stream()

    def _enter(self) -> None:
        if self._is_entered:
            raise stream_already_entered()
        if self._is_closed:
            raise self._closed()

    def _iterate(self) -> None:
        if self._is_read:
            raise stream_already_read()
        if self._is_closed:
            raise self._closed()
        self._is_read = True

    def _begin(self) -> None:
        """Refuses a reader that comes after the stream was closed. A loop that was running ends."""
        if self._is_closed and not self._is_begun:
            raise self._closed()
        self._is_begun = True

    def _begin_whole(self, native: _native.EventStream | None) -> _native.EventStream:
        """Refuses to read the rest of a stream that lost events when it was closed."""
        if native is None or self._is_cut:
            raise self._closed()
        self._is_begun = self._is_read = True
        self._events.clear()
        return native

    def _note_closed(self) -> None:
        self._is_closed = True
        self._is_cut = self._is_cut or bool(self._events)
        self._events.clear()

    @property
    def status(self) -> int:
        """HTTP status with which the stream began. `ConfigurationError` before it is open."""
        return self._known().status

    @property
    def headers(self) -> Headers:
        """The response's headers. `ConfigurationError` before it is open."""
        return self._known().headers

    @property
    def request_id(self) -> str | None:
        """Id of the request, from the response's headers. `ConfigurationError` before it is open."""
        return self._known().request_id

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts until the stream began. `ConfigurationError` before it is open."""
        return self._known().attempts

    @property
    def execution_id(self) -> str | None:
        """Id of the execution. `None` until an event with it has come."""
        return None if self._native is None else self._native.execution_id

    @property
    def outcome(self) -> types.StreamOutcome | None:
        """How the stream ended. `None` until that is known, and of a stream that failed, broke or was closed."""
        return None if self._native is None else self._native.progress["outcome"]

    @property
    def usage(self) -> Usage | None:
        """What the execution used. `None` until its `execution_complete` event has come."""
        usage = None if self._native is None else self._native.progress["usage"]
        return None if usage is None else usage_of(usage)


class OneReader:
    """Lets one reader wait at a time."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = allocate_lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise second_reader()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
