"""What is known of a stream since its response began."""

from __future__ import annotations

from ._attempt import attempts_of
from ._headers import Headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._attempt import Attempt


class StreamHead:
    """Status, headers and attempts, read from what the native part reports."""

    __slots__ = ("attempts", "headers", "request_id", "status")

    def __init__(self, report: dict[str, Any]) -> None:
        self.status: int = report["status"]
        self.headers = Headers(report["headers"])
        self.request_id: str | None = report["request_id"]
        self.attempts: tuple[Attempt, ...] = attempts_of(report["attempts"])


class WithHead:
    """The properties that both streams have once their response began."""

    __slots__ = ()

    def _head(self) -> StreamHead:
        raise NotImplementedError

    @property
    def status(self) -> int:
        """The HTTP status with which the stream began."""
        return self._head().status

    @property
    def headers(self) -> Headers:
        """The answer's headers."""
        return self._head().headers

    @property
    def request_id(self) -> str | None:
        """The request's id, from the answer's headers."""
        return self._head().request_id

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """What happened at each attempt until the stream began."""
        return self._head().attempts
