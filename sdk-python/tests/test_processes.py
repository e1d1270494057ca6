"""Fork, spawn, and pickles."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import AsyncClient, Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_mock import MockSurface

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def in_fork(work: Callable[[], bytes]) -> bytes:
    """Runs work in a forked child, and gives what it wrote; a child that hangs is ended by an alarm."""
    import signal

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            os.write(writing, work())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        written = pipe.read()
    os.waitpid(child, 0)
    return written


def test_a_used_client_works_in_a_forked_child_and_on_in_the_parent(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    client.call("echo")
    assert in_fork(lambda: repr([client.call("echo", {"n": n})["n"] for n in range(20)]).encode()) == (
        repr(list(range(20))).encode()
    )
    assert client.call("echo", {"a": 1}) == {"a": 1}
    connections = [request["connection"] for request in runtype_mock.journal()]
    assert connections[0] == connections[-1]
    # The child shares no connection with its parent.
    assert connections[0] not in connections[1:-1]


def test_a_fork_while_other_threads_call(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            client.call("echo")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(10):
            assert in_fork(lambda: client.call("echo", {"a": "b"})["a"].encode()) == b"b"
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_fork_of_a_fork(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    client.call("echo")

    def child() -> bytes:
        client.call("echo")
        return in_fork(lambda: client.call("echo", {"a": "b"})["a"].encode())

    assert in_fork(child) == b"b"


def test_an_async_client_works_in_a_forked_child(runtype_mock: MockSurface) -> None:
    client = runtype_mock.async_client()
    asyncio.run(client.call("echo"))
    assert in_fork(lambda: asyncio.run(client.call("echo", {"a": "b"}))["a"].encode()) == b"b"
    asyncio.run(client.call("echo"))


def call_echo(client: Client) -> Any:
    return client.call("echo", {"a": 1})


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes_calls(runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    for name, value in runtype_mock.env.items():
        monkeypatch.setenv(name, value)
    client = Client()
    client.call("echo")
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(call_echo, [client] * 4) == [{"a": 1}] * 4


def test_a_pickled_client_reads_its_key_again(
    runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name, value in runtype_mock.env.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "key"
    file.write_text("papi_demo_full\n")
    for client in (Client(timeout=20), Client(api_key_file=file), Client(api_key=demo_key)):
        pickled = pickle.dumps(client)
        assert b"papi_" not in pickled
        assert pickle.loads(pickled).call("echo", {"a": 1}) == {"a": 1}  # noqa: S301, our own
    asynchronous = pickle.loads(pickle.dumps(AsyncClient()))  # noqa: S301, our own
    assert asyncio.run(asynchronous.call("echo", {"a": 1})) == {"a": 1}


def demo_key() -> str:
    return "".join(["pa", "pi_demo_full"])


def test_a_client_with_a_literal_key_refuses_to_pickle(runtype_mock: MockSurface) -> None:
    with pytest.raises(TypeError, match="a key does not go into a pickle"):
        pickle.dumps(runtype_mock.client())
    with pytest.raises(TypeError, match="AsyncClient was created with a literal key"):
        pickle.dumps(runtype_mock.async_client())


def test_the_refusal_to_pickle_names_the_variable_of_the_clients_prefix(runtype_mock: MockSurface) -> None:
    with pytest.raises(TypeError, match="pass the key by RUNTYPE_PRODUCT_API_KEY, "):
        pickle.dumps(runtype_mock.client())
    with pytest.raises(TypeError, match="pass the key by STAGING_RUNTYPE_PRODUCT_API_KEY, "):
        pickle.dumps(runtype_mock.client(env_prefix="STAGING_RUNTYPE"))
