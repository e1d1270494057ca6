"""A success: the capability's output, and what came with it."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def not_made(unmade: object) -> str:
    """The `repr` of an object whose constructor failed, which what prints frames prints too."""
    return f"<{type(unmade).__name__}, not made>"


class _Record:
    """Plain data that compares, prints and pickles by its fields."""

    __slots__: tuple[str, ...] = ()

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, _Record) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._fields()

    def __repr__(self) -> str:
        # What prints frames also prints an object that could not be made.
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__ if hasattr(self, name))
        return f"{type(self).__name__}({fields})"


class Attempt(_Record):
    """One attempt of a call: when it began, how long it took, how it ended. Times are in seconds."""

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
        """How long the client waited before it, after the attempt before."""
        self.started: float = started
        """When it began, counted from the begin of the call."""
        self.elapsed: float = elapsed
        """How long it took."""
        self.outcome: str = outcome
        """`answered`, `broken`, `timed_out` or `unreadable`."""
        self.status: int | None = status
        """The answer's status, where the outcome is `answered`."""
        self.may_have_executed: bool | None = may_have_executed
        """Whether the server may have run it, where the outcome is `broken` or `timed_out`."""
        self.key_hint: str = key_hint
        """The hint of the key that it was sent with, such as `papi_…a1b2`."""


class RateLimit(_Record):
    """What the server says of the key's limits, by the headers `X-RateLimit-…`."""

    __slots__ = ("limit", "remaining", "reset")

    def __init__(self, limit: int | None, remaining: int | None, reset: int | None) -> None:
        self.limit: int | None = limit
        """How many calls the window allows."""
        self.remaining: int | None = remaining
        """How many of them are left."""
        self.reset: int | None = reset
        """When the window begins anew, in seconds since the Unix epoch."""


class Headers(Mapping[str, str]):
    """An answer's headers: names in any case, several values of one name joined by a comma (RFC 9110, section 5.3)."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs: tuple[tuple[str, str], ...] = tuple((name.lower(), value) for name, value in pairs)

    def get_all(self, name: str) -> list[str]:
        """Every value of a name, in the order in which they came."""
        wanted = name.lower()
        return [value for known, value in self._pairs if known == wanted]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names in lower case and values, in the order in which they came."""
        return self._pairs

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._pairs))

    def __len__(self) -> int:
        return len(dict(self._pairs))

    def __reduce__(self) -> tuple[object, ...]:
        return Headers, (self._pairs,)

    def __repr__(self) -> str:
        return f"Headers({dict(self.items())!r})" if hasattr(self, "_pairs") else not_made(self)


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
