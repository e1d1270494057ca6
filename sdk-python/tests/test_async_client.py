"""The asyncio client: cancellation, loops that come and go, many calls at once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import CallCancelledError, ConfigurationError, PermissionDeniedError

if TYPE_CHECKING:
    from runtype_mock import MockSurface


def test_every_method_has_its_awaited_twin(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        async with runtype_mock.async_client() as client:
            assert await client.call("echo", {"a": 1}) == {"a": 1}
            assert await client.call("echo", {"a": 1}, via_dispatch=True) == {"a": 1}
            assert (await client.call_with_response("echo", {"a": 1})).status == 200
            assert "paths" in await client.openapi()
            assert client.endpoint_url("echo").endswith("/api/echo")
        assert client.is_closed
        with pytest.raises(ConfigurationError, match="the client is closed"):
            await client.call("echo")

    asyncio.run(main())


def test_an_error_is_raised_where_the_call_is_awaited(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        client = runtype_mock.async_client(api_key="papi_demo_scoped")
        with pytest.raises(PermissionDeniedError) as caught:
            await client.call("echo")
        assert caught.value.status == 403
        with pytest.raises(ConfigurationError):
            await client.call("echo", timeout=0)

    asyncio.run(main())


def test_nothing_is_sent_before_the_call_is_awaited(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        coroutine = runtype_mock.async_client().call("echo")
        await asyncio.sleep(0.02)
        coroutine.close()

    asyncio.run(main())
    assert runtype_mock.journal() == []


def test_cancelling_the_task_drops_the_connection(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")

    async def main() -> None:
        task = asyncio.create_task(runtype_mock.async_client().call("echo"))
        await asyncio.to_thread(runtype_mock.wait_for, lambda journal: len(journal) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(runtype_mock.wait_for, lambda journal: journal[0]["outcome"] == "client_closed")

    asyncio.run(main())


def test_a_timeout_of_asyncio_drops_the_connection(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(runtype_mock.async_client().call("echo"), 0.1)
        await asyncio.to_thread(runtype_mock.wait_for, lambda journal: journal[0]["outcome"] == "client_closed")

    asyncio.run(main())


def test_one_task_of_many_can_be_cancelled(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("later", latency_ms=100)

    async def main() -> None:
        client = runtype_mock.async_client()
        tasks = [asyncio.create_task(client.call("later", {"n": number})) for number in range(20)]
        await asyncio.sleep(0.02)
        for task in tasks[::2]:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
        assert outcomes[1::2] == [{"n": number} for number in range(1, 20, 2)]

    asyncio.run(main())


def test_many_calls_at_once(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        client = runtype_mock.async_client()
        outputs = await asyncio.gather(*(client.call("echo", {"n": number}) for number in range(1000)))
        assert outputs == [{"n": number} for number in range(1000)]

    asyncio.run(main())


def test_loops_one_after_another_share_a_client(runtype_mock: MockSurface) -> None:
    client = runtype_mock.async_client()
    for number in range(5):
        assert asyncio.run(client.call("echo", {"n": number})) == {"n": number}


def test_loops_beside_each_other_share_a_client(runtype_mock: MockSurface) -> None:
    client = runtype_mock.async_client()
    outputs: dict[int, list[Any]] = {}

    async def calls() -> list[Any]:
        return [await client.call("echo", {"n": number}) for number in range(50)]

    def run(name: int) -> None:
        outputs[name] = asyncio.run(calls())

    threads = [threading.Thread(target=run, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs == {name: [{"n": number} for number in range(50)] for name in range(4)}


def test_two_loops_of_one_thread_take_turns(runtype_mock: MockSurface) -> None:
    client = runtype_mock.async_client()
    loops = [asyncio.new_event_loop() for _ in range(2)]
    for number in range(6):
        assert loops[number % 2].run_until_complete(client.call("echo", {"n": number})) == {"n": number}
    for loop in loops:
        loop.close()


def test_closing_a_loop_with_a_call_in_flight_drops_it(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall", times=1)
    client = runtype_mock.async_client()
    loop = asyncio.new_event_loop()
    task = loop.create_task(client.call("echo"))
    loop.call_later(0.1, loop.stop)
    loop.run_forever()
    loop.close()
    runtype_mock.wait_for(lambda journal: [request["outcome"] for request in journal] == ["client_closed"])
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    assert asyncio.run(client.call("echo", {"a": 1})) == {"a": 1}


def test_closing_the_client_ends_the_calls_in_flight(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")

    async def main() -> None:
        client = runtype_mock.async_client()
        task = asyncio.create_task(client.call("echo"))
        await asyncio.to_thread(runtype_mock.wait_for, lambda journal: len(journal) == 1)
        await client.aclose()
        with pytest.raises(CallCancelledError):
            await task

    asyncio.run(main())


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """A loop that watches no sockets for others, as the default one of Windows."""

    def add_reader(self, *_: Any) -> None:  # type: ignore[override]
        raise NotImplementedError


def test_a_loop_that_watches_no_sockets_works_too(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        client = runtype_mock.async_client()
        outputs = await asyncio.gather(*(client.call("echo", {"n": number}) for number in range(100)))
        assert outputs == [{"n": number} for number in range(100)]

    loop = LoopWithoutReaders()
    loop.run_until_complete(main())
    loop.close()


EXIT_WITH_CALLS_IN_FLIGHT = """
import asyncio, sys
from runtype_surface import AsyncClient

async def main():
    client = AsyncClient()
    tasks = [asyncio.ensure_future(client.call("later", {})) for _ in range(60)]
    await asyncio.sleep(0.05)
    if sys.argv[1] == "hard":
        sys.exit(3)

asyncio.run(main())
"""


@pytest.mark.parametrize(("how", "code"), [("soft", 0), ("hard", 3)])
def test_the_interpreter_may_end_with_calls_in_flight(runtype_mock: MockSurface, how: str, code: int) -> None:
    runtype_mock.put_capability("later", latency_ms=60)
    done = subprocess.run(
        [sys.executable, "-c", EXIT_WITH_CALLS_IN_FLIGHT, how], env=runtype_mock.env, capture_output=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (code, b"")
