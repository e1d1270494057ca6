"""What the application's hooks are told of an attempt."""

from __future__ import annotations

from ._attempt import Attempt, attempts_of
from ._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AttemptStart(Record):
    """An attempt that is about to be sent. It has no key and no body."""

    __slots__ = ("number", "capability", "method", "url", "key_hint", "waited")  # noqa: RUF023, the constructor's order

    def __init__(
        self, number: int, capability: str | None, method: str, url: str, key_hint: str, waited: float
    ) -> None:
        self.number: int = number
        """Counts from 1."""
        self.capability: str | None = capability
        """The capability that is called; `None` for the OpenAPI document."""
        self.method: str = method
        """The HTTP method."""
        self.url: str = url
        """The URL, which never holds a key."""
        self.key_hint: str = key_hint
        """Hint of the key that it is sent with, such as `papi_…a1b2`."""
        self.waited: float = waited
        """Wait before this attempt, after the one before, in seconds."""


def of_report(report: dict[str, Any]) -> tuple[AttemptStart] | tuple[AttemptStart, Attempt]:
    """Reads what a hook is told: the attempt's start, and its end where it has ended."""
    start, end = report["start"], report["end"]
    started = AttemptStart(
        number=start["number"],
        capability=start["capability"],
        method=start["method"],
        url=start["url"],
        key_hint=start["key_hint"],
        waited=start["waited_ms"] / 1e3,
    )
    if end is None:
        return (started,)
    (ended,) = attempts_of([end])
    return started, ended
