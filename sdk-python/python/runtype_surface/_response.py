"""What a call gives: the capability's output, and what came with it."""

from __future__ import annotations

from ._attempt import attempts_of
from ._headers import Headers
from ._record import Record, not_made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._attempt import Attempt


class RateLimit(Record):
    """What the server says of the key's limits, by the headers `X-RateLimit-…`."""

    __slots__ = ("limit", "remaining", "reset")

    def __init__(self, limit: int | None, remaining: int | None, reset: int | None) -> None:
        self.limit: int | None = limit
        """How many calls the window allows."""
        self.remaining: int | None = remaining
        """How many of them are left."""
        self.reset: int | None = reset
        """When the next window begins, in seconds since the Unix epoch."""


class Answer:
    """A capability's output with its metadata."""

    __slots__ = (
        "attempts",
        "elapsed",
        "execution_id",
        "headers",
        "metadata",
        "output",
        "rate_limit",
        "request_id",
        "status",
    )

    def __init__(
        self,
        output: Any,
        *,
        status: int,
        headers: Headers,
        request_id: str | None = None,
        execution_id: str | None = None,
        metadata: Any = None,
        rate_limit: RateLimit | None = None,
        attempts: tuple[Attempt, ...] = (),
        elapsed: float = 0.0,
    ) -> None:
        self.output: Any = output
        """What the capability gave, decoded from JSON: the body of a raw answer, the `output` of a wrapped one."""
        self.status: int = status
        """The HTTP status, 200 to 299."""
        self.headers: Headers = headers
        """The answer's headers."""
        self.request_id: str | None = request_id
        """The request's id, from the answer's headers."""
        self.execution_id: str | None = execution_id
        """The execution's id, which a wrapped answer has."""
        self.metadata: Any = metadata
        """What a wrapped answer says beside its output."""
        self.rate_limit: RateLimit | None = rate_limit
        """What the server says of the key's limits."""
        self.attempts: tuple[Attempt, ...] = attempts
        """What happened at each attempt, the last one the success."""
        self.elapsed: float = elapsed
        """How long the call took in seconds, all attempts and waits included."""

    def __repr__(self) -> str:
        if not hasattr(self, "elapsed"):
            return not_made(self)
        # The output is the application's: it may be large, or private.
        return f"<Answer {self.status} request_id={self.request_id!r} attempts={len(self.attempts)}>"


def of_report(output: Any, report: dict[str, Any]) -> Answer:
    """Makes the answer of what the native part reports."""
    limit = report["rate_limit"]
    return Answer(
        output,
        status=report["status"],
        headers=Headers(report["headers"]),
        request_id=report["request_id"],
        execution_id=report["execution_id"],
        metadata=report["metadata"],
        rate_limit=RateLimit(**limit) if limit else None,
        attempts=attempts_of(report["attempts"]),
        elapsed=report["elapsed_ms"] / 1e3,
    )
