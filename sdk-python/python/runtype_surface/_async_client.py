"""The asyncio client: the same names as the synchronous one, awaited."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping

from . import _native
from ._async_stream import AsyncEventStream
from ._asyncio import wait
from ._base_client import BaseClient
from ._call_many import AsyncCallMany
from ._not_given import NOT_GIVEN, NotGiven
from ._response import CallResponse
from ._signature import runs, runs_from_env

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from . import _types as types
else:
    from ._lazy import types


class AsyncClient(BaseClient):
    """Calls the capabilities of one API surface from asyncio.

    Create one per surface and keep it: it holds a pool of connections, which any number of tasks and of event loops may
    share. Cancelling a task drops its request at once.

        async with AsyncClient() as client:
            output = await client.call("summarize-article", {"input": "A long text."})

    An option that is not given comes from the environment, then from the defaults. Durations are seconds, or a
    `timedelta`; `None` disables one. Any other option that is `None`, except `api_key_prefix`, counts as not given.

    Args:
        api_key: The key, or a function that returns it, called before the first call and after a 401. An `async` one is
            awaited on the loop of the call that asks. Overrides `RUNTYPE_PRODUCT_API_KEY` and
            `RUNTYPE_PRODUCT_API_KEY_FILE`. Keys belong in the environment, not in code.
        api_key_file: File that holds the key. It is read again when it changes.
        api_key_variable: Environment variable that holds the key.
        api_key_prefix: What a key must begin with. Default: `papi_`, as the API documents. `None` accepts any key.
        product_id: Product id. Overrides `RUNTYPE_PRODUCT_ID`.
        surface_id: Surface id. Overrides `RUNTYPE_SURFACE_ID`.
        endpoint_url: Full URL as copied from the dashboard, instead of the ids. Overrides `RUNTYPE_ENDPOINT_URL`.
        base_url: Scheme, host and path prefix of the API. Overrides `RUNTYPE_BASE_URL`. Default:
            `https://api.runtype.com`.
        auth_header: Header that carries the key: `"bearer"` (the default) or `"x-api-key"`.
        connect_timeout: Timeout for establishing a connection. Default: 10. `None` disables it.
        timeout: Overall timeout of a call, including retries and backoff; of a stream, until the response begins.
            Overrides `RUNTYPE_TIMEOUT_SECONDS`. Default: 300. `None` disables it.
        attempt_timeout: Timeout of one attempt. Default: none; the overall timeout applies.
        max_retries: Maximum number of retries, 0 to 100. Overrides `RUNTYPE_MAX_RETRIES`. Default: 2.
        max_retry_wait: Longest wait before a retry. A longer `Retry-After` is not waited for: the call fails at once,
            and its error says how long the server asked to wait. Default: 60. `None` disables it.
        retry_mode: `"safe"` (the default) retries only what the server cannot have executed. `"idempotent"` also
            retries what may have run: choose it only where running twice does no harm.
        max_response_bytes: Maximum size of a response in bytes, after decompression. Default: 64 MiB.
        response_format: `"raw"`, `"wrapped"`, or `"detect"` (the default), which tells by the shape.
        headers: Headers of every call, as a mapping or as pairs. The client's own, such as `Authorization`, are
            refused.
        stream_idle_timeout: Longest silence of a stream. Default: 120. `None` disables it.
        stream_timeout: Timeout of a whole stream, from its first byte. Default: none.
        max_event_bytes: Maximum size of one event of a stream in bytes, and of all else between two events. Default:
            16 MiB.
        proxy: URL of an HTTP proxy. Overrides `HTTPS_PROXY` and related variables; an empty text means no proxy.
        root_certificates: Certificates to trust in addition to Mozilla's: PEM text, or the path of a PEM file.
        allow_insecure_http: Whether the key may travel over plain http to an address that is not loopback. Anyone on
            the way can read it. Default: no.
        before_attempt: Called on the loop before each attempt is sent. It must not block; what it raises does not
            affect the call, and is one line at ERROR of the logger `runtype_surface`.
        after_attempt: Called in the same way when an attempt has ended.
        env_prefix: Prefix of the variables' names. Default: `RUNTYPE`.

    Raises:
        TypeError: An option does not exist. Its text says which one was meant.
        ConfigurationError: An option or a variable is missing, or its value is wrong. Its text names all of them, and
            says what to do.
    """

    __slots__ = ()

    def _make(self, *, given: _native.OpaqueOptions) -> None:
        self._native = _native.Client(given)

    @runs(_make)
    def __init__(
        self,
        *,
        api_key: types.AsyncApiKey | None = None,
        api_key_file: types.FilePath | None = None,
        api_key_variable: str | None = None,
        api_key_prefix: str | NotGiven | None = NOT_GIVEN,
        product_id: str | None = None,
        surface_id: str | None = None,
        endpoint_url: str | None = None,
        base_url: str | None = None,
        auth_header: types.AuthHeader | None = None,
        connect_timeout: types.Duration | NotGiven = NOT_GIVEN,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        response_format: types.ResponseFormat | None = None,
        headers: types.HeadersToAdd | None = None,
        stream_idle_timeout: types.Duration | NotGiven = NOT_GIVEN,
        stream_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_event_bytes: int | None = None,
        proxy: str | None = None,
        root_certificates: types.Certificates | None = None,
        allow_insecure_http: bool | None = None,
        before_attempt: types.BeforeAttempt | None = None,
        after_attempt: types.AfterAttempt | None = None,
        env_prefix: str | None = None,
    ) -> None:
        raise NotImplementedError

    @classmethod
    @runs_from_env
    def from_env(
        cls,
        prefix: str = "RUNTYPE",
        *,
        api_key: types.AsyncApiKey | None = None,
        api_key_file: types.FilePath | None = None,
        api_key_variable: str | None = None,
        api_key_prefix: str | NotGiven | None = NOT_GIVEN,
        product_id: str | None = None,
        surface_id: str | None = None,
        endpoint_url: str | None = None,
        base_url: str | None = None,
        auth_header: types.AuthHeader | None = None,
        connect_timeout: types.Duration | NotGiven = NOT_GIVEN,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        response_format: types.ResponseFormat | None = None,
        headers: types.HeadersToAdd | None = None,
        stream_idle_timeout: types.Duration | NotGiven = NOT_GIVEN,
        stream_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_event_bytes: int | None = None,
        proxy: str | None = None,
        root_certificates: types.Certificates | None = None,
        allow_insecure_http: bool | None = None,
        before_attempt: types.BeforeAttempt | None = None,
        after_attempt: types.AfterAttempt | None = None,
    ) -> types.Self:
        """Creates a client from variables whose names begin with `prefix`. Options are those of the class.

        `from_env("STAGING_RUNTYPE")` reads `STAGING_RUNTYPE_PRODUCT_API_KEY` and so on, so that one process has clients
        for development and for production.

        Raises:
            ConfigurationError: An option or a variable is missing or malformed.
        """
        raise NotImplementedError

    async def _call(self, capability: str, input: types.Any = None, *, given: _native.OpaqueOptions) -> types.Any:
        return await self._run("capability", capability, input, "output", given)

    @runs(_call)
    async def call(
        self,
        capability: str,
        input: Mapping[str, types.Any] | None = None,
        *,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        response_format: types.ResponseFormat | None = None,
        headers: types.HeadersToAdd | None = None,
        via_dispatch: bool | None = None,
    ) -> types.Any:
        """Calls a capability and returns its output, decoded from JSON. Cancelling the task drops the request at once.

            output = await client.call("summarize-article", {"input": text}, timeout=20)

        Args:
            capability: The slug, or a full URL of this surface.
            input: A JSON-serializable mapping. Default: `{}`.
            timeout: Overall timeout in seconds, including retries and backoff. Overrides the client's. `None` disables
                it.
            attempt_timeout: Timeout of one attempt in seconds. Overrides the client's.
            max_retries: Maximum number of retries, 0 to 100. Overrides the client's.
            max_retry_wait: Longest wait before a retry in seconds; a longer `Retry-After` is not waited for. Overrides
                the client's.
            retry_mode: `"safe"` retries only what the server cannot have executed.
                Overrides the client's.
            max_response_bytes: Maximum size of the response in bytes, after decompression. Overrides the client's.
            response_format: `"raw"`, `"wrapped"`, or `"detect"`, which tells by the shape. Overrides the client's.
            headers: Headers to add. They override the client's of the same name.
            via_dispatch: Whether to send to the surface's dispatch endpoint, which takes the capability's name in the
                body. Default: no.

        Raises:
            TypeError: An option does not exist, or an argument is missing.
            ConfigurationError: The input or an option's value is malformed. Nothing was sent.
            APIStatusError: The server responded with an error status; one subclass per status.
            SurfaceError: The base of these and all others.
        """
        raise NotImplementedError

    async def _call_with_response(
        self, capability: str, input: types.Any = None, *, given: _native.OpaqueOptions
    ) -> types.Any:
        return await self._run("capability", capability, input, "response", given)

    @runs(_call_with_response)
    async def call_with_response(
        self,
        capability: str,
        input: Mapping[str, types.Any] | None = None,
        *,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        response_format: types.ResponseFormat | None = None,
        headers: types.HeadersToAdd | None = None,
        via_dispatch: bool | None = None,
    ) -> CallResponse:
        """Calls a capability as `call` does, and returns its output with status, ids, limits and attempts.

        Arguments and exceptions are those of `call`.
        """
        raise NotImplementedError

    def _stream(self, capability: str, input: types.Any = None, *, given: _native.OpaqueOptions) -> AsyncEventStream:
        self._native.check(given)
        return AsyncEventStream(lambda: self._native.begin_stream(capability, input, given))

    @runs(_stream)
    def stream(
        self,
        capability: str,
        input: Mapping[str, types.Any] | None = None,
        *,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        stream_idle_timeout: types.Duration | NotGiven = NOT_GIVEN,
        stream_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_event_bytes: int | None = None,
        max_response_bytes: int | None = None,
        headers: types.HeadersToAdd | None = None,
        via_dispatch: bool | None = None,
    ) -> AsyncEventStream:
        """Builds a call whose response is a stream of events. Nothing is sent before it is entered or read.

        Entering it (`async with`) opens it and raises what `call` would raise; iterating opens it too. `timeout` and
        retries apply until the response begins. After that nothing is retried, and the stream lasts as long as it is
        not silent for longer than `stream_idle_timeout`.

        Args:
            capability: As of `call`.
            input: As of `call`.
            timeout: Timeout in seconds until the response begins, including retries and backoff. Overrides the
                client's. `None` disables it.
            attempt_timeout: Timeout of one attempt in seconds. Overrides the client's.
            max_retries: Maximum number of retries, 0 to 100. Overrides the client's.
            max_retry_wait: Longest wait before a retry in seconds; a longer `Retry-After` is not waited for. Overrides
                the client's.
            retry_mode: `"safe"` retries only what the server cannot have executed.
                Overrides the client's.
            stream_idle_timeout: Longest silence in seconds. Overrides the client's.
            stream_timeout: Timeout of the whole stream in seconds, from its first byte. Overrides the client's.
            max_event_bytes: Maximum size of one event in bytes, and of all else between two events. Overrides the
                client's.
            max_response_bytes: Maximum size of the text in bytes, as JSON. Overrides the client's.
            headers: Headers to add. They override the client's of the same name.
            via_dispatch: Whether to send to the surface's dispatch endpoint, which takes the capability's name in the
                body. Default: no.

        Raises:
            TypeError: An option does not exist.
            ConfigurationError: The value of an option is wrong. Everything else is raised where the stream is opened.
        """
        raise NotImplementedError

    def _call_many(self, capability: str, inputs: types.Any, *, given: _native.OpaqueOptions) -> AsyncCallMany:
        _native.check_inputs(inputs, may_be_async=True)
        iterator = aiter(inputs) if isinstance(inputs, AsyncIterable) else iter(inputs)
        return AsyncCallMany(lambda: self._native.begin_call_many(capability, iterator, given))

    @runs(_call_many)
    def call_many(
        self,
        capability: str,
        inputs: Iterable[Mapping[str, types.Any]] | AsyncIterable[Mapping[str, types.Any]],
        *,
        concurrency: int = 8,
        in_order: bool = True,
        max_window_wait: types.Duration | NotGiven = NOT_GIVEN,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        response_format: types.ResponseFormat | None = None,
        headers: types.HeadersToAdd | None = None,
        via_dispatch: bool | None = None,
    ) -> AsyncCallMany:
        """Calls a capability once for each input, a few at a time. One failure ends no other call.

        Nothing is sent before the results are read.

        `inputs` is an iterable or asynchronous iterable of mappings, read on the event loop. At most `concurrency`
        calls are in flight, 1 to 10,000. They go on while a result is looked at, until as many finished results wait;
        up to as many inputs are taken ahead. With `in_order`, results come in the order of the inputs, else as they
        complete.

        A used-up rate limit holds all calls until its next window, outside of their timeouts and retries. After a
        window that begins later than in `max_window_wait` seconds (default: 900, `None` disables it), after three
        windows without a success, and after an error that concerns all (a refused key, a missing permission, an
        exhausted day or plan) the rest is not sent: each remaining result has that error, with `not_sent`.

        The other options are those of `call`, for each call.

        Raises:
            ConfigurationError: An option is malformed, or `inputs` is one mapping or a text.
        """
        raise NotImplementedError

    async def _openapi(self, *, given: _native.OpaqueOptions) -> types.Any:
        return await self._run("openapi", "", None, "output", given)

    @runs(_openapi)
    async def openapi(
        self,
        *,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        headers: types.HeadersToAdd | None = None,
    ) -> types.Any:
        """Returns the surface's OpenAPI 3.0 document, which describes its capabilities.

        Options are those of `call`, except `response_format` and `via_dispatch`; exceptions are the same.
        """
        raise NotImplementedError

    async def _openapi_with_response(self, *, given: _native.OpaqueOptions) -> types.Any:
        return await self._run("openapi", "", None, "response", given)

    @runs(_openapi_with_response)
    async def openapi_with_response(
        self,
        *,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        headers: types.HeadersToAdd | None = None,
    ) -> CallResponse:
        """Returns the OpenAPI document as the output of a response. Options and exceptions are those of `openapi`."""
        raise NotImplementedError

    async def _run(
        self,
        target: _native.Target,
        capability: str,
        input: types.Any,
        wanted: _native.Wanted,
        given: _native.OpaqueOptions,
    ) -> types.Any:
        return await wait(lambda: self._native.begin(target, capability, input, wanted, given))

    async def aclose(self) -> None:
        """Closes the connections. In-flight calls of other tasks end with `CallCancelledError`."""
        self._native.close()

    async def __aenter__(self) -> types.Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
