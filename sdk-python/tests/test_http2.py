"""What an HTTP/2 server says of a stream decides whether a call is sent again: RFC 9113, sections 6.8 and 8.7."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from h2.errors import ErrorCodes

from http2_server import Connection, Http2Server, Request
from runtype_surface import APIConnectionError, AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Callable

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def call_sync(server: Http2Server, *inputs: dict[str, Any], **options: Any) -> list[Any]:
    """Calls once for each input, one after the other, and gives each response or error."""

    def call(client: Client, value: dict[str, Any]) -> Any:
        try:
            return client.call_with_response("echo", value)
        except APIConnectionError as error:
            return error

    with Client(**server.options, **options) as client:
        return [call(client, value) for value in inputs]


def call_async(server: Http2Server, *inputs: dict[str, Any], **options: Any) -> list[Any]:
    async def call(client: AsyncClient, value: dict[str, Any]) -> Any:
        try:
            return await client.call_with_response("echo", value)
        except APIConnectionError as error:
            return error

    async def work() -> list[Any]:
        async with AsyncClient(**server.options, **options) as client:
            return [await call(client, value) for value in inputs]

    return asyncio.run(work())


@pytest.fixture(params=[call_sync, call_async], ids=["Client", "AsyncClient"])
def call(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    given: Callable[..., list[Any]] = request.param
    return given


class Refusal:
    """Refuses streams by GOAWAY, and executes and answers all others."""

    def __init__(self, *streams: tuple[int, int], closes: bool) -> None:
        self._streams = streams
        self._closes = closes
        self.executed: list[Any] = []

    def __call__(self, connection: Connection, request: Request) -> None:
        if (request.connection, request.stream) in self._streams:
            connection.go_away(last_stream=max(request.stream - 2, 0))
            if self._closes:
                connection.close()
            return
        self.executed.append(request.input["n"])
        connection.answer(request.stream, request.input)


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "left_open"])
def test_a_stream_that_goaway_refused_is_sent_again_at_once_on_another_connection(
    call: Callable[..., list[Any]], closes: bool
) -> None:
    refusal = Refusal((1, 3), closes=closes)
    with Http2Server(refusal) as server:
        first, second = call(server, {"n": 1}, {"n": 2}, max_retries=1)
    assert (first.output, second.output) == ({"n": 1}, {"n": 2}), second
    assert server.requests == [Request(1, 1, {"n": 1}), Request(1, 3, {"n": 2}), Request(2, 1, {"n": 2})]
    assert refusal.executed == [1, 2]
    assert [attempt.status for attempt in second.attempts] == [None, 200]
    assert [attempt.may_have_executed for attempt in second.attempts] == [False, None]
    assert [attempt.waited for attempt in second.attempts] == [0, 0]


def test_what_goaway_refused_takes_nothing_from_max_retries(call: Callable[..., list[Any]]) -> None:
    refusal = Refusal((1, 1), (2, 1), (3, 1), closes=True)

    def script(connection: Connection, request: Request) -> None:
        if request.connection == 4 and request.stream == 1:
            # The one retry that there is goes here.
            connection.answer(request.stream, {"error": "slow down"}, status=429, headers={"retry-after-ms": "1"})
        else:
            refusal(connection, request)

    with Http2Server(script) as server:
        (response,) = call(server, {"n": 1}, max_retries=1)
    assert getattr(response, "output", response) == {"n": 1}
    assert [attempt.status for attempt in response.attempts] == [None, None, None, 429, 200]
    assert refusal.executed == [1]


def test_max_retries_0_sends_nothing_again_and_the_error_says_that_nothing_ran(call: Callable[..., list[Any]]) -> None:
    refusal = Refusal((1, 3), closes=True)
    with Http2Server(refusal) as server:
        _, error = call(server, {"n": 1}, {"n": 2}, max_retries=0)
    assert isinstance(error, APIConnectionError)
    assert error.may_have_executed is False
    assert [attempt.may_have_executed for attempt in error.attempts] == [False]
    assert [(request.connection, request.stream) for request in server.requests] == [(1, 1), (1, 3)]
    assert refusal.executed == [1]


def fails_inside(connection: Connection, request: Request) -> None:
    connection.reset(request.stream, ErrorCodes.INTERNAL_ERROR)


def accepts_and_dies(connection: Connection, request: Request) -> None:
    connection.go_away(last_stream=request.stream)
    connection.close()


@pytest.mark.parametrize("script", [fails_inside, accepts_and_dies])
def test_a_stream_that_the_server_accepted_is_not_sent_again(
    call: Callable[..., list[Any]], script: Callable[[Connection, Request], None]
) -> None:
    with Http2Server(script) as server:
        (error,) = call(server, {"n": 1}, max_retries=2)
    assert isinstance(error, APIConnectionError)
    assert error.may_have_executed is True
    assert server.requests == [Request(1, 1, {"n": 1})]
    assert len(error.attempts) == 1


@pytest.mark.parametrize("as_given", [str, Path, lambda path: [Path(path)]])
def test_root_certificates_may_be_the_path_of_a_pem_file(as_given: Callable[[str], Any], tmp_path: Path) -> None:
    with Http2Server(Refusal(closes=False)) as server:
        file = tmp_path / "authority.pem"
        authority = server.options["root_certificates"]
        file.write_bytes(authority if isinstance(authority, bytes) else authority.encode())
        with Client(**{**server.options, "root_certificates": as_given(str(file))}) as client:
            assert client.call("echo", {"n": 1}) == {"n": 1}
