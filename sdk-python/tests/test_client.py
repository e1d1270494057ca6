"""The synchronous client, in the ways of Python."""

from __future__ import annotations

import copy
import datetime as dt
import gc
import pickle
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import runtype_surface
from runtype_surface import (
    NOT_GIVEN,
    APIConnectionError,
    APITimeoutError,
    AsyncClient,
    AuthenticationError,
    CallCancelledError,
    Client,
    ConfigurationError,
    Endpoint,
    Quota,
    RateLimit,
    RateLimitError,
    capability_slug,
)

if TYPE_CHECKING:
    from runtype_mock import MockSurface


def test_a_call_returns_the_output(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    assert client.call("echo", {"input": "hello"}) == {"input": "hello"}
    assert client.call("echo", {"input": "hello"}, via_dispatch=True) == {"input": "hello"}
    assert client.call("echo") == {}


def test_a_response_has_its_metadata(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability(
        "one", answer={"kind": "fixed", "output": [1], "headers": {"X-Many": ["a", "b"]}}, response_format="wrapped"
    )
    response = runtype_mock.client().call_with_response("one", {})
    assert (response.output, response.status) == ([1], 200)
    assert response.execution_id is not None
    assert response.execution_id.startswith("exec_")
    assert response.headers["X-MANY"] == "a, b"
    assert response.headers.get_all("x-many") == ["a", "b"]
    assert response.request_id == response.headers["x-request-id"]
    assert [attempt.status for attempt in response.attempts] == [200]
    assert 0 < response.attempts[0].elapsed <= response.elapsed < 30
    assert (response.rate_limit, response.quota) == (None, None)


def test_a_response_says_what_is_left_of_the_limits(runtype_mock: MockSurface) -> None:
    headers = {"RateLimit-Limit": "9", "RateLimit-Remaining": "3", "RateLimit-Reset": "30", "X-Quota-Remaining": "12"}
    runtype_mock.put_capability("one", answer={"kind": "fixed", "output": 1, "headers": headers})
    response = runtype_mock.client().call_with_response("one")
    assert response.rate_limit == RateLimit(limit=9, remaining=3, reset_after=30)
    assert response.quota == Quota(remaining=12, warning=None)
    assert pickle.loads(pickle.dumps(response)).quota == response.quota  # noqa: S301, our own


def test_the_openapi_document_names_the_capabilities(runtype_mock: MockSurface) -> None:
    assert any("echo" in path for path in runtype_mock.client().openapi()["paths"])


def test_an_endpoint_reads_a_copied_url() -> None:
    endpoint = Endpoint.parse("https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/echo/?x=1")
    assert (endpoint.base_url, endpoint.product_id, endpoint.surface_id, endpoint.capability) == (
        "https://api.runtype.com",
        "prod_1",
        "surf_2",
        "echo",
    )
    assert endpoint.capability_url("other").endswith("/surfaces/surf_2/api/other")
    assert copy.deepcopy(endpoint) == endpoint
    with pytest.raises(ConfigurationError, match="is not the URL of a surface"):
        Endpoint("https://api.runtype.com/")


def test_a_client_knows_its_urls(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    assert client.endpoint_url("echo") == f"{runtype_mock.base_url}/v1/products/prod_demo/surfaces/surf_demo/api/echo"
    assert client.endpoint.surface_id == "surf_demo"
    assert capability_slug("Summarize Article") == "summarize-article"


def test_a_client_from_another_prefix(runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in runtype_mock.env.items():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(f"STAGING_{name}", value)
    assert Client.from_env(prefix="STAGING_RUNTYPE").call("echo", {"a": 1}) == {"a": 1}
    with pytest.raises(ConfigurationError, match="RUNTYPE_PRODUCT_ID"):
        Client.from_env()


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


def test_an_option_of_a_wrong_type_or_name_is_a_type_error(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    with pytest.raises(TypeError, match="timeout must be a number of seconds, a timedelta or None, not str"):
        client.call("echo", timeout="20")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r'Client.call\(\) has no option "timout": did you mean timeout\?'):
        client.call("echo", timout=20)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="headers must be a mapping of str to str, not list"):
        client.call("echo", headers=["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the value of a header in headers must be str, not int"):
        client.call("echo", headers={"x-a": 1})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r'Client\(\) has no option "tiemout": did you mean timeout\?'):
        Client(tiemout=20)  # type: ignore[call-arg]


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
        ({"proxy": "http://127.0.0.1:1"}, "it is an option of the client"),
        ({"nonsense": 1}, "help(Client.call) lists them"),
    ],
)
def test_an_option_of_something_else_says_of_what(runtype_mock: MockSurface, given: dict[str, Any], says: str) -> None:
    (name,) = given
    with pytest.raises(TypeError) as caught:
        runtype_mock.client().call("echo", **given)
    assert str(caught.value) == f'Client.call() has no option "{name}": {says}'


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
    for wrong_type in ("20", True, object()):
        with pytest.raises(TypeError, match=f"{option} must be a number of seconds, a timedelta or None, not "):
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


def test_headers_and_the_user_agent_arrive(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client(headers={"X-One": "client", "X-Two": "client"})
    client.call("echo", headers={"X-Two": "call"})
    headers = runtype_mock.journal()[0]["headers"]
    assert (headers["x-one"], headers["x-two"]) == ("client", "call")
    assert headers["user-agent"].startswith(f"runtype-surface/{runtype_surface.__version__} (python 3.")


def test_a_context_manager_closes_the_client(runtype_mock: MockSurface) -> None:
    with runtype_mock.client() as client:
        client.call("echo")
    assert client.is_closed
    with pytest.raises(ConfigurationError, match="the client is closed"):
        client.call("echo")
    client.close()
    assert len(runtype_mock.journal()) == 1


def test_closing_ends_the_calls_in_flight(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    runtype_mock.inject("stall")
    with ThreadPoolExecutor() as threads:
        pending = threads.submit(client.call, "echo", {})
        runtype_mock.wait_for(lambda journal: len(journal) == 1)
        client.close()
        with pytest.raises(CallCancelledError) as caught:
            pending.result(timeout=5)
    assert caught.value.may_have_executed
    runtype_mock.wait_for(lambda journal: journal[0]["outcome"] == "client_closed")


def test_a_call_outlives_the_last_reference_to_its_client(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("later", latency_ms=50)
    assert runtype_mock.client().call("later", {"a": 1}) == {"a": 1}


def test_a_client_is_freed_with_its_last_reference(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    client.call("echo")
    gone = weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None


def test_threads_share_a_client(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    with ThreadPoolExecutor(8) as threads:
        outputs = list(threads.map(lambda number: client.call("echo", {"n": number}), range(200)))
    assert outputs == [{"n": number} for number in range(200)]
    assert len({request["connection"] for request in runtype_mock.journal()}) <= 20


def test_waiting_releases_the_gil(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("later", latency_ms=300)
    client = runtype_mock.client()
    counted = 0
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    client.call("later")
    done.set()
    thread.join()
    assert counted > 20


def test_a_copy_is_the_same_client(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    assert copy.copy(client) is client
    assert copy.deepcopy({"client": client})["client"] is client


@pytest.mark.parametrize("pause_ms", [0, 2, 3, 4, 5])
def test_no_call_is_sent_twice_while_the_server_closes_its_connections(
    runtype_mock: MockSurface, pause_ms: int
) -> None:
    runtype_mock.inject("hang_up", wait_ms=3)
    client = runtype_mock.client()
    lost = []
    for number in range(50):
        try:
            assert client.call("echo", {"n": number}) == {"n": number}
        except APIConnectionError as error:
            lost.append(error)
        time.sleep(pause_ms / 1e3)
    sent = [request["body"]["n"] for request in runtype_mock.journal()]
    assert len(sent) == len(set(sent))
    # What breaks in flight is not repeated, and says so.
    assert all(error.may_have_executed for error in lost)
