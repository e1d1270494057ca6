from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar, final

from typing_extensions import Self

from ._call_result import CallResult
from ._errors import ConfigurationError
from ._types import StreamEventName

_T = TypeVar("_T")

__version__: str

def closed_stream() -> ConfigurationError: ...
def never_opened_stream() -> ConfigurationError: ...
def stream_already_read() -> ConfigurationError: ...
def second_reader() -> ConfigurationError: ...
def stream_already_entered() -> ConfigurationError: ...
def stream_not_open(entered_by: str) -> ConfigurationError: ...
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

@final
class StreamEvent:
    """One event of a stream: its name, its data, and typed access to the vocabulary's fields.

    What an event does not have is `None`. An event that is not in the vocabulary is kept whole.
    """

    __match_args__ = ("name", "data", "id")
    __hash__: ClassVar[None]  # type: ignore[assignment]
    def __new__(cls, name: str, data: Any, id: str = "") -> Self: ...
    @property
    def name(self) -> StreamEventName | str:
        """Name of the event: `text_delta`, `execution_complete` and so on, or one that is not listed yet."""
    @property
    def data(self) -> Any:
        """The data, decoded: by the vocabulary an object. Data that is not JSON is a string."""
    @property
    def id(self) -> str:
        """The event's `id` field, or that of the last event that had one."""
    @property
    def seq(self) -> int | None:
        """The number of the event in its execution."""
    @property
    def execution_id(self) -> str | None:
        """The execution's id, under which the product's owner finds it in the logs."""
    @property
    def delta(self) -> str | None:
        """The piece of text of a `…_delta` event, in whole characters."""
    @property
    def text(self) -> str | None:
        """The whole text again, which `text_complete` has."""
    @property
    def part_id(self) -> str | None:
        """The id of the text, tool or step that the event belongs to."""
    @property
    def parent_tool_call_id(self) -> str | None:
        """The id of the tool call in which a nested flow or agent runs. The event is not part of the answer itself."""
    @property
    def tool_name(self) -> str | None:
        """The name of the tool, which `tool_…`, `await` and `approval_…` events have."""
    @property
    def await_reason(self) -> str | None:
        """What the execution waits for, which `await` says; `detached` if it goes on without this reader."""
    @property
    def final_output(self) -> Any:
        """The capability's output, which `execution_complete` has."""
    @property
    def duration(self) -> float | None:
        """How many seconds the execution took, which `execution_complete` says."""
    @property
    def code(self) -> str | None:
        """The code of an `execution_error` or `error` event."""
    @property
    def error_message(self) -> str | None:
        """The message of an `execution_error` or `error` event."""
    @property
    def recoverable(self) -> bool | None:
        """Whether the stream goes on after an `error` event: it does unless the event says `recoverable: false`."""
    @property
    def success(self) -> bool | None:
        """Whether the execution succeeded, which `execution_complete` says. Only `False` makes it a failure."""
    @property
    def stop_reason(self) -> str | None:
        """Why the execution stopped, which `execution_complete` and `execution_error` say."""
    @property
    def upgrade_url(self) -> str | None:
        """Where the plan can be upgraded, which an `execution_error` or `error` event may say."""
    def __eq__(self, other: object) -> bool: ...

Target: TypeAlias = Literal["capability", "openapi"]
Wanted: TypeAlias = Literal["output", "response"]

@final
class OpaqueOptions:
    def __new__(cls, options: Mapping[str, Any]) -> Self: ...
    def make(self, class_: Callable[..., _T], arguments: dict[str, Any] | None = None, /) -> _T: ...

@final
class Signature:
    def __new__(cls, name: str, arguments: Sequence[str], options: Sequence[str]) -> Self: ...
    def take(self, options: dict[str, Any]) -> OpaqueOptions: ...
    def too_many(self) -> TypeError: ...

@final
class Client:
    def __new__(cls, given: OpaqueOptions) -> Self: ...
    def options_for_pickle(self, kind: str) -> dict[str, Any]: ...
    @property
    def endpoint(self) -> Endpoint: ...
    def call(
        self, target: Target, capability: str, input: Mapping[str, Any] | None, wanted: Wanted, given: OpaqueOptions
    ) -> Any: ...
    def begin(
        self, target: Target, capability: str, input: Mapping[str, Any] | None, wanted: Wanted, given: OpaqueOptions
    ) -> tuple[Future[Any], CancelHandle]: ...
    def check(self, given: OpaqueOptions) -> None: ...
    def stream(
        self, capability: str, input: Mapping[str, Any] | None, given: OpaqueOptions, opening: Opening
    ) -> EventStream | None: ...
    def begin_stream(
        self, capability: str, input: Mapping[str, Any] | None, given: OpaqueOptions
    ) -> tuple[Future[EventStream], CancelHandle]: ...
    def call_many(
        self,
        capability: str,
        inputs: Iterator[Any],
        given: OpaqueOptions,
    ) -> CallMany: ...
    def begin_call_many(
        self,
        capability: str,
        inputs: Iterator[Any] | AsyncIterator[Any],
        given: OpaqueOptions,
    ) -> CallMany: ...
    def close(self) -> None: ...
    @property
    def is_closed(self) -> bool: ...

@final
class Opening:
    def __new__(cls) -> Self: ...
    def close(self) -> None: ...

@final
class EventStream:
    def next_batch(self) -> list[StreamEvent] | None: ...
    def begin_batch(self) -> tuple[Future[list[StreamEvent] | None], CancelHandle]: ...
    def text(self) -> str: ...
    def begin_text(self) -> tuple[Future[str], CancelHandle]: ...
    def final_output(self) -> Any: ...
    def begin_final_output(self) -> tuple[Future[Any], CancelHandle]: ...
    def close(self) -> None: ...
    @property
    def report(self) -> dict[str, Any]: ...
    @property
    def execution_id(self) -> str | None: ...
    @property
    def progress(self) -> dict[str, Any]: ...

@final
class CallMany:
    def next(self) -> CallResult | None: ...
    def begin_next(self) -> tuple[Future[CallResult | None], CancelHandle]: ...
    def close(self) -> None: ...

def check_inputs(inputs: object, may_be_async: bool) -> None: ...

@final
class InputSink:
    def give(self, input: object) -> None: ...
    def end(self) -> None: ...
    def fail(self, raised: BaseException) -> None: ...

@final
class CancelHandle:
    def cancel(self) -> None: ...

@final
class KeyRequest:
    def awaitable(self) -> Awaitable[str]: ...
    def give(self, given: object) -> None: ...
    def fail(self, raised: BaseException) -> None: ...
