"""Streams forwarded to a browser."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from runtype_surface import (
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigurationError,
    StreamError,
    StreamEvent,
    SurfaceError,
)
from support.agent import HELLO, is_closed, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from runtype_mock import MockSurface

SLOW = [HELLO[0], HELLO[1], {**HELLO[2], "wait_ms": 60_000}]
FAILS = [HELLO[1], {"event": "execution_error", "data": {"error": "boom", "code": "E1"}}]


def frames(body: bytes) -> list[tuple[str, Any]]:
    """The names and data of events, read in the simplest way."""
    found = []
    for frame in body.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in frame.split("\n"))
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_an_event_is_one_frame_with_its_data_unchanged() -> None:
    data = b'{"delta": "a\\ud83d", "n": 1.50}'
    event = StreamEvent._of_json("text_delta", data, "7")  # type: ignore[attr-defined]
    assert event.data == {"delta": "a\ud83d", "n": 1.5}
    assert event.to_sse() == b"event: text_delta\nid: 7\ndata: " + data + b"\n\n"
    assert StreamEvent("a\nid: 1", {"b": 1}).to_sse() == b'data: {"b":1}\n\n'


def test_a_stream_is_forwarded_with_its_last_event(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    body = runtype_mock.client().stream("agent").to_sse()
    assert [name for name, _ in frames(b"".join(body))] == [step["event"] for step in HELLO]
    assert body.error is None
    assert list(body) == []
    assert body.headers["content-type"] == "text/event-stream; charset=utf-8"


def test_a_refused_call_raises_before_the_first_byte(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client(api_key="papi_of_nobody_a1b2")
    with pytest.raises(AuthenticationError):
        client.stream("echo").to_sse()

    async def main() -> None:
        async with runtype_mock.async_client(api_key="papi_of_nobody_a1b2") as client:
            with pytest.raises(AuthenticationError):
                await client.stream("echo").to_sse()

    asyncio.run(main())


def test_a_failure_is_forwarded_as_the_last_event_and_kept_for_the_application(runtype_mock: MockSurface) -> None:
    put(runtype_mock, FAILS)
    body = runtype_mock.client().stream("agent").to_sse()
    assert [name for name, _ in frames(b"".join(body))] == ["text_delta", "execution_error"]
    assert isinstance(body.error, StreamError)
    assert body.error.code == "E1"


@pytest.mark.parametrize(
    ("steps", "options", "code", "error"),
    [
        (HELLO[:2], {}, "stream_interrupted", StreamError),
        (SLOW, {"stream_idle_timeout": 0.2}, "stream_timeout", APITimeoutError),
    ],
)
def test_a_stream_that_breaks_says_so_and_nothing_of_the_error(
    runtype_mock: MockSurface,
    steps: list[dict[str, Any]],
    options: dict[str, Any],
    code: str,
    error: type[SurfaceError],
) -> None:
    put(runtype_mock, steps)

    async def main() -> tuple[bytes, SurfaceError | None]:
        async with runtype_mock.async_client(**options) as client:
            body = await client.stream("agent").to_sse()
            return b"".join([frame async for frame in body]), body.error

    text, raised = asyncio.run(main())
    name, data = frames(text)[-1]
    assert (name, data["recoverable"], data["error"]["code"]) == ("error", False, code)
    assert set(data) == {"type", "error", "recoverable"}
    assert type(raised) is error


def test_a_stream_that_was_read_is_not_forwarded(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    stream = runtype_mock.client().stream("agent")
    assert stream.text() == "Hello world"
    with pytest.raises(ConfigurationError, match="already read"):
        stream.to_sse()


def test_closing_and_dropping_the_body_close_the_connection(runtype_mock: MockSurface) -> None:
    put(runtype_mock, SLOW)
    body = runtype_mock.client().stream("agent").to_sse()
    next(body)
    body.close()
    assert list(body) == []
    runtype_mock.wait_for(is_closed)
    body = runtype_mock.client().stream("agent").to_sse()
    next(body)
    del body
    runtype_mock.wait_for(lambda journal: is_closed(journal[1:]))


def test_a_cancelled_read_closes_the_connection(runtype_mock: MockSurface) -> None:
    put(runtype_mock, SLOW)

    async def main() -> None:
        async with runtype_mock.async_client() as client:
            body = await client.stream("agent").to_sse()
            for _ in SLOW[:2]:
                await body.__anext__()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(body.__anext__(), 0.05)
            assert [frame async for frame in body] == []

    asyncio.run(main())
    runtype_mock.wait_for(is_closed)


def application(client: AsyncClient) -> Starlette:
    """What a user writes."""

    async def chat(_request: Request) -> StreamingResponse | JSONResponse:
        try:
            body = await client.stream("agent").to_sse()
        except SurfaceError as error:
            return JSONResponse({"error": type(error).__name__}, status_code=502)
        return StreamingResponse(body, headers=body.headers)

    return Starlette(routes=[Route("/chat", chat, methods=["POST"])])


@contextmanager
def served_by_uvicorn(app: Starlette) -> Iterator[int]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def post(port: int) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/chat")
    with connection.getresponse() as response:
        yield response
    connection.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_asgi_server_forwards_a_stream_and_a_refusal(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    client = runtype_mock.async_client()
    with served_by_uvicorn(application(client)) as port:
        with post(port) as response:
            assert (response.status, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            assert [name for name, _ in frames(response.read())] == [step["event"] for step in HELLO]
        runtype_mock.inject("status", status=403, json={"error": "no"})
        with post(port) as response:
            assert (response.status, json.load(response)) == (502, {"error": "PermissionDeniedError"})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_browser_that_leaves_closes_the_connection_to_the_api(runtype_mock: MockSurface) -> None:
    put(runtype_mock, SLOW)
    client = runtype_mock.async_client()
    with served_by_uvicorn(application(client)) as port:
        with post(port) as response:
            assert response.readline() == b"event: execution_start\n"
        runtype_mock.wait_for(is_closed)


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_wsgi_server_forwards_a_stream_and_closes_it(runtype_mock: MockSurface) -> None:
    put(runtype_mock, [*HELLO[:2], *FAILS])
    client: Client = runtype_mock.client()

    def app(_environ: Any, start_response: Any) -> Any:
        body = client.stream("agent").to_sse()
        start_response("200 OK", list(body.headers.items()))
        return body

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with post(server.server_port) as response:
            assert [name for name, _ in frames(response.read())][-1] == "execution_error"
        thread.join()
