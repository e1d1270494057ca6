"""What can go wrong with a call.

    try:
        output = client.call("summarize-article", {"input": text})
    except runtype_surface.RateLimitError as error:
        come_back_after(error.retry_after)
    except runtype_surface.RuntypeError as error:
        if not error.may_have_executed:
            ...  # nothing has run: the call may be repeated

No exception shows the key: not in its text, its fields, its `repr`, or its pickle.
"""

from __future__ import annotations

from ._attempt import attempts_of
from ._headers import Headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._attempt import Attempt


class RuntypeError(Exception):
    """Base class of all exceptions raised by this package. Raised itself only for a bug of the package."""

    message: str = ""
    """The server's own words where it answered with an error, else the text of this error."""
    capability: str | None = None
    """The capability that was called."""
    key_hint: str | None = None
    """The hint of the key that was used last, such as `papi_…a1b2`."""
    attempts: tuple[Attempt, ...] = ()
    """What happened at each attempt, in order. Empty where nothing was sent."""
    may_have_executed: bool = False
    """Whether the server may have run the capability. False only where it cannot have: the call may be repeated."""

    def __init__(self, text: str = "", **fields: Any) -> None:
        super().__init__(text)
        self.__dict__.update(fields)


class ConfigurationError(RuntypeError, ValueError):
    """A key, id, URL, option or input is missing or malformed. Nothing was sent."""

    option: str | None = None
    """The option that is wrong, in words: `api key`, `product id`, `max retries`."""


class APIConnectionError(RuntypeError, ConnectionError):
    """No connection could be made, or it broke."""


class APITimeoutError(RuntypeError, TimeoutError):
    """The deadline passed."""

    phase: str | None = None
    """What the call was doing then: `key`, `connect`, `answer`, `body` or `idle`, a stream that was silent."""
    events_seen: int | None = None
    """How many events of a stream came before."""
    execution_id: str | None = None
    """The id under which the product's owner finds the execution in the logs."""


class APIStatusError(RuntypeError):
    """The server answered with an error, or with a redirect, which is never followed."""

    status: int = 0
    """The HTTP status."""
    code: str | None = None
    """The server's error code, such as `SLOW_MODE_HOURLY_LIMIT_EXCEEDED`."""
    details: Any = None
    """What the server added under `details`."""
    request_id: str | None = None
    """The request's id, from the answer's headers."""
    execution_id: str | None = None
    """The id under which the product's owner finds the execution in the logs."""
    retry_after: float | None = None
    """How many seconds the server asked to wait."""
    location: str | None = None
    """Where a redirect pointed."""
    headers: Headers = Headers(())
    """The answer's headers."""
    body: bytes = b""
    """The answer's body as it came, up to 64 KiB."""


class BadRequestError(APIStatusError):
    """400, 413, 415 or 422: the request is not what the capability takes."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, malformed, unknown, revoked or expired."""


class PermissionDeniedError(APIStatusError):
    """403: the key's scope or permissions do not reach the capability."""


class NotFoundError(APIStatusError):
    """404: no such product, surface or capability."""


class RateLimitError(APIStatusError):
    """429: a limit of the key is reached; `retry_after` says for how long, if the server did."""


class ServerError(APIStatusError):
    """5xx: the capability failed, or the server did; `execution_id` finds it in the product's logs."""


class ResponseDecodeError(RuntypeError):
    """A success that is not what was asked for: not JSON, or too large. It has run."""

    path: str | None = None
    """The path inside the answer at which its shape is another than asked for."""
    status: int = 0
    """The HTTP status, 200 to 299."""
    request_id: str | None = None
    """The request's id, from the answer's headers."""
    execution_id: str | None = None
    """The id under which the product's owner finds the execution in the logs."""
    headers: Headers = Headers(())
    """The answer's headers."""
    body: bytes = b""
    """The answer's body as it came, up to 64 KiB."""


class StreamError(RuntypeError):
    """A stream broke, or reported an error."""

    events_seen: int = 0
    """How many events came before."""
    execution_id: str | None = None
    """The id under which the product's owner finds the execution in the logs."""
    code: str | None = None
    """The code of the event that reported an error."""
    details: Any = None
    """The data of the event that reported an error."""
    status: int = 0
    """The HTTP status with which the stream began."""
    request_id: str | None = None
    """The request's id, from the answer's headers."""
    headers: Headers = Headers(())
    """The answer's headers."""


class CallCancelledError(RuntypeError):
    """The client was closed while the call was in flight. A cancelled asyncio task raises its own `CancelledError`."""


_CLASSES: dict[str, type[RuntypeError]] = {
    kind.__name__: kind
    for kind in (
        ConfigurationError,
        APIConnectionError,
        APITimeoutError,
        APIStatusError,
        BadRequestError,
        AuthenticationError,
        PermissionDeniedError,
        NotFoundError,
        RateLimitError,
        ServerError,
        ResponseDecodeError,
        StreamError,
    )
}


def of_report(report: dict[str, Any], body: bytes | None) -> RuntypeError:
    """Makes the exception of what the native part reports."""
    kind = _CLASSES.get(report.pop("class"), RuntypeError)
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
    text = f"{capability}: the client was closed while the call was in flight. It may have been executed."
    return CallCancelledError(text, message=text, capability=capability, may_have_executed=True)
