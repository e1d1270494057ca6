"""The calls of the synchronous client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from . import _native
from ._base_client import BaseClient
from ._call_many import CallMany
from ._lazy import overload
from ._not_given import NOT_GIVEN, NotGiven
from ._response import CallResponse
from ._signature import runs
from ._stream import EventStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import TypeVar, Unpack

    from . import _types as types

    _T = TypeVar("_T")
else:
    from ._lazy import types


class Calls(BaseClient):
    """What the synchronous client can call."""

    __slots__ = ()

    def _call(self, capability: str, input: types.Any = None, *, given: _native.OpaqueOptions) -> types.Any:
        return self._native.call("capability", capability, input, "output", given)

    @overload
    def call(
        self,
        capability: str,
        input: Mapping[str, types.Any] | None = None,
        *,
        output_type: types.OutputType[_T],
        **options: Unpack[types.CallOptions],
    ) -> _T: ...

    @overload
    def call(
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
        output_type: object = None,
    ) -> types.Any: ...

    @runs(_call)
    def call(
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
        output_type: types.Any = None,
    ) -> types.Any:
        """Calls a capability and returns its output, decoded from JSON. Waiting releases the GIL, and Ctrl-C ends it.

            output = client.call("summarize-article", {"input": text}, timeout=20)

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
            output_type: Type that the output must have, and is returned as: a dataclass, a `TypedDict`, a pydantic
                model or `TypeAdapter`, or a type of JSON values such as `list[str]`. Default: unchecked.

        Raises:
            TypeError: An option does not exist, or an argument is missing.
            ConfigurationError: The input or an option's value is malformed. Nothing was sent.
            ResponseDecodeError: The output is not of its type; `path` says where.
            APIStatusError: The server responded with an error status; one subclass per status.
            SurfaceError: The base of these and all others.
        """
        raise NotImplementedError

    def _call_with_response(
        self, capability: str, input: types.Any = None, *, given: _native.OpaqueOptions
    ) -> types.Any:
        return self._native.call("capability", capability, input, "response", given)

    @overload
    def call_with_response(
        self,
        capability: str,
        input: Mapping[str, types.Any] | None = None,
        *,
        output_type: types.OutputType[_T],
        **options: Unpack[types.CallOptions],
    ) -> CallResponse[_T]: ...

    @overload
    def call_with_response(
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
        output_type: object = None,
    ) -> CallResponse: ...

    @runs(_call_with_response)
    def call_with_response(
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
        output_type: types.Any = None,
    ) -> CallResponse:
        """Calls a capability as `call` does, and returns its output with status, ids, limits and attempts.

        Arguments and exceptions are those of `call`.
        """
        raise NotImplementedError

    def _stream(self, capability: str, input: types.Any = None, *, given: _native.OpaqueOptions) -> EventStream:
        origin = self._native.stream_origin(given)
        return EventStream(lambda opening: self._native.stream(capability, input, given, origin, opening))

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
    ) -> EventStream:
        """Builds a call whose response is a stream of events. Nothing is sent before it is entered or read.

        Entering it (`with`) opens it and raises what `call` would raise; iterating opens it too. `timeout` and retries
        apply until the response begins. After that nothing is retried, and the stream lasts as long as it is not silent
        for longer than `stream_idle_timeout`.

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

    def _call_many(self, capability: str, inputs: types.Any, *, given: _native.OpaqueOptions) -> CallMany:
        _native.check_inputs(inputs, may_be_async=False)
        return CallMany(self._native.call_many(capability, iter(inputs), given))

    @overload
    def call_many(
        self,
        capability: str,
        inputs: Iterable[Mapping[str, types.Any]],
        *,
        output_type: types.OutputType[_T],
        **options: Unpack[types.CallManyOptions],
    ) -> CallMany[_T]: ...

    @overload
    def call_many(
        self,
        capability: str,
        inputs: Iterable[Mapping[str, types.Any]],
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
        output_type: object = None,
    ) -> CallMany: ...

    @runs(_call_many)
    def call_many(
        self,
        capability: str,
        inputs: Iterable[Mapping[str, types.Any]],
        *,
        concurrency: int = 8,
        in_order: bool = True,
        max_window_wait: types.Duration | NotGiven = NOT_GIVEN,
        ledger: types.FilePath | None = None,
        id: types.RowIdSource | None = None,
        rerun_unknown: bool = False,
        sync: bool = False,
        timeout: types.Duration | NotGiven = NOT_GIVEN,
        attempt_timeout: types.Duration | NotGiven = NOT_GIVEN,
        max_retries: int | None = None,
        max_retry_wait: types.Duration | NotGiven = NOT_GIVEN,
        retry_mode: types.RetryMode | None = None,
        max_response_bytes: int | None = None,
        response_format: types.ResponseFormat | None = None,
        headers: types.HeadersToAdd | None = None,
        via_dispatch: bool | None = None,
        output_type: types.Any = None,
    ) -> CallMany:
        """Calls a capability once for each input, a few at a time. One failure ends no other call.

        `inputs` is an iterable of mappings, read on the thread that reads the results. At most `concurrency` calls are
        in flight, 1 to 10,000. They go on while a result is looked at, until as many finished results wait; up to as
        many inputs are taken ahead. With `in_order`, results come in the order of the inputs, else as they complete.

        A used-up rate limit holds all calls until its next window, outside of their timeouts and retries. After a
        window that begins later than in `max_window_wait` seconds (default: 900, `None` disables it), after three
        windows without a success, and after an error that concerns all (a refused key, a missing permission, an
        exhausted day or plan) the rest is not sent: each remaining result has that error, with `not_sent`.

        With `ledger`, the path of a file, and `id`, the name of a field of the inputs or a function of an input that
        returns a text or a whole number, the run can be continued after a crash. In a later run with the same ledger,
        inputs that were answered are not sent: their results come from the file, `replayed`. Inputs that were never
        sent, and calls that failed without being executed, are sent. Those that were sent when the process was killed
        (at most `concurrency` each time), and those that failed and may have been executed, are held back with a
        `LedgerError`; `list_unknown` lists them, and `rerun_unknown=True` sends them again. If the ledger cannot be
        written, the run stops before anything more is sent. The file holds ids, outputs and errors in plain text,
        never the key. With `sync=True` each line waits for the disk, to survive a power failure too.

        The other options are those of `call`, for each call.

        Raises:
            ConfigurationError: An option is malformed, or `inputs` is one mapping or a text.
        """
        raise NotImplementedError

    def _openapi(self, *, given: _native.OpaqueOptions) -> types.Any:
        return self._native.call("openapi", "", None, "output", given)

    @runs(_openapi)
    def openapi(
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

    def _openapi_with_response(self, *, given: _native.OpaqueOptions) -> types.Any:
        return self._native.call("openapi", "", None, "response", given)

    @runs(_openapi_with_response)
    def openapi_with_response(
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
