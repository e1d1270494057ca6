"""Options: their names and values, and what is said of wrong ones."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import pickle
import time
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import (
    NOT_GIVEN,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    CallOptions,
    Client,
    ConfigurationError,
    RateLimitError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_mock import MockSurface


@pytest.mark.parametrize(
    ("option", "value", "names"),
    [
        ("timeout", 0, "timeout"),
        ("timeout", float("nan"), "timeout"),
        ("timeout", 10**400, "timeout"),
        ("attempt_timeout", -1, "attempt_timeout"),
        ("max_retries", 1.5, "max_retries"),
        ("max_retries", 1000, "max_retries"),
        ("retry_mode", "often", "retry_mode"),
        ("max_response_bytes", 0, "max_response_bytes"),
        ("response_format", "xml", "response_format"),
        ("headers", {"Authorization": "Bearer x"}, "headers"),
    ],
)
def test_an_impossible_option_is_refused_by_name(
    runtype_mock: MockSurface, option: str, value: object, names: str
) -> None:
    options = {option: value}
    with pytest.raises(ConfigurationError) as of_client:
        runtype_mock.client(**options)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError) as of_call:
        runtype_mock.client().call("echo", **options)  # type: ignore[arg-type]
    assert of_client.value.option == of_call.value.option == names
    assert isinstance(of_call.value, ValueError)
    assert runtype_mock.journal() == []


def test_a_number_of_retries_is_refused_as_it_was_given(runtype_mock: MockSurface) -> None:
    for retries in (101, 2**33):
        with pytest.raises(ConfigurationError, match=f"{retries} is out of range: pass 0 to 100"):
            runtype_mock.client(max_retries=retries)


def test_a_value_of_a_wrong_type_is_a_configuration_error(runtype_mock: MockSurface) -> None:
    client: Any = runtype_mock.client()
    for options, text in (
        ({"timeout": "20"}, "timeout: it must be a number of seconds, a timedelta or None, not str"),
        ({"max_retries": "2"}, "max_retries: it must be a number, not str"),
        ({"via_dispatch": "yes"}, "via_dispatch: it must be bool, not str"),
        ({"headers": {"x-a": 1}}, 'headers: the value of "x-a" must be str, not int'),
        (
            {"headers": "a: 1"},
            "headers: it must be a mapping of str to str, or a list of (name, value) pairs, not str",
        ),
    ):
        with pytest.raises(ConfigurationError) as caught:
            client.call("echo", **options)
        assert (str(caught.value), caught.value.option) == (text, next(iter(options)))
    assert runtype_mock.journal() == []


def test_wrong_values_are_refused_all_at_once(runtype_mock: MockSurface) -> None:
    make: Any = runtype_mock.client
    expected = [
        "timeout: it must be a number of seconds, a timedelta or None, not str",
        "max_retries: 101 is out of range: pass 0 to 100",
        'retry_mode: "never" is not a mode: to never retry, set max_retries=0',
    ]
    wrong = {"timeout": "20", "max_retries": 101, "retry_mode": "never"}
    client: Any = make()
    works: list[Callable[[], object]] = [
        lambda: make(**wrong),
        lambda: client.call("echo", **wrong),
        lambda: client.stream("echo", **wrong),
    ]
    for work in works:
        with pytest.raises(ConfigurationError) as caught:
            work()
        assert str(caught.value).splitlines() == expected
    with pytest.raises(ConfigurationError) as caught:
        client.call_many("echo", [{}], **wrong, concurrency=0)
    assert str(caught.value).splitlines() == [*expected, "concurrency: 0 is out of range: pass 1 to 10000"]
    assert runtype_mock.journal() == []


def test_malformed_variables_are_refused_all_at_once(
    runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (runtype_mock.env | {"RUNTYPE_TIMEOUT_SECONDS": "soon", "RUNTYPE_MAX_RETRIES": "often"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        Client.from_env()
    timeout, retries = str(caught.value).splitlines()
    assert "RUNTYPE_TIMEOUT_SECONDS" in timeout
    assert "RUNTYPE_MAX_RETRIES" in retries


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_wrong_option_is_refused_where_a_stream_is_built(
    runtype_mock: MockSurface, kind: type[Client | AsyncClient]
) -> None:
    client: Any = runtype_mock.client() if kind is Client else runtype_mock.async_client()
    with pytest.raises(TypeError, match=r'stream\(\) has no option "timout": did you mean timeout\?'):
        client.stream("echo", timout=1)
    with pytest.raises(ConfigurationError, match="stream_timeout: -1 s is out of range"):
        client.stream("echo", stream_timeout=-1)
    client.stream("echo", stream_timeout=1)


def test_a_stream_of_asyncio_that_is_awaited_says_how_to_enter_it(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        client: Any = runtype_mock.async_client()
        with pytest.raises(TypeError, match="a stream is not awaited: enter it with `async with"):
            await client.stream("echo")

    asyncio.run(main())


def test_headers_come_as_a_mapping_or_as_pairs(runtype_mock: MockSurface) -> None:
    for headers in ({"x-trace": "a"}, [("x-trace", "a")], (["x-trace", "a"],), {"x-trace": "a"}.items()):
        runtype_mock.client().call("echo", headers=headers)  # type: ignore[arg-type]
    runtype_mock.client(headers=[("x-trace", "a")]).call("echo")
    assert [request["headers"]["x-trace"] for request in runtype_mock.journal()] == ["a"] * 5
    for wrong in ([("x-trace",)], [("x-trace", "a", "b")], ["x-trace"], iter([("x-trace", "a")]), 5):
        with pytest.raises(ConfigurationError, match=r"headers: it must be a mapping of str to str, or a list"):
            runtype_mock.client(headers=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"retries": 3}, "max_retries"),
        ({"retry": "safe"}, "retry_mode"),
        ({"maxRetries": 3}, "max_retries"),
        ({"timeoutMs": 3}, "timeout"),
        ({"apikey": "x"}, "api_key"),
        ({"product": "x"}, "product_id"),
        ({"header": {}}, "headers"),
        ({"idle_timeout": 3}, "stream_idle_timeout"),
        ({"verify": False}, "root_certificates"),
    ],
)
def test_a_misspelt_option_suggests_the_near_one(given: dict[str, Any], meant: str) -> None:
    (name,) = given
    for kind in (Client, AsyncClient):
        with pytest.raises(TypeError) as caught:
            kind(**given)
        assert str(caught.value) == f'{kind.__name__}() has no option "{name}": did you mean {meant}?'


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"stream_idle_timeout": 1}, "it is an option of stream() and the client"),
        ({"concurrency": 1}, "it is an option of call_many()"),
        ({"max_workers": 1}, "did you mean concurrency, an option of call_many()?"),
        ({"proxy": "http://127.0.0.1:1"}, "it is an option of the client"),
        ({"stream": True}, "call stream() for a stream of events"),
        ({"json": {}}, "pass the input as the argument after the capability"),
        ({"inputs": {}}, "did you mean input?"),
        ({"http_client": 1}, "no HTTP client can be passed in: it might follow redirects with the key"),
        ({"event_hooks": 1}, "pass before_attempt and after_attempt to the client"),
        ({"idempotency_key": "a"}, "there is none: retry_mode says what is retried"),
        ({"response_model": dict}, "outputs are not validated: check what is returned"),
        ({"signal": 1}, "cancel the asyncio task that awaits the call"),
        ({"with_options": 1}, "pass the options to each call, or create a client that has them"),
        (
            {"speed": 1},
            (
                "it takes timeout, attempt_timeout, max_retries, max_retry_wait, retry_mode, max_response_bytes, "
                "response_format, headers, via_dispatch"
            ),
        ),
    ],
)
def test_an_option_of_something_else_says_of_what(runtype_mock: MockSurface, given: dict[str, Any], says: str) -> None:
    (name,) = given
    with pytest.raises(TypeError) as caught:
        runtype_mock.client().call("echo", **given)
    assert str(caught.value) == f'Client.call() has no option "{name}": {says}'


def test_a_capability_that_is_no_text_is_refused_by_name(runtype_mock: MockSurface) -> None:
    client: Any = runtype_mock.client()
    works: list[Callable[[], object]] = [
        lambda: client.call(None),
        lambda: client.stream(None).text(),
        lambda: client.call_many(None, [{}]),
        lambda: client.endpoint_url(None),
        lambda: asyncio.run(AsyncClient.call(runtype_mock.async_client(), None)),  # type: ignore[arg-type]
    ]
    for work in works:
        with pytest.raises(ConfigurationError) as caught:
            work()
        assert (str(caught.value), caught.value.option) == ("capability: it must be str, not NoneType", "capability")
    assert runtype_mock.journal() == []


def test_wrong_names_are_refused_all_at_once(runtype_mock: MockSurface) -> None:
    client: Any = runtype_mock.client()
    with pytest.raises(TypeError) as caught:
        client.call_many("echo", [], retries=1, max_workers=4, ordered=True)
    assert str(caught.value).splitlines() == [
        "Client.call_many() has none of these options:",
        '"retries": did you mean max_retries?',
        '"max_workers": did you mean concurrency?',
        '"ordered": did you mean in_order?',
    ]
    with pytest.raises(TypeError, match=r'call_many\(\) has no option "input": did you mean inputs\?'):
        client.call_many("echo", input=[{}])


def test_arguments_are_counted_as_by_python_and_options_have_names(runtype_mock: MockSurface) -> None:
    client: Any = runtype_mock.client()
    assert client.call(input={"a": 1}, capability="echo") == {"a": 1}
    with pytest.raises(TypeError, match=r"Client\.call\(\) missing 1 required positional argument: 'capability'"):
        client.call()
    with pytest.raises(TypeError, match=r"takes 2 positional arguments \(capability, input\): pass options by name"):
        client.call("echo", {}, 20)
    make: Any = Client
    with pytest.raises(
        TypeError, match=r"Client\(\) takes no positional arguments: pass options by name, such as api_key"
    ):
        make("papi_shown_to_nobody")
    with pytest.raises(TypeError, match=r"Client.from_env\(\) takes one positional argument \(prefix\)"):
        make.from_env("STAGING", "papi_shown_to_nobody")


def test_an_option_that_is_not_given_has_its_default(runtype_mock: MockSurface) -> None:
    make: Any = runtype_mock.client
    client = make(timeout=NOT_GIVEN, headers=None, proxy=None, max_retries=None, api_key_prefix=NOT_GIVEN)
    assert client.call("echo", {"a": 1}, timeout=NOT_GIVEN, max_retries=None, via_dispatch=None) == {"a": 1}
    # Type checkers accept it, too.
    passed_on: CallOptions = {"timeout": NOT_GIVEN, "attempt_timeout": NOT_GIVEN}
    assert client.call("echo", {"a": 2}, **passed_on) == {"a": 2}
    assert (repr(NOT_GIVEN), bool(NOT_GIVEN)) == ("NOT_GIVEN", False)
    assert pickle.loads(pickle.dumps(NOT_GIVEN)) is copy.deepcopy(NOT_GIVEN) is NOT_GIVEN  # noqa: S301, our own


def test_a_timeout_of_none_disables_the_one_of_the_client_and_of_the_environment(
    runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtype_mock.put_capability("later", latency_ms=300)
    client = runtype_mock.client(timeout=0.05)
    with pytest.raises(APITimeoutError):
        client.call("later")
    assert client.call("later", {"a": 1}, timeout=None) == {"a": 1}
    monkeypatch.setenv("RUNTYPE_TIMEOUT_SECONDS", "0.05")
    with pytest.raises(APITimeoutError):
        runtype_mock.client().call("later")
    assert runtype_mock.client(timeout=None).call("later", {"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    "option",
    ["timeout", "attempt_timeout", "connect_timeout", "stream_idle_timeout", "stream_timeout", "max_retry_wait"],
)
def test_a_duration_is_seconds_a_timedelta_or_none(runtype_mock: MockSurface, option: str) -> None:
    make: Any = runtype_mock.client
    for value in (20, 0.5, dt.timedelta(minutes=1), None):
        assert make(**{option: value}).call("echo", {"a": 1}) == {"a": 1}
    for wrong in (dt.timedelta(0), dt.timedelta(seconds=-1)):
        with pytest.raises(ConfigurationError, match=f"^{option}: .*out of range"):
            make(**{option: wrong})
    with pytest.raises(ConfigurationError, match=f"^{option}: infinity is not a duration: pass None for no limit"):
        make(**{option: float("inf")})
    for wrong_type in ("20", True, object()):
        with pytest.raises(ConfigurationError, match=f"^{option}: it must be a number of seconds, a timedelta or "):
            make(**{option: wrong_type})


def test_a_timedelta_is_as_long_as_its_seconds(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")
    with pytest.raises(APITimeoutError, match="after 50 ms"):
        runtype_mock.client().call("echo", timeout=dt.timedelta(milliseconds=50))


def test_a_longer_wait_than_the_longest_is_not_waited_for(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("status", status=429, headers={"Retry-After": "7"})
    began = time.monotonic()
    with pytest.raises(RateLimitError, match=r"longer than max_retry_wait \(2 s\)"):
        runtype_mock.client().call("echo", max_retry_wait=2)
    assert time.monotonic() - began < 2


def test_a_key_of_another_prefix_is_accepted_by_option(runtype_mock: MockSurface) -> None:
    with pytest.raises(ConfigurationError, match="api_key"):
        runtype_mock.client(api_key="sk_of_another_vendor_a1b2")
    for prefix in ("sk_", None):
        with pytest.raises(AuthenticationError, match="a1b2"):
            runtype_mock.client(api_key="sk_of_another_vendor_a1b2", api_key_prefix=prefix).call("echo")
