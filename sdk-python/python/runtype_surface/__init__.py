"""Calls the API surface of a Runtype product: the endpoints under which a product exposes its flows and agents.

    import runtype_surface

    client = runtype_surface.Client()  # or AsyncClient(): the same names, awaited
    output = client.call("summarize-article", {"input": "A long text."}, timeout=20)

The key comes from `RUNTYPE_PRODUCT_API_KEY`, or from the file that `RUNTYPE_PRODUCT_API_KEY_FILE` names; the surface
from `RUNTYPE_PRODUCT_ID` and `RUNTYPE_SURFACE_ID`, or from `RUNTYPE_ENDPOINT_URL`. Every failure is a `SurfaceError`.

Unofficial, not affiliated with Runtype.
"""

from ._async_client import AsyncClient
from ._async_stream import AsyncEventStream
from ._attempt import Attempt
from ._call_many import AsyncCallMany, CallMany
from ._call_result import CallResult
from ._client import Client
from ._errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    CallCancelledError,
    ConfigurationError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
    StreamError,
    SurfaceError,
)
from ._headers import Headers
from ._hooks import AttemptStart
from ._lazy import types  # noqa: F401, see below
from ._native import Endpoint, StreamEvent, __version__, capability_slug
from ._not_given import NOT_GIVEN, NotGiven
from ._response import CallResponse, Quota, RateLimit, Usage
from ._stream import EventStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import (
        AfterAttempt,
        ApiKey,
        AsyncApiKey,
        AsyncClientOptions,
        AuthHeader,
        BeforeAttempt,
        CallManyOptions,
        CallOptions,
        Certificates,
        ClientOptions,
        Duration,
        FilePath,
        HeadersToAdd,
        ResponseFormat,
        RetryMode,
        StreamEventName,
        StreamOptions,
        StreamOutcome,
    )

__all__ = [
    "NOT_GIVEN",
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AfterAttempt",
    "ApiKey",
    "AsyncApiKey",
    "AsyncCallMany",
    "AsyncClient",
    "AsyncClientOptions",
    "AsyncEventStream",
    "Attempt",
    "AttemptStart",
    "AuthHeader",
    "AuthenticationError",
    "BadRequestError",
    "BeforeAttempt",
    "CallCancelledError",
    "CallMany",
    "CallManyOptions",
    "CallOptions",
    "CallResponse",
    "CallResult",
    "Certificates",
    "Client",
    "ClientOptions",
    "ConfigurationError",
    "Duration",
    "Endpoint",
    "EventStream",
    "FilePath",
    "Headers",
    "HeadersToAdd",
    "NotFoundError",
    "NotGiven",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "Quota",
    "RateLimit",
    "RateLimitError",
    "ResponseDecodeError",
    "ResponseFormat",
    "RetryMode",
    "ServerError",
    "StreamError",
    "StreamEvent",
    "StreamEventName",
    "StreamOptions",
    "StreamOutcome",
    "SurfaceError",
    "Usage",
    "__version__",
    "capability_slug",
]


# In tracebacks and pickles, classes have the name by which they are imported. `typing.get_type_hints` then evaluates
# their annotations here, which need `types`.
def _name_classes() -> None:
    for value in globals().values():
        if isinstance(value, type) and value.__module__.startswith(f"{__name__}._"):
            value.__module__ = __name__


_name_classes()


def __getattr__(name: str) -> object:
    """Loads the types of options when one is looked up: they need `typing`, which nothing else here does."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _types

    return getattr(_types, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING", "types"})
