"""The synchronous client."""

from __future__ import annotations

from . import _native
from ._base_client import BaseClient
from ._call_many import CallMany
from ._stream import EventStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self, Unpack

    from ._options import CallOptions, ClientOptions
    from ._response import Answer


class Client(BaseClient):
    """Calls the capabilities of one API surface.

    Make one a surface and keep it: it holds a pool of connections, and threads may share it. It works on in a forked
    process. Waiting releases the GIL, and Ctrl-C ends it.

        client = Client()  # RUNTYPE_PRODUCT_API_KEY, RUNTYPE_PRODUCT_ID, RUNTYPE_SURFACE_ID
        output = client.call("summarize-article", {"input": "A long text."})

    What is not given comes from the environment, then from the defaults. Times are in seconds.

    Args:
        **options: `api_key` (a str or a function), `api_key_file`, `api_key_variable`, `product_id`, `surface_id`,
            `endpoint_url`, `base_url`, `auth_header` ("bearer", "x-api-key"), `connect_timeout` (10), `timeout` (300,
            all attempts and waits included), `attempt_timeout`, `max_retries` (2), `retry_mode` ("safe", "all",
            "never"), `max_response_bytes` (64 MiB), `response_format` ("detect", "raw", "wrapped"), `headers`,
            `stream_idle_timeout` (120), `max_event_bytes` (16 MiB), `hand_on_stream_errors`, `proxy`,
            `root_certificates`, `allow_insecure_http`, `jitter_seed`, `env_prefix` ("RUNTYPE").

    Raises:
        ConfigurationError: An option or a variable is missing or malformed; its text says which and what to do.
    """

    __slots__ = ()

    def __init__(self, **options: Unpack[ClientOptions]) -> None:
        self._native = _native.Client(_native.OpaqueOptions(options))

    @classmethod
    def from_env(cls, prefix: str = "RUNTYPE", **options: Unpack[ClientOptions]) -> Self:
        """A client from variables under a prefix: `STAGING_RUNTYPE` reads `STAGING_RUNTYPE_PRODUCT_ID` and so on."""
        options["env_prefix"] = prefix
        del prefix
        return _native.OpaqueOptions(options).make(cls)

    def call(self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """Calls a capability and gives its output, decoded from JSON.

        Args:
            capability: The slug, or a full URL of this surface.
            input: What has a JSON object's form; `{}` by default.
            **options: See `CallOptions`: `timeout`, `attempt_timeout`, `max_retries`, `retry_mode`,
                `max_response_bytes`, `response_format`, `headers`.

        Raises:
            RuntypeError: One of its subclasses.
        """
        return self._native.call("capability", capability, input, "output", _native.OpaqueOptions(options))

    def call_with_response(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Answer:
        """Calls a capability as `call` does, and gives its output with status, ids, limits and attempts."""
        answer: Answer = self._native.call("capability", capability, input, "response", _native.OpaqueOptions(options))
        return answer

    def dispatch(self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]) -> Any:
        """Calls a capability as `call` does, by the surface's dispatch endpoint, which takes the name in the body."""
        return self._native.call("dispatch", capability, input, "output", _native.OpaqueOptions(options))

    def stream(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> EventStream:
        """Calls a capability and gives its answer as events, each as it comes.

        `timeout` and the retry rules hold until the answer begins; after that nothing is repeated, and the stream may
        last as long as it is not silent for longer than `stream_idle_timeout`.

        Args:
            capability: As for `call`.
            input: As for `call`.
            **options: As for `call`, and `stream_idle_timeout`, `max_event_bytes`, `hand_on_stream_errors`.

        Raises:
            RuntypeError: One of its subclasses.
        """
        return EventStream(self._native.stream(capability, input, _native.OpaqueOptions(options)))

    def dispatch_with_response(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Answer:
        """Calls a capability as `dispatch` does, and gives its output with status, ids, limits and attempts."""
        answer: Answer = self._native.call("dispatch", capability, input, "response", _native.OpaqueOptions(options))
        return answer

    def call_many(
        self,
        capability: str,
        inputs: Iterable[Mapping[str, Any]],
        *,
        concurrency: int = 8,
        in_order: bool = True,
        **options: Unpack[CallOptions],
    ) -> CallMany:
        """Calls a capability once for each input, a few at a time. One failure ends no other call.

        The next input is taken only when a place is free, and no call begins while the server says that the key's limit
        is used up.

        Args:
            capability: As for `call`.
            inputs: What a loop can run over. It is read on the thread that reads the results.
            concurrency: How many calls may be in flight at once, 10,000 at most.
            in_order: Whether results come in the order of the inputs, or as they are there.
            **options: As for `call`, for each of them.
        """
        given = _native.OpaqueOptions(options)
        return CallMany(
            self._native.call_many(capability, iter(inputs), given, concurrency=concurrency, in_order=in_order)
        )

    def openapi(self, **options: Unpack[CallOptions]) -> Any:
        """The surface's OpenAPI 3.0 document, which follows its capabilities."""
        return self._native.call("openapi", "", None, "output", _native.OpaqueOptions(options))

    def openapi_with_response(self, **options: Unpack[CallOptions]) -> Answer:
        """The OpenAPI document as the output of an answer."""
        answer: Answer = self._native.call("openapi", "", None, "response", _native.OpaqueOptions(options))
        return answer

    def close(self) -> None:
        """Closes the connections. Calls in flight on other threads end with `CallCancelledError`."""
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
