"""The synchronous client, in the ways of Python."""

from __future__ import annotations

import copy
import gc
import pickle
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
    Quota,
    RateLimit,
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
    for again in (pickle.loads(pickle.dumps(response)), copy.copy(response), copy.deepcopy(response)):  # noqa: S301, our own
        assert again == response
    with pytest.raises(AttributeError, match=r"CallResponse\.status is read-only"):
        response.status = 500
    with pytest.raises(AttributeError, match="read-only"):
        response.attempts[0].number = 9
    with pytest.raises(AttributeError, match="read-only"):
        del response.status


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
