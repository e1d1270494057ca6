"""What both streams have in common: their head, and the rule that one reader iterates them once."""

from __future__ import annotations

from _thread import allocate_lock

from ._attempt import Attempt, attempts_of
from ._errors import ConfigurationError
from ._headers import Headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any


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
        RuntimeError: The stream is not open yet.
    """

    __slots__ = ("_head", "_is_iterated")

    def __init__(self) -> None:
        self._head: StreamHead | None = None
        self._is_iterated = False

    def _known(self) -> StreamHead:
        if self._head is None:
            raise RuntimeError("the stream is not open yet: enter it with `with`, or read its first event")
        return self._head

    def _iterate(self) -> None:
        if self._is_iterated:
            text = "stream: it is iterated a second time: keep its events in a list, or start another stream"
            raise ConfigurationError(text, option="stream")
        self._is_iterated = True

    @property
    def status(self) -> int:
        """HTTP status with which the stream began. `RuntimeError` before it is open."""
        return self._known().status

    @property
    def headers(self) -> Headers:
        """The response's headers. `RuntimeError` before it is open."""
        return self._known().headers

    @property
    def request_id(self) -> str | None:
        """Id of the request, from the response's headers. `RuntimeError` before it is open."""
        return self._known().request_id

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts until the stream began. `RuntimeError` before it is open."""
        return self._known().attempts


class OneReader:
    """Lets one reader wait at a time."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = allocate_lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            text = (
                "stream: another reader waits for its events: read it in one place, and pass the events on from there"
            )
            raise ConfigurationError(text, option="stream")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
