"""The types of options.

Loading `typing` takes longer than the rest of the package, and only who evaluates annotations needs it: `_lazy` loads
this module then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from ._attempt import Attempt
from ._hooks import AttemptStart
from ._native import StreamEvent
from ._not_given import NotGiven

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Self
elif sys.version_info >= (3, 11):
    from typing import Self
else:
    # Python 3.10 has no name for it.
    Self = Any

__all__ = [
    "AfterAttempt",
    "Any",
    "ApiKey",
    "AsyncApiKey",
    "AsyncClientOptions",
    "AuthHeader",
    "BeforeAttempt",
    "CallManyOptions",
    "CallOptions",
    "Certificates",
    "ClientOptions",
    "Duration",
    "FilePath",
    "HeadersToAdd",
    "ResponseFormat",
    "RetryMode",
    "Self",
    "StreamEvent",
    "StreamEventName",
    "StreamOptions",
    "StreamOutcome",
]

Duration: TypeAlias = float | timedelta | None
"""Seconds, or a `timedelta`. `None` means no limit."""

AuthHeader: TypeAlias = Literal["bearer", "x-api-key"]
"""Header that carries the key."""

RetryMode: TypeAlias = Literal["safe", "idempotent"]
"""What is retried: only what did not start, or also what may have run."""

ResponseFormat: TypeAlias = Literal["detect", "raw", "wrapped"]
"""Format of responses, which the surface's owner sets."""

StreamOutcome: TypeAlias = Literal["completed", "awaiting"]
"""How a stream ended: its execution completed, or waits for a tool result or an approval."""

FilePath: TypeAlias = str | os.PathLike[str]
"""Path of a file."""

Certificates: TypeAlias = str | bytes | os.PathLike[str] | Sequence[str | bytes | os.PathLike[str]]
"""Certificates: PEM text, or the path of a PEM file."""

ApiKey: TypeAlias = str | Callable[[], str]
"""The key, or a function that returns it."""

AsyncApiKey: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""The key, or a function that returns it, `async` or not."""

HeadersToAdd: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]
"""Headers to add: a mapping, or pairs of name and value. The last of one name counts."""

BeforeAttempt: TypeAlias = Callable[[AttemptStart], None]
"""What is called before each attempt: a plain function, not an `async` one."""

AfterAttempt: TypeAlias = Callable[[AttemptStart, Attempt], None]
"""What is called after each attempt: a plain function, not an `async` one."""

StreamEventName: TypeAlias = Literal[
    "execution_start",
    "execution_complete",
    "execution_error",
    "step_start",
    "step_complete",
    "step_skip",
    "turn_start",
    "turn_complete",
    "text_start",
    "text_delta",
    "text_complete",
    "reasoning_start",
    "reasoning_delta",
    "reasoning_complete",
    "tool_start",
    "tool_input_delta",
    "tool_input_complete",
    "tool_output_delta",
    "tool_complete",
    "approval_start",
    "approval_complete",
    "await",
    "context_notice",
    "source",
    "custom",
    "ping",
    "error",
]
"""Names of events, by the vendor's vocabulary, which grows; also `artifact_…`, `media_…` and `state_…`."""


class _RequestOptions(TypedDict, total=False):
    timeout: Duration | NotGiven
    """Overall timeout in seconds, including retries and backoff; of a stream, until the response begins. Default: 300.
    `None` disables it."""
    attempt_timeout: Duration | NotGiven
    """Timeout of one attempt in seconds. Default: none; the overall timeout applies."""
    max_retries: int | None
    """Maximum number of retries, 0 to 100. Default: 2."""
    max_retry_wait: Duration | NotGiven
    """Longest wait before a retry in seconds. A longer `Retry-After` is not waited for: the call fails at once, and its
    error says how long the server asked to wait. Default: 60. `None` disables it."""
    retry_mode: RetryMode | None
    """What is retried. `safe` (the default): only what the server cannot have executed. `idempotent`: also what
    may have run; choose it only where running twice does no harm."""
    headers: HeadersToAdd | None
    """Headers to add. They override the client's of the same name."""
    via_dispatch: bool | None
    """Whether to send to the surface's dispatch endpoint, which takes the capability's name in the body."""


class CallOptions(_RequestOptions, total=False):
    """The options of a call, which override the client's; for functions that pass options on to `Client.call`."""

    max_response_bytes: int | None
    """Maximum size of a response in bytes, after decompression. Default: 64 MiB."""
    response_format: ResponseFormat | None
    """Format of the response. `detect` (the default) tells by its shape."""


