"""Calls the API surface of a Runtype product: the endpoints under which a product exposes its flows and agents.

    import runtype_surface

    client = runtype_surface.Client()  # or AsyncClient(): the same names, awaited
    output = client.call("summarize-article", {"input": "A long text."}, timeout=20)

The key comes from `RUNTYPE_PRODUCT_API_KEY`, or from the file that `RUNTYPE_PRODUCT_API_KEY_FILE` names; the surface
from `RUNTYPE_PRODUCT_ID` and `RUNTYPE_SURFACE_ID`, or from `RUNTYPE_ENDPOINT_URL`. Every failure is a `RuntypeError`.
"""

from ._async_client import AsyncClient
from ._async_stream import AsyncEventStream
from ._attempt import Attempt
from ._call_many import AsyncCallMany, CallMany
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
    PermissionDeniedError,
    RateLimitError,
    ResponseDecodeError,
    RuntypeError,
    ServerError,
    StreamError,
)
from ._headers import Headers
from ._hooks import AttemptStart
from ._many_result import ManyResult
from ._native import Endpoint, Event, __version__, capability_slug
from ._response import Answer, RateLimit
from ._stream import EventStream

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "Answer",
    "AsyncCallMany",
    "AsyncClient",
    "AsyncEventStream",
    "Attempt",
    "AttemptStart",
    "AuthenticationError",
    "BadRequestError",
    "CallCancelledError",
    "CallMany",
    "Client",
    "ConfigurationError",
    "Endpoint",
    "Event",
    "EventStream",
    "Headers",
    "ManyResult",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitError",
    "ResponseDecodeError",
    "RuntypeError",
    "ServerError",
    "StreamError",
    "__version__",
    "capability_slug",
]
