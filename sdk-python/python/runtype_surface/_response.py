"""The response of a successful call: the capability's output with its metadata."""

from __future__ import annotations

from ._attempt import Attempt, attempts_of
from ._headers import Headers
from ._record import Frozen, Record, fields_of, not_made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _types as types
else:
    from ._lazy import types


class RateLimit(Record):
    """Rate limit of the key, from `RateLimit-*` or `X-RateLimit-*` headers. `None` stands for an absent header."""

    __slots__ = ("limit", "remaining", "reset_after")

    def __init__(self, limit: int | None, remaining: int | None, reset_after: float | None) -> None:
        self.limit: int | None = limit
        """Number of calls in the window."""
        self.remaining: int | None = remaining
        """Number of calls that are left in the window."""
        self.reset_after: float | None = reset_after
        """Seconds until the window resets, counted from the response."""


class Quota(Record):
    """Quota of the plan, from `X-Quota-*` headers. `None` stands for an absent header."""

    __slots__ = ("remaining", "warning")

    def __init__(self, remaining: int | None, warning: str | None) -> None:
        self.remaining: int | None = remaining
        """Number of executions that are left."""
        self.warning: str | None = warning
        """The server's warning, which comes from 80 % of the quota on."""


class Usage(Record):
    """What an execution used, from its `execution_complete` event. `None` stands for what the event does not have."""

    __slots__ = ("cost", "duration", "input_tokens", "iterations", "output_tokens", "stop_reason", "total_tokens")

    def __init__(
        self,
        cost: float | None = None,
        duration: float | None = None,
        input_tokens: int | None = None,
        iterations: int | None = None,
        output_tokens: int | None = None,
        stop_reason: str | None = None,
        total_tokens: int | None = None,
    ) -> None:
        self.cost: float | None = cost
        """Cost of the execution, in the server's unit."""
        self.duration: float | None = duration
        """Duration of the execution in seconds."""
        self.input_tokens: int | None = input_tokens
        """Number of tokens that the models read."""
        self.iterations: int | None = iterations
        """Number of iterations of an agent."""
        self.output_tokens: int | None = output_tokens
        """Number of tokens that the models wrote."""
        self.stop_reason: str | None = stop_reason
        """Why the execution stopped."""
        self.total_tokens: int | None = total_tokens
        """Number of tokens in total."""


class CallResponse(Frozen):
    """A capability's output with its metadata, as `call_with_response` returns it."""

    __slots__ = (
        "attempts",
        "elapsed",
        "execution_id",
        "headers",
        "metadata",
        "output",
        "quota",
        "rate_limit",
        "request_id",
        "status",
    )

    def __init__(
        self,
        output: types.Any,
        *,
        status: int,
        headers: Headers,
        request_id: str | None = None,
        execution_id: str | None = None,
        metadata: types.Any = None,
        rate_limit: RateLimit | None = None,
        quota: Quota | None = None,
        attempts: tuple[Attempt, ...] = (),
        elapsed: float = 0.0,
    ) -> None:
        self.output: types.Any = output
        """The capability's output, decoded from JSON: the body of a raw response, the `output` of a wrapped one."""
        self.status: int = status
        """The HTTP status, 200 to 299."""
        self.headers: Headers = headers
        """The response's headers."""
        self.request_id: str | None = request_id
        """Id of the request, from the response's headers."""
        self.execution_id: str | None = execution_id
        """Id of the execution, which a wrapped response has."""
        self.metadata: types.Any = metadata
        """Metadata of a wrapped response, beside its output."""
        self.rate_limit: RateLimit | None = rate_limit
        """Rate limit of the key. `None` if the response says nothing of it."""
        self.quota: Quota | None = quota
        """Quota of the plan. `None` if the response says nothing of it."""
        self.attempts: tuple[Attempt, ...] = attempts
        """The attempts in order; the last one succeeded."""
        self.elapsed: float = elapsed
        """Duration of the call in seconds, including retries and backoff."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CallResponse) and fields_of(self) == fields_of(other)

    def __repr__(self) -> str:
        if not hasattr(self, "elapsed"):
            return not_made(self)
        # The output is the application's: it may be large, or private.
        return f"<CallResponse {self.status} request_id={self.request_id!r} attempts={len(self.attempts)}>"


def usage_of(report: dict[str, types.Any]) -> Usage:
    """Makes the usage of what the native part reports."""
    duration = report.pop("duration_ms")
    return Usage(duration=None if duration is None else duration / 1e3, **report)


def of_report(output: types.Any, report: dict[str, types.Any]) -> CallResponse:
    """Makes the response of what the native part reports."""
    limit, quota = report["rate_limit"], report["quota"]
    return CallResponse(
        output,
        status=report["status"],
        headers=Headers(report["headers"]),
        request_id=report["request_id"],
        execution_id=report["execution_id"],
        metadata=report["metadata"],
        rate_limit=RateLimit(**limit) if limit else None,
        quota=Quota(**quota) if quota else None,
        attempts=attempts_of(report["attempts"]),
        elapsed=report["elapsed_ms"] / 1e3,
    )