class CallManyOptions(CallOptions, total=False):
    """The options of many calls; for functions that pass options on to `Client.call_many`."""

    concurrency: int
    """Maximum number of calls in flight, 1 to 10,000. Default: 8."""
    in_order: bool
    """Whether results come in the order of the inputs, or as they complete. Default: `True`."""
    max_window_wait: Duration | NotGiven
    """Longest wait for the next window of a used-up rate limit. Default: 900 s. `None` disables it."""


class StreamOptions(_RequestOptions, total=False):
    """The options of a stream, which override the client's; for functions that pass options on to `Client.stream`."""

    stream_idle_timeout: Duration | NotGiven
    """Longest silence of a stream in seconds. Default: 120. `None` disables it."""
    stream_timeout: Duration | NotGiven
    """Timeout of a whole stream in seconds, from its first byte. Default: none."""
    max_event_bytes: int | None
    """Maximum size of one event in bytes, and of all else between two events. Default: 16 MiB."""
    max_response_bytes: int | None
    """Maximum size of the text in bytes, as JSON. Default: 64 MiB."""


class _SharedOptions(TypedDict, total=False):
    api_key_file: FilePath | None
    """File that holds the key. It is read again when it changes."""
    api_key_variable: str | None
    """Environment variable that holds the key."""
    api_key_prefix: str | NotGiven | None
    """What a key must begin with. Default: `papi_`, as the API documents. `None` accepts any key."""
    product_id: str | None
    """Product id. Overrides `RUNTYPE_PRODUCT_ID`."""
    surface_id: str | None
    """Surface id. Overrides `RUNTYPE_SURFACE_ID`."""
    endpoint_url: str | None
    """Full URL as copied from the dashboard, instead of the ids. Overrides `RUNTYPE_ENDPOINT_URL`."""
    base_url: str | None
    """Scheme, host and path prefix of the API. Overrides `RUNTYPE_BASE_URL`. Default: `https://api.runtype.com`."""
    auth_header: AuthHeader | None
    """Header that carries the key. Default: `bearer`."""
    connect_timeout: Duration | NotGiven
    """Timeout for establishing a connection in seconds. Default: 10. `None` disables it."""
    timeout: Duration | NotGiven
    """Overall timeout of a call in seconds, including retries and backoff; of a stream, until the response begins.
    Overrides `RUNTYPE_TIMEOUT_SECONDS`. Default: 300. `None` disables it."""
    attempt_timeout: Duration | NotGiven
    """Timeout of one attempt in seconds. Default: none; the overall timeout applies."""
    max_retries: int | None
    """Maximum number of retries, 0 to 100. Overrides `RUNTYPE_MAX_RETRIES`. Default: 2."""
    max_retry_wait: Duration | NotGiven
    """Longest wait before a retry in seconds. Default: 60. `None` disables it."""
    retry_mode: RetryMode | None
    """What is retried. Default: `safe`."""
    max_response_bytes: int | None
    """Maximum size of a response in bytes, after decompression; of a stream, of its text as JSON. Default: 64 MiB."""
    response_format: ResponseFormat | None
    """Format of responses. Default: `detect`."""
    headers: HeadersToAdd | None
    """Headers of every call."""
    stream_idle_timeout: Duration | NotGiven
    """Longest silence of a stream in seconds. Default: 120. `None` disables it."""
    stream_timeout: Duration | NotGiven
    """Timeout of a whole stream in seconds, from its first byte. Default: none."""
    max_event_bytes: int | None
    """Maximum size of one event of a stream in bytes. Default: 16 MiB."""
    proxy: str | None
    """URL of an HTTP proxy. Overrides `HTTPS_PROXY` and related variables; an empty text means no proxy."""
    root_certificates: Certificates | None
    """Certificates to trust in addition to Mozilla's: PEM text, or the path of a PEM file."""
    allow_insecure_http: bool | None
    """Whether the key may travel over plain http to an address that is not loopback. Anyone on the way can read it."""
    before_attempt: BeforeAttempt | None
    """Called before each attempt is sent. It must not block.

    A `Client` calls it on the thread that waits for the call, an `AsyncClient` on the loop. An exception that it raises
    does not affect the call, and is one line at ERROR of the logger `runtype_surface`.
    """
    after_attempt: AfterAttempt | None
    """Called in the same way when an attempt has ended, before the call returns. An attempt of a call that was
    cancelled has no end."""
    env_prefix: str | None
    """Prefix of the variables' names. Default: `RUNTYPE`."""


class ClientOptions(_SharedOptions, total=False):
    """The options of a `Client`."""

    api_key: ApiKey | None
    """The key, or a function that returns it, called on a thread of its own before the first call and after a 401."""


class AsyncClientOptions(_SharedOptions, total=False):
    """The options of an `AsyncClient`."""

    api_key: AsyncApiKey | None
    """The key, or a function that returns it. An `async` one is awaited on the loop of the call that asks."""
