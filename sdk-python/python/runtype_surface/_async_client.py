"""The asyncio client: the same names as the synchronous one, awaited."""

from __future__ import annotations

from collections.abc import AsyncIterable

from . import _native
from ._async_stream import AsyncEventStream
from ._asyncio import wait
from ._base_client import BaseClient
from ._call_many import AsyncCallMany

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self, Unpack

    from ._native import Target, Wanted
    from ._options import AsyncClientOptions, CallOptions
    from ._response import Answer


class AsyncClient(BaseClient):
    """Calls the capabilities of one API surface from asyncio.

    Make one a surface and keep it: it holds a pool of connections, which any number of tasks and of event loops may
    share. Cancelling a task drops its request at once.

        async with AsyncClient() as client:
            output = await client.call("summarize-article", {"input": "A long text."})

    Args:
        **options: As those of `Client`; `api_key` may also be an `async` function.

    Raises:
        ConfigurationError: An option or a variable is missing or malformed; its text says which and what to do.
    """

    __slots__ = ()

    def __init__(self, **options: Unpack[AsyncClientOptions]) -> None:
        self._native = _native.Client(_native.OpaqueOptions(options))

    @classmethod
    def from_env(cls, prefix: str = "RUNTYPE", **options: Unpack[AsyncClientOptions]) -> Self:
        """A client from variables under a prefix: `STAGING_RUNTYPE` reads `STAGING_RUNTYPE_PRODUCT_ID` and so on."""
        options["env_prefix"] = prefix
        del prefix
        return _native.OpaqueOptions(options).make(cls)

    async def call(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Any:
        """Calls a capability and gives its output, decoded from JSON. See `Client.call`."""
        return await self._run("capability", capability, input, "output", _native.OpaqueOptions(options))

    async def call_with_response(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Answer:
        """Calls a capability as `call` does, and gives its output with status, ids, limits and attempts."""
        answer: Answer = await self._run("capability", capability, input, "response", _native.OpaqueOptions(options))
        return answer

    async def dispatch(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Any:
        """Calls a capability as `call` does, by the surface's dispatch endpoint, which takes the name in the body."""
        return await self._run("dispatch", capability, input, "output", _native.OpaqueOptions(options))

    def stream(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> AsyncEventStream:
        """Calls a capability and gives its answer as events, each as it comes. See `Client.stream`.

        Nothing is sent before the stream is entered or read.
        """
        given = _native.OpaqueOptions(options)
        return AsyncEventStream(lambda: self._native.begin_stream(capability, input, given))

    async def dispatch_with_response(
        self, capability: str, input: Mapping[str, Any] | None = None, **options: Unpack[CallOptions]
    ) -> Answer:
        """Calls a capability as `dispatch` does, and gives its output with status, ids, limits and attempts."""
        answer: Answer = await self._run("dispatch", capability, input, "response", _native.OpaqueOptions(options))
        return answer

    def call_many(
        self,
        capability: str,
        inputs: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]],
        *,
        concurrency: int = 8,
        in_order: bool = True,
        **options: Unpack[CallOptions],
    ) -> AsyncCallMany:
        """Calls a capability once for each input, a few at a time. One failure ends no other call.

        The next input is taken only when a place is free, and no call begins while the server says that the key's limit
        is used up.

        Args:
            capability: As for `call`.
            inputs: What a loop or an `async` loop can run over. It is read on the event loop.
            concurrency: How many calls may be in flight at once, 10,000 at most.
            in_order: Whether results come in the order of the inputs, or as they are there.
            **options: As for `call`, for each of them.
        """
        given = _native.OpaqueOptions(options)
        iterator = aiter(inputs) if isinstance(inputs, AsyncIterable) else iter(inputs)
        return AsyncCallMany(
            lambda: self._native.begin_call_many(
                capability, iterator, given, concurrency=concurrency, in_order=in_order
            )
        )

    async def openapi(self, **options: Unpack[CallOptions]) -> Any:
        """The surface's OpenAPI 3.0 document, which follows its capabilities."""
        return await self._run("openapi", "", None, "output", _native.OpaqueOptions(options))

    async def openapi_with_response(self, **options: Unpack[CallOptions]) -> Answer:
        """The OpenAPI document as the output of an answer."""
        answer: Answer = await self._run("openapi", "", None, "response", _native.OpaqueOptions(options))
        return answer

    async def _run(
        self,
        target: Target,
        capability: str,
        input: Mapping[str, Any] | None,
        wanted: Wanted,
        options: _native.OpaqueOptions,
    ) -> Any:
        return await wait(lambda: self._native.begin(target, capability, input, wanted, options))

    async def aclose(self) -> None:
        """Closes the connections. Calls in flight of other tasks end with `CallCancelledError`."""
        self._native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
