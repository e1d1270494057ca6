"""What both clients have in common."""

from __future__ import annotations

from collections.abc import Mapping

from ._native import Client as NativeClient
from ._native import Endpoint, OpaqueOptions
from ._record import not_made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _types as types
else:
    from ._lazy import types


class BaseClient:
    """A native client, with what waits for nothing."""

    __slots__ = ("__weakref__", "_native")
    _native: NativeClient

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

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        return self._native.is_closed

    def __copy__(self) -> types.Self:
        return self

    def __deepcopy__(self, memo: object) -> types.Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _recreate, (type(self), self._native.options_for_pickle(type(self).__name__))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._native.endpoint}>" if hasattr(self, "_native") else not_made(self)


def _recreate(kind: type[BaseClient], options: Mapping[str, types.Any]) -> BaseClient:
    given = OpaqueOptions(dict(options))
    del options
    return given.make(kind)
