"""Derived clients: other defaults, the same connections and key."""

from __future__ import annotations

import asyncio
import os
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import APITimeoutError, AsyncClient, CallCancelledError, Client, ConfigurationError
from test_processes import in_fork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtype_mock import MockSurface

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
CLIENTS = (Client, AsyncClient)


def connections(mock: MockSurface) -> list[int]:
    return [request["connection"] for request in mock.journal()]


@pytest.fixture
def from_env(runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name, value in runtype_mock.env.items():
        monkeypatch.setenv(name, value)
    with Client() as client:
        yield client


def test_a_derived_client_shares_the_connections(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    derived = client.with_options(timeout=9)
    for one in (client, derived, derived.with_options(max_retries=0), client):
        one.call("echo")
    assert len(set(connections(runtype_mock))) == 1
    assert (type(derived), derived.endpoint) == (Client, client.endpoint)


def test_a_derived_async_client_shares_the_connections(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        async with runtype_mock.async_client() as client:
            async with client.with_options(timeout=9, headers={"X-Job": "1"}) as derived:
                await derived.call("echo")
            await client.call("echo")

    asyncio.run(main())
    assert len(set(connections(runtype_mock))) == 1
    assert [request["headers"].get("x-job") for request in runtype_mock.journal()] == ["1", None]


def test_closing_a_derived_client_leaves_its_origin_open(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    derived = client.with_options(timeout=9)
    second = derived.with_options(max_retries=0)
    with derived:
        derived.call("echo")
    assert (derived.is_closed, second.is_closed, client.is_closed) == (True, False, False)
    for refused in (lambda: derived.call("echo"), lambda: derived.with_options(timeout=1)):
        with pytest.raises(ConfigurationError, match="the client is closed"):
            refused()
    second.call("echo")
    client.call("echo")
    assert len(set(connections(runtype_mock))) == 1


def test_closing_the_origin_closes_the_derived_clients(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    derived = client.with_options(timeout=9).with_options(max_retries=0)
    client.close()
    assert derived.is_closed
    with pytest.raises(ConfigurationError, match="the client is closed"):
        derived.call("echo")


@pytest.mark.parametrize("closes", ["derived", "origin"])
def test_closing_ends_the_calls_in_flight_of_a_derived_client(runtype_mock: MockSurface, closes: str) -> None:
    client = runtype_mock.client()
    derived = client.with_options(max_retries=0)
    raised: list[BaseException] = []

    def work() -> None:
        try:
            derived.call("slow")
        except CallCancelledError as error:
            raised.append(error)

    runtype_mock.put_capability("slow", latency_ms=60_000)
    thread = threading.Thread(target=work)
    thread.start()
    runtype_mock.wait_for(lambda journal: [request["outcome"] for request in journal] == ["open"])
    (derived if closes == "derived" else client).close()
    thread.join()
    assert [type(error) for error in raised] == [CallCancelledError]


def test_closing_a_derived_client_ends_no_call_of_its_origin(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    runtype_mock.put_capability("slow", latency_ms=300)
    outputs: list[Any] = []
    thread = threading.Thread(target=lambda: outputs.append(client.call("slow", {"a": 1})))
    thread.start()
    runtype_mock.wait_for(lambda journal: len(journal) == 1)
    client.with_options(timeout=9).close()
    thread.join()
    assert outputs == [{"a": 1}]


def test_a_derived_client_works_in_a_forked_child_with_the_pool_of_its_origin(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    derived = client.with_options(headers={"X-Job": "1"})
    derived.call("echo")

    def work() -> bytes:
        return repr([one.call("echo", {"n": 1})["n"] for one in (derived, client, derived)]).encode()

    assert in_fork(work) == b"[1, 1, 1]"
    derived.call("echo")
    first, *in_child, last = connections(runtype_mock)
    assert first == last
    assert (len(set(in_child)), first in in_child) == (1, False)
    assert [request["headers"].get("x-job") for request in runtype_mock.journal()] == ["1", "1", None, "1", "1"]


def test_a_pickled_derived_client_brings_its_origin_and_shares_it(from_env: Client, runtype_mock: MockSurface) -> None:
    derived = from_env.with_options(timeout=9, headers={"X-Job": "1"}).with_options(max_retries=0)
    origin, again = pickle.loads(pickle.dumps((from_env, derived)))  # noqa: S301, our own
    with origin:
        again.call("echo")
        origin.call("echo")
        assert [request["headers"].get("x-job") for request in runtype_mock.journal()] == ["1", None]
        assert len(set(connections(runtype_mock))) == 1
    assert again.is_closed
    assert not derived.is_closed


def test_the_pickle_of_a_derived_client_holds_no_key(runtype_mock: MockSurface) -> None:
    derived = runtype_mock.client().with_options(timeout=9)
    with pytest.raises(TypeError, match="a key does not go into a pickle"):
        pickle.dumps(derived)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_shared_cannot_be_changed(client: Any) -> None:
    made = client(api_key="papi_of_nobody_a1b2", product_id="prod_1", surface_id="surf_1")
    shared = ("api_key", "base_url", "proxy", "root_certificates", "connect_timeout", "after_attempt", "env_prefix")
    for option in shared:
        with pytest.raises(TypeError) as raised:
            made.with_options(**{option: "papi_of_nobody_c3d4"})
        assert str(raised.value) == (
            f'client.with_options() has no option "{option}": it is an option of the client, shared by the derived '
            "ones: create another client"
        )
    with pytest.raises(TypeError, match=r"it is an option of call\(\), stream\(\) and call_many\(\)"):
        made.with_options(via_dispatch=True)


def test_an_option_may_be_none_or_a_mistake(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("slow", latency_ms=150)
    quick = runtype_mock.client(timeout=0.05)
    with pytest.raises(APITimeoutError):
        quick.call("slow")
    assert quick.with_options(timeout=None, max_retries=None).call("slow") == {}
    with pytest.raises(ConfigurationError, match=r"timeout: -1 s is out of range"):
        quick.with_options(timeout=-1)


def test_a_subclass_keeps_its_own_attributes(runtype_mock: MockSurface) -> None:
    class Tenant(Client):
        def __init__(self, name: str, **options: Any) -> None:
            super().__init__(**options)
            self.name = name

    tenant = Tenant(
        "a",
        api_key="papi_of_nobody_a1b2",
        endpoint_url=runtype_mock.env["RUNTYPE_BASE_URL"] + "/v1/products/p/surfaces/s/api",
    )
    derived = tenant.with_options(timeout=3)
    assert (type(derived), derived.name) == (Tenant, "a")
    assert os.path.basename(str(derived.endpoint)) == os.path.basename(str(tenant.endpoint))
