"""A stream forwarded to a browser: frames of server-sent events, the body of an HTTP response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

from ._errors import APITimeoutError, ConfigurationError, SurfaceError
from ._native import StreamEvent, failure_frame, sse_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _types as types
else:
    from ._lazy import types


def _last_frame(failure: SurfaceError) -> bytes:
    return failure_frame(getattr(failure, "event", None), isinstance(failure, APITimeoutError))


class _Body:
    """What both bodies have."""

    __slots__ = ("_events", "_is_ended", "error")

    def __init__(self) -> None:
        self._is_ended = False
        self.error: SurfaceError | None = None
        """Why the stream failed, for the application's logs. The browser gets the server's event, or that it broke."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the response: its type, and that nothing on the way is to hold it back or keep it."""
        return sse_headers()


class SseBody(_Body):
    """An iterator of frames, made by `EventStream.to_sse`: the body of a WSGI response.

    A failure is its last frame, and never raised: the response has begun. `close`, which WSGI servers call, and
    dropping it close the connection at once.
    """

    __slots__ = ("_close",)

    def __init__(self, events: Iterator[StreamEvent], close: Callable[[], None]) -> None:
        super().__init__()
        self._events = events
        self._close = close

    def __iter__(self) -> types.Self:
        return self

    def __next__(self) -> bytes:
        if self._is_ended:
            raise StopIteration
        try:
            return next(self._events).to_sse()
        except ConfigurationError:
            raise
        except SurfaceError as failure:
            self.error = failure
            self.close()
            return _last_frame(failure)

    def close(self) -> None:
        """Closes the connection at once. There are no more frames."""
        self._is_ended = True
        self._close()


class AsyncSseBody(_Body):
    """An asynchronous iterator of frames, made by `AsyncEventStream.to_sse`: the body of an ASGI response.

    A failure is its last frame, and never raised: the response has begun. A read that is cancelled, as when the browser
    leaves, `aclose` and dropping it close the connection at once.
    """

    __slots__ = ("_close",)

    def __init__(self, events: AsyncIterator[StreamEvent], close: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._events = events
        self._close = close

    def __aiter__(self) -> types.Self:
        return self

    async def __anext__(self) -> bytes:
        if self._is_ended:
            raise StopAsyncIteration
        try:
            event = await self._events.__anext__()
        except (ConfigurationError, StopAsyncIteration):
            raise
        except SurfaceError as failure:
            self.error = failure
            await self.aclose()
            return _last_frame(failure)
        except BaseException:
            await self.aclose()
            raise
        return event.to_sse()

    async def aclose(self) -> None:
        """Closes the connection at once. There are no more frames."""
        self._is_ended = True
        await self._close()
