from asyncio import Future
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, final

from typing_extensions import Self

__version__: str

def capability_slug(name: str) -> str:
    """Turns a capability's name into its slug: `Summarize Article` becomes `summarize-article`."""

@final
class Endpoint:
    """The address of an API surface, read from a full URL as copied from the dashboard."""

    def __new__(cls, url: str) -> Self: ...
    @classmethod
    def parse(cls, url: str) -> Self:
        """Reads a full URL, with or without `/api`, the capability's slug, a trailing slash or a query."""
    @property
    def base_url(self) -> str:
        """Scheme, host, port and path prefix, with no slash at the end."""
    @property
    def product_id(self) -> str: ...
    @property
    def surface_id(self) -> str: ...
    @property
    def capability(self) -> str | None:
        """The capability's slug, where the URL had one."""
    def capability_url(self, capability: str) -> str:
        """The URL of a capability of this surface."""
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

_Target: TypeAlias = Literal["capability", "dispatch", "openapi"]

@final
class Client:
    def __new__(cls, given: Mapping[str, Any]) -> Self: ...
    @property
    def endpoint(self) -> Endpoint: ...
    def call(
        self, target: _Target, capability: str, input: Mapping[str, Any] | None, whole: bool, given: Mapping[str, Any]
    ) -> Any: ...
    def begin(
        self, target: _Target, capability: str, input: Mapping[str, Any] | None, whole: bool, given: Mapping[str, Any]
    ) -> tuple[Future[Any], Ticket]: ...
    def close(self) -> None: ...
    @property
    def is_closed(self) -> bool: ...

@final
class Ticket:
    def cancel(self) -> None: ...

@final
class Reply:
    def give(self, given: object) -> None: ...
    def fail(self, raised: BaseException) -> None: ...
