"""What happened at one attempt of a call."""

from __future__ import annotations

from ._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Attempt(Record):
    """One attempt of a call: when it started, how long it took, how it ended. Times are in seconds."""

    __slots__ = ("number", "waited", "started", "elapsed", "outcome", "status", "may_have_executed", "key_hint")  # noqa: RUF023, the constructor's order

    def __init__(
        self,
        number: int,
        waited: float,
        started: float,
        elapsed: float,
        outcome: str,
        status: int | None,
        may_have_executed: bool | None,
        key_hint: str,
    ) -> None:
        self.number: int = number
        """Counts from 1."""
        self.waited: float = waited
        """Wait before this attempt, after the one before, in seconds."""
        self.started: float = started
        """When it started, in seconds since the start of the call."""
        self.elapsed: float = elapsed
        """Duration in seconds."""
        self.outcome: str = outcome
        """`responded`, `broken`, `timed_out` or `unreadable`."""
        self.status: int | None = status
        """The response's status, where the outcome is `responded`."""
        self.may_have_executed: bool | None = may_have_executed
        """Whether the server may have run the capability, where the outcome is `broken` or `timed_out`."""
        self.key_hint: str = key_hint
        """Hint of the key that it was sent with, such as `papi_…a1b2`."""


def attempts_of(report: list[dict[str, Any]]) -> tuple[Attempt, ...]:
    """Reads the attempts of a report."""
    return tuple(
        Attempt(
            number=one["number"],
            waited=one["waited_ms"] / 1e3,
            started=one["started_ms"] / 1e3,
            elapsed=one["elapsed_ms"] / 1e3,
            outcome=one["outcome"],
            status=one.get("status"),
            may_have_executed=one.get("may_have_executed"),
            key_hint=one["key_hint"],
        )
        for one in report
    )
