"""The asyncio client: the same names as the synchronous one, awaited."""

from __future__ import annotations

from . import _native
from ._async_calls import AsyncCalls
from ._not_given import NOT_GIVEN, NotGiven
from ._signature import runs, runs_from_env

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from . import _types as types
else:
    from ._lazy import types


class AsyncClient(AsyncCalls):
    """Calls the capabilities of one API surface from asyncio.

    Create one per surface and keep it: it holds a pool of connections, which any number of tasks and of event loops may
    share. Cancelling a task drops its request at once.

        async with AsyncClient() as client:
            output = await client.call("summarize-article", {"input": "A long text."})

    An option that is not given comes from the environment, then from the defaults. Durations are seconds, or a
    `timedelta`; `None` disables one. Any other option that is `None`, except `api_key_prefix`, counts as not given.

    Args:
        api_key: The key, or a function, `async` or not, that returns it, called before the first call and after a 401.
            Overrides `RUNTYPE_PRODUCT_API_KEY` and `RUNTYPE_PRODUCT_API_KEY_FILE`. Keys do not belong in code.
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
        retry_mode: `"safe"` (the default), or `"idempotent"` to retry also what may have run, where that does no harm.
        max_response_bytes: Maximum size of a response in bytes, after decompression. Default: 64 MiB.
        response_format: `"raw"`, `"wrapped"`, or `"detect"` (the default), which tells by the shape.
        headers: Headers of every call, a mapping or pairs. The client's own, such as `Authorization`, are refused.
        stream_idle_timeout: Longest silence of a stream. Default: 120. `None` disables it.
        stream_timeout: Timeout of a whole stream, from its first byte. Default: none.
        max_event_bytes: Maximum size of one event in bytes, and of all else between two events. Default: 16 MiB.
        proxy: URL of an HTTP or SOCKS proxy; `""` means none. Overrides `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
        trust: Which certificate authorities are trusted: `"bundled"` (Mozilla's), `"system"` (this machine's) or
            `"both"`. Default: those of `SSL_CERT_FILE` and `SSL_CERT_DIR` if one is set, else `"bundled"`.
        root_certificates: Certificates to trust in addition: PEM text, or the path of a PEM file.
        identity: Certificate and private key of the client (mTLS): PEM text, the path of a PEM file, or a list of two.
        allow_insecure_http: Whether anyone on the way may read the key: plain http, and not to loopback. Default: no.
        log_level: Lines on standard error: `"off"`, `"error"`, `"warn"`, `"info"`, `"debug"`. Default: `RUNTYPE_LOG`.
        trace_propagation: Whether requests carry the `traceparent` and `tracestate` of the call's span. Default: yes,
            where OpenTelemetry is loaded in the process.
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
        trust: types.Trust | None = None,
        root_certificates: types.PemTexts | None = None,
        identity: types.PemTexts | None = None,
        allow_insecure_http: bool | None = None,
        log_level: types.LogLevel | None = None,
        trace_propagation: bool | None = None,
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
        trust: types.Trust | None = None,
        root_certificates: types.PemTexts | None = None,
        identity: types.PemTexts | None = None,
        allow_insecure_http: bool | None = None,
        log_level: types.LogLevel | None = None,
        trace_propagation: bool | None = None,
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

    async def aclose(self) -> None:
        """Closes the connections. In-flight calls of other tasks end with `CallCancelledError`.

        The clients that `with_options` derived are closed with it. A derived client closes itself only.
        """
        self._native.close()

    async def __aenter__(self) -> types.Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
