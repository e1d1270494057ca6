"""The exceptions of this package.

    try:
        output = client.call("summarize-article", {"input": text})
    except runtype_surface.RateLimitError as error:
        come_back_after(error.retry_after)
    except runtype_surface.SurfaceError as error:
        if not error.may_have_executed:
            ...  # nothing has run: it is safe to retry

No exception shows the key: not in its text, its fields, its `repr`, or its pickle.
"""

from __future__ import annotations

from ._attempt import Attempt, attempts_of
from ._headers import Headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _types as types
else:
    from ._lazy import types


class SurfaceError(Exception):
    """Base class of all exceptions raised by this package. Raised itself only for a bug of the package.

    `str(error)` says what happened, the cause that remains, and what to do. The rest is in fields.
    """

    server_message: str | None = None
    """The server's own words. `None` if the server said nothing."""
    capability: str | None = None
    """Capability that was called."""
    key_hint: str | None = None
    """Hint of the key that was used last, such as `papi_…a1b2`."""
    attempts: tuple[Attempt, ...] = ()
    """The attempts in order. Empty if nothing was sent."""
    may_have_executed: bool = False
    """Whether the server may have run the capability. `False` only where it cannot have: it is safe to retry."""
    not_sent: bool = False
    """Whether this call of `call_many` was not sent because the error of another one concerns all: a refused key, a
    missing permission, an exhausted day or plan. The class and the other fields are that error's."""

    def __init__(self, text: str = "", **fields: types.Any) -> None:
        super().__init__(text)
        self.__dict__.update(fields)


class ConfigurationError(SurfaceError, ValueError):
    """A key, id, URL, option or input is missing or malformed. Nothing was sent."""

    option: str | None = None
    """Name of the option or variable that is wrong: `api_key`, `max_retries`, `RUNTYPE_MAX_RETRIES`."""


class APIConnectionError(SurfaceError, ConnectionError):
    """No connection could be made, or it broke."""

    os_code: str | None = None
    """The operating system's name of what broke the connection, such as `ECONNREFUSED`."""


class APITimeoutError(SurfaceError, TimeoutError):
    """A timeout passed."""

    phase: str | None = None
    """What the call was doing: `key`, `connect`, `response`, `body`, `idle` (a silent stream) or `stream`."""
    events_seen: int | None = None
    """Number of events of a stream before it timed out."""
    execution_id: str | None = None
    """Id under which the product's owner finds the execution in the logs."""
    partial_text: str = ""
    """Text of a stream's answer before it timed out, at most `max_response_bytes`."""


class APIStatusError(SurfaceError):
    """The server responded with an error status, or with a redirect, which is never followed."""

    status: int = 0
    """HTTP status."""
    code: str | None = None
    """The server's error code, such as `SLOW_MODE_HOURLY_LIMIT_EXCEEDED`."""
    details: types.Any = None
    """The server's `details`, decoded from JSON."""
    request_id: str | None = None
    """Id of the request, from the response's headers."""
    execution_id: str | None = None
    """Id under which the product's owner finds the execution in the logs."""
    retry_after: float | None = None
    """Number of seconds that the server asked to wait."""
    location: str | None = None
    """Target of a redirect."""
    headers: Headers = Headers(())
    """The response's headers."""
    body: bytes = b""
    """The response's body as it came, up to 64 KiB."""


class BadRequestError(APIStatusError):
    """400, 413, 415 or 422: the request is not what the capability takes."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, malformed, unknown, revoked or expired."""


class PaymentRequiredError(APIStatusError):
    """402: the plan or a quota of it is exhausted."""

    upgrade_url: str | None = None
    """Where the plan can be upgraded, if the server said so."""


class PermissionDeniedError(APIStatusError):
    """403: the key's scope or permissions do not include the capability."""


class NotFoundError(APIStatusError):
    """404: the product, the surface or the capability does not exist."""


class RateLimitError(APIStatusError):
    """429: a limit of the key is reached; `retry_after` says for how long, if the server did."""


class ServerError(APIStatusError):
    """5xx: the capability failed, or the server did; `execution_id` finds it in the product's logs."""


class ResponseDecodeError(SurfaceError):
    """A success that is not what was asked for: not JSON, too large, or a 202, of which the call is not finished."""

    path: str | None = None
    """Path of the value that failed to deserialize."""
    status: int = 0
    """HTTP status, 200 to 299."""
    request_id: str | None = None
    """Id of the request, from the response's headers."""
    execution_id: str | None = None
    """Id under which the product's owner finds the execution in the logs."""
    headers: Headers = Headers(())
    """The response's headers."""
    body: bytes = b""
    """The response's body as it came, up to 64 KiB."""


class StreamError(SurfaceError):
    """A stream broke, ended early, or reported that the execution failed; or its execution waits.

    `code` is `awaiting` where the text or the output of an execution was asked for that waits for a tool result or an
    approval at the end of its stream. A product key cannot resume it.
    """

    events_seen: int = 0
    """Number of events before the failure."""
    execution_id: str | None = None
    """Id under which the product's owner finds the execution in the logs."""
    partial_text: str = ""
    """Text of the answer before the failure, at most `max_response_bytes`."""
    partial_output: types.Any = None
    """Partial output of the execution, if the failure has one, decoded from JSON."""
    event: types.StreamEvent | None = None
    """The event that reported the failure, or after which the execution waits."""
    code: str | None = None
    """Code of the failure."""
    details: types.Any = None
    """The server's `details`, decoded from JSON."""
    stop_reason: str | None = None
    """Why the execution stopped, if the server said so."""
    upgrade_url: str | None = None
    """Where the plan can be upgraded, if the server said so."""
    status: int = 0
    """HTTP status with which the stream began."""
    request_id: str | None = None
    """Id of the request, from the response's headers."""
    headers: Headers = Headers(())
    """The response's headers."""


class CallCancelledError(SurfaceError):
    """The client was closed while the call was in flight. A cancelled asyncio task raises its own `CancelledError`."""


_CLASSES: dict[str, type[SurfaceError]] = {
    kind.__name__: kind
    for kind in (
        ConfigurationError,
        APIConnectionError,
        APITimeoutError,
        APIStatusError,
        BadRequestError,
        AuthenticationError,
        PaymentRequiredError,
        PermissionDeniedError,
        NotFoundError,
        RateLimitError,
        ServerError,
        ResponseDecodeError,
        StreamError,
    )
}


def of_report(report: dict[str, types.Any], body: bytes | None) -> SurfaceError:
    """Makes the exception of what the native part reports."""
    kind = _CLASSES.get(report.pop("class"), SurfaceError)
    text = report.pop("text")
    wait = report.pop("retry_after_ms", None)
    headers = report.pop("headers", None)
    fields = {name: value for name, value in report.items() if value is not None and hasattr(kind, name)}
    fields["attempts"] = attempts_of(report["attempts"])
    if headers is not None:
        fields["headers"] = Headers(headers)
    if body is not None:
        fields["body"] = body
    if wait is not None:
        fields["retry_after"] = wait / 1e3
    return kind(text, **fields)


def of_closing(capability: str) -> CallCancelledError:
    """Makes the exception of a call whose client was closed meanwhile."""
    text = (
        f"{capability}: the client was closed while the call was in flight\n"
        "The call may have been executed.\n"
        "Check its effects before retrying."
    )
    return CallCancelledError(text, capability=capability, may_have_executed=True)
