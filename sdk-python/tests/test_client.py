"""The synchronous client, in the ways of Python."""

from __future__ import annotations

import copy
import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import runtype_surface
from runtype_surface import (
    APIConnectionError,
    CallCancelledError,
    Client,
    ConfigurationError,
    Endpoint,
    capability_slug,
)

if TYPE_CHECKING:
    from runtype_surface.testing import MockSurface


def test_a_call_gives_the_output(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    assert client.call("echo", {"input": "hello"}) == {"input": "hello"}
    assert client.dispatch("echo", {"input": "hello"}) == {"input": "hello"}
    assert client.call("echo") == {}


def test_an_answer_has_what_came_along(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability(
        "one", answer={"kind": "fixed", "output": [1], "headers": {"X-Many": ["a", "b"]}}, response_format="wrapped"
    )
    answer = runtype_mock.client().call_with_response("one", {})
    assert (answer.output, answer.status) == ([1], 200)
    assert answer.execution_id is not None
    assert answer.execution_id.startswith("exec_")
    assert answer.headers["X-MANY"] == "a, b"
    assert answer.headers.get_all("x-many") == ["a", "b"]
    assert answer.request_id == answer.headers["x-request-id"]
    assert [attempt.status for attempt in answer.attempts] == [200]
    assert 0 < answer.attempts[0].elapsed <= answer.elapsed < 30


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
    with pytest.raises(ConfigurationError, match="not the address of a surface"):
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
        ("attempt_timeout", -1, "attempt timeout"),
        ("max_retries", 1.5, "max retries"),
        ("max_retries", 1000, "max retries"),
        ("retry_mode", "often", "retry mode"),
        ("max_response_bytes", 0, "max response bytes"),
        ("response_format", "xml", "response format"),
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
        with pytest.raises(ConfigurationError, match=f"{retries} is too many: at most 100"):
            runtype_mock.client(max_retries=retries)


def test_an_option_of_a_wrong_type_or_name_is_a_type_error(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    with pytest.raises(TypeError, match="timeout must be a number, not str"):
        client.call("echo", timeout="20")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="timout is not an option"):
        client.call("echo", timout=20)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="headers must be a mapping of str to str, not list"):
        client.call("echo", headers=["a"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the value of a header in headers must be str, not int"):
        client.call("echo", headers={"x-a": 1})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="tiemout is not an option"):
        Client(tiemout=20)  # type: ignore[call-arg]


def test_an_option_of_none_is_not_set(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client(timeout=None, headers=None, proxy=None)
    assert client.call("echo", {"a": 1}, timeout=None, max_retries=None) == {"a": 1}


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
    with pytest.raises(ConfigurationError, match="it is closed"):
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
