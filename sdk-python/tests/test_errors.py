"""Exceptions, in the ways of Python. Which failure gives which is in the conformance suite."""

from __future__ import annotations

import copy
import pickle
import socket
import traceback
from typing import TYPE_CHECKING

import pytest

import runtype_surface
from runtype_surface import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    Client,
    ConfigurationError,
    RateLimitError,
    ResponseDecodeError,
    ServerError,
    SurfaceError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_mock import MockSurface

KEY = "papi_a_secret_that_nobody_sees_a1b2"


def failure_of(call: Callable[[], object]) -> SurfaceError:
    with pytest.raises(SurfaceError) as caught:
        call()
    return caught.value


def failures(mock: MockSurface) -> list[SurfaceError]:
    """One failure of every kind that a call can have, each from a client with a secret key."""
    mock.mint_key(key=KEY)
    mock.inject("bad_json", capability="echo")
    mock.inject("stall", capability="slow")
    client = mock.client(api_key=KEY)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = mock.client(api_key=KEY, base_url=f"http://127.0.0.1:{unused.getsockname()[1]}", max_retries=0)
        found = [
            failure_of(lambda: nobody.call("echo")),
            failure_of(lambda: client.call("slow", timeout=0.1)),
            failure_of(lambda: client.call("echo")),
            failure_of(lambda: client.call("fails")),
            failure_of(lambda: client.call("unknown")),
            failure_of(lambda: client.call("echo", timeout=0)),
        ]
    mock.inject("status", status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"}, capability="fails")
    found.append(failure_of(lambda: client.call("fails")))
    mock.inject("status", status=429, headers={"Retry-After": "3600"}, capability="summarize-article")
    found.append(failure_of(lambda: client.call("summarize-article")))
    mock.revoke_key(KEY)
    found.append(failure_of(lambda: client.call("support-agent")))
    return found


def test_the_classes_have_builtin_bases(runtype_mock: MockSurface) -> None:
    connection, timeout, decode, server, missing, option, redirect, limit, key = failures(runtype_mock)
    assert isinstance(connection, APIConnectionError)
    assert isinstance(connection, ConnectionError)
    assert isinstance(timeout, APITimeoutError)
    assert isinstance(timeout, TimeoutError)
    assert timeout.phase == "response"
    assert timeout.may_have_executed
    assert isinstance(decode, ResponseDecodeError)
    assert not isinstance(decode, APIStatusError)
    assert decode.status == 200
    assert decode.body
    assert isinstance(server, ServerError)
    assert server.execution_id
    assert isinstance(missing, runtype_surface.NotFoundError)
    assert isinstance(option, ConfigurationError)
    assert isinstance(option, ValueError)
    assert isinstance(redirect, APIStatusError)
    assert redirect.location == "http://127.0.0.1:1/elsewhere"
    assert isinstance(limit, RateLimitError)
    assert limit.retry_after == 3600
    assert isinstance(key, AuthenticationError)
    assert key.server_message == "Invalid or missing API key"
    assert key.key_hint == "papi_…a1b2"
    assert key.headers["WWW-Authenticate"].startswith("Bearer")


def test_exceptions_survive_pickle_and_copy(runtype_mock: MockSurface) -> None:
    for error in failures(runtype_mock):
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301, our own
            assert type(other) is type(error)
            assert str(other) == str(error)
            assert other.__dict__ == error.__dict__


def test_no_exception_shows_the_key(runtype_mock: MockSurface) -> None:
    for error in failures(runtype_mock):
        shown = [str(error), repr(error), repr(error.__dict__), "".join(traceback.format_exception(error))]
        assert not [text for text in shown if "nobody_sees" in text]
        assert b"nobody_sees" not in pickle.dumps(error)


def test_no_repr_shows_the_key(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client(api_key=KEY)
    shown = repr([client, client._native, client.endpoint, runtype_mock.async_client(api_key=KEY)])
    assert "nobody_sees" not in shown


def test_a_malformed_key_is_not_repeated() -> None:
    for key in (f"{KEY} with blanks", f"Bearer {KEY}", f" {KEY}", f"{KEY}\udc80", f"{KEY}\u00e9"):
        error = failure_of(lambda key=key: Client(api_key=key, product_id="p", surface_id="s"))  # type: ignore[misc]
        assert isinstance(error, ConfigurationError)
        assert error.option == "api_key"
        assert "nobody_sees" not in "".join(traceback.format_exception(error)) + repr(error.__dict__)


def test_an_exception_of_ones_own_may_extend_them() -> None:
    class PausedError(ServerError):
        pass

    error = PausedError("it is paused", status=503)
    assert (str(error), error.status, error.attempts) == ("it is paused", 503, ())
