"""The options of a client and of a call, as types."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Loading `typing` takes longer than the rest of this package, and only type checkers need it.
    import os
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import Literal, TypeAlias

    from typing_extensions import TypedDict

    from ._attempt import Attempt
    from ._hooks import AttemptStart

    AuthHeader: TypeAlias = Literal["bearer", "x-api-key"]
    RetryMode: TypeAlias = Literal["safe", "all", "never"]
    ResponseFormat: TypeAlias = Literal["detect", "raw", "wrapped"]

    class CallOptions(TypedDict, total=False):
        """What a single call may set, overriding its client's."""

        timeout: float | None
        """Seconds for the whole call, all attempts and waits included."""
        attempt_timeout: float | None
        """Seconds for one attempt; by default only the call's limit holds."""
        max_retries: int | None
        """How often the call may be repeated."""
        retry_mode: RetryMode | None
        """`safe` repeats only what the server cannot have executed, `all` also what it may have, `never` nothing."""
        max_response_bytes: int | None
        """How large the answer may be, once it is decompressed."""
        stream_idle_timeout: float | None
        """Seconds for which a stream may be silent."""
        max_event_bytes: int | None
        """How large one event of a stream may be."""
        hand_on_stream_errors: bool | None
        """Yields `execution_error` and `error` events like others instead of raising `StreamError`."""
        response_format: ResponseFormat | None
        """Whether the answer comes raw or wrapped; `detect` tells by its shape."""
        headers: Mapping[str, str] | None
        """Headers to add. Override the client's of the same name."""

    class _SharedOptions(CallOptions, total=False):
        api_key_file: str | os.PathLike[str] | None
        """The file that holds the key. It is read again when it changes."""
        api_key_variable: str | None
        """The environment variable that holds the key."""
        product_id: str | None
        """Overrides `RUNTYPE_PRODUCT_ID`."""
        surface_id: str | None
        """Overrides `RUNTYPE_SURFACE_ID`."""
        endpoint_url: str | None
        """A full URL as copied from the dashboard, instead of the ids. Overrides `RUNTYPE_ENDPOINT_URL`."""
        base_url: str | None
        """Overrides `RUNTYPE_BASE_URL`. Default: `https://api.runtype.com`."""
        auth_header: AuthHeader | None
        """Which header carries the key; `bearer` by default."""
        connect_timeout: float | None
        """Seconds for making a connection; 10 by default."""
        proxy: str | None
        """The URL of an HTTP proxy. Overrides `HTTPS_PROXY` and its kin."""
        root_certificates: str | bytes | Sequence[str | bytes] | None
        """PEM text of certificates to trust beside Mozilla's."""
        allow_insecure_http: bool | None
        """Lets the key travel over plain http to an address that is not loopback."""
        jitter_seed: int | None
        """Makes the waits before retries repeatable, for tests."""
        before_attempt: Callable[[AttemptStart], object] | None
        """Called before each attempt is sent, which does not wait for it. It must not block.

        A `Client` calls it on the thread that waits for the call, an `AsyncClient` on the loop. What it raises changes
        nothing for the call and goes to `sys.unraisablehook`.
        """
        after_attempt: Callable[[AttemptStart, Attempt], object] | None
        """Called in the same way when an attempt has ended, whether it is repeated or not, before the call returns.

        An attempt of a call that was cancelled has no end.
        """
        env_prefix: str | None
        """What the variables' names begin with; `RUNTYPE` by default."""

    class ClientOptions(_SharedOptions, total=False):
        """The options of a `Client`."""

        api_key: str | Callable[[], str] | None
        """The key, or a function that gives it, called on a thread of its own before the first call and after a 401."""

    class AsyncClientOptions(_SharedOptions, total=False):
        """The options of an `AsyncClient`."""

        api_key: str | Callable[[], str] | Callable[[], Awaitable[str]] | None
        """The key, or a function that gives it. An `async` one is awaited on the loop of the call that asks."""
