"""What both clients have in common."""

from __future__ import annotations

from collections.abc import Mapping

from ._native import Client as NativeClient
from ._native import Endpoint, OpaqueOptions
from ._not_given import NOT_GIVEN, NotGiven
from ._record import not_made
from ._signature import runs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _types as types
else:
    from ._lazy import types


class BaseClient:
    """A native client, with what waits for nothing."""

    __slots__ = ("__weakref__", "_native", "_origin")
    _native: NativeClient
    _origin: BaseClient
    """The client that a derived one comes from."""

    @property
    def endpoint(self) -> Endpoint:
        """Address of the surface."""
        return self._native.endpoint

    def endpoint_url(self, capability: str) -> str:
        """Returns the URL of a capability.

        Raises:
            ConfigurationError: The slug cannot be one path segment, or the URL is of another surface.
        """
        return self._native.endpoint.capability_url(capability)

    def _with_options(self, *, given: OpaqueOptions) -> types.Self:
        derived = type(self).__new__(type(self))
        # What a subclass keeps.
        if hasattr(self, "__dict__"):
            derived.__dict__.update(self.__dict__)
        derived._native = self._native.with_options(given)  # noqa: SLF001, of the same class
        derived._origin = self  # noqa: SLF001
        return derived

    @runs(_with_options)
    def with_options(
        self,
        *,
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
    ) -> types.Self:
        """Derives a client whose calls have other options by default.

            patient = client.with_options(timeout=1800, max_retries=5)

        Both share the connections, the key, the retry budget and the hooks, so options of these are refused: create
        another client. The options of a call override those of either. Closing a derived client ends its own calls and
        leaves the other as it is; closing the one that has the connections closes all.

        Args:
            timeout: Overall timeout of a call, including retries and backoff; of a stream, until the response begins.
                `None` disables it.
            attempt_timeout: Timeout of one attempt. `None` disables it.
            max_retries: Maximum number of retries, 0 to 100.
            max_retry_wait: Longest wait before a retry; a longer `Retry-After` is not waited for. `None` disables it.
            retry_mode: `"safe"` retries only what the server cannot have executed.
            max_response_bytes: Maximum size of a response in bytes, after decompression.
            response_format: `"raw"`, `"wrapped"`, or `"detect"`, which tells by the shape.
            headers: Headers to add. They override those of the same name.
            stream_idle_timeout: Longest silence of a stream. `None` disables it.
            stream_timeout: Timeout of a whole stream, from its first byte. `None` disables it.
            max_event_bytes: Maximum size of one event of a stream in bytes, and of all else between two events.

        Raises:
            TypeError: An option does not exist, or cannot be changed. Its text says what to do.
            ConfigurationError: The value of an option is wrong, or the client is closed.
        """
        raise NotImplementedError

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed, or the one that it is derived from."""
        return self._native.is_closed

    def __copy__(self) -> types.Self:
        return self

    def __deepcopy__(self, memo: object) -> types.Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        options = self._native.options_for_pickle(type(self).__name__)
        if hasattr(self, "_origin"):
            return _derive, (self._origin, options)
        return _recreate, (type(self), options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._native.endpoint}>" if hasattr(self, "_native") else not_made(self)


def _recreate(kind: type[BaseClient], options: Mapping[str, types.Any]) -> BaseClient:
    given = OpaqueOptions(dict(options))
    del options
    return given.make(kind)


def _derive(origin: BaseClient, options: dict[str, types.Any]) -> BaseClient:
    return origin.with_options(**options)
