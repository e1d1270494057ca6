"""Many calls, in the ways of Python. What the languages share is in the conformance suite."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import pickle
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from runtype_surface import AuthenticationError, CallCancelledError, ConfigurationError, NotFoundError, RateLimitError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from runtype_mock import MockSurface


def numbers(count: int) -> Iterator[dict[str, int]]:
    for number in range(count):
        yield {"n": number}


async def later(count: int) -> AsyncIterator[dict[str, int]]:
    for item in numbers(count):
        await asyncio.sleep(0)
        yield item


def test_many_calls_give_their_results_in_order(runtype_mock: MockSurface) -> None:
    results = list(runtype_mock.client().call_many("echo", numbers(50), concurrency=7))
    assert [(result.index, result.output) for result in results] == [(n, {"n": n}) for n in range(50)]
    assert all(result.error is None and result.response and result.response.status == 200 for result in results)


def test_the_async_client_takes_either_kind_of_iterable(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        client = runtype_mock.async_client()
        for inputs in (numbers(30), later(30), [{"n": n} for n in range(30)]):
            results = [result async for result in client.call_many("echo", inputs, concurrency=4, in_order=False)]
            assert sorted(result.output["n"] for result in results) == list(range(30))
            assert all(result.output == result.input == {"n": result.index} for result in results)

    asyncio.run(main())


def test_one_failure_ends_no_other_call(runtype_mock: MockSurface) -> None:
    inputs: list[dict[str, Any]] = [{"a": 1}, {"a": float("nan")}, {"a": 3}]
    results = list(runtype_mock.client().call_many("echo", inputs))
    assert [result.ok for result in results] == [result.error is None for result in results] == [True, False, True]
    assert [result.response is None for result in results] == [False, True, False]
    # The very inputs, also those that have no JSON form.
    assert all(result.input is given for result, given in zip(results, inputs, strict=True))
    assert isinstance(results[1].error, ConfigurationError)
    with pytest.raises(ConfigurationError, match="NaN"):
        _ = results[1].output
    (result,) = runtype_mock.client().call_many("unknown", [{}])
    assert isinstance(result.error, NotFoundError)


def test_inputs_are_taken_on_the_readers_thread_and_only_so_many_ahead(runtype_mock: MockSurface) -> None:
    taken: list[tuple[int, str]] = []

    def inputs() -> Iterator[dict[str, int]]:
        for item in numbers(100):
            taken.append((item["n"], threading.current_thread().name))
            yield item

    with runtype_mock.client().call_many("echo", inputs(), concurrency=3) as results:
        for result in results:
            if result.index == 9:
                break
    # In flight, finished, one that is handed over, and taken ahead.
    assert 10 <= len(taken) <= 10 + 3 + 3 + 1 + 3
    # A generator may hold what belongs to a thread.
    assert {name for _, name in taken} == {threading.current_thread().name}


def test_what_the_inputs_raise_is_raised_after_the_results_of_the_calls_before_it(runtype_mock: MockSurface) -> None:
    def broken() -> Iterator[dict[str, int]]:
        yield {"n": 0}
        raise LookupError("the file is gone")

    async def broken_later() -> AsyncIterator[dict[str, int]]:
        yield {"n": 0}
        raise LookupError("the file is gone")

    numbered: list[int] = []
    with pytest.raises(LookupError, match="the file is gone"):
        numbered.extend(result.index for result in runtype_mock.client().call_many("echo", broken()))
    assert numbered == [0]

    async def main(inputs: Any) -> None:
        results = runtype_mock.async_client().call_many("echo", inputs)
        assert (await anext(results)).index == 0
        with pytest.raises(LookupError, match="the file is gone"):
            await anext(results)

    asyncio.run(main(broken()))
    asyncio.run(main(broken_later()))


def test_calls_go_on_while_a_result_is_looked_at(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("later", latency_ms=100)
    began = time.monotonic()
    for _ in runtype_mock.client().call_many("later", numbers(8), concurrency=8):
        time.sleep(0.01)
    assert time.monotonic() - began < 0.5


def test_places_are_refilled_while_a_slow_reader_looks_at_results(runtype_mock: MockSurface) -> None:
    # In lockstep, the 24 calls of 100 ms would take 0.6 s beside the reader's 24 times 20 ms.
    runtype_mock.put_capability("later", latency_ms=100)
    in_flight: list[int] = []
    for _ in runtype_mock.client().call_many("later", numbers(24), concurrency=4):
        time.sleep(0.02)
        journal = runtype_mock.journal()
        in_flight.append(sum(request["outcome"] == "open" for request in journal))
    # While inputs remain, hardly a place is empty.
    assert sum(in_flight[:12]) / 12 > 3, in_flight


@pytest.mark.parametrize("one", [{"input": "x"}, "text", b"bytes", types.MappingProxyType({"input": "x"})])
def test_one_input_where_many_belong_is_refused(runtype_mock: MockSurface, one: Any) -> None:
    for client in (runtype_mock.client(), runtype_mock.async_client()):
        with pytest.raises(ConfigurationError, match="one input was given, not many: pass a list") as caught:
            client.call_many("echo", one)
        assert caught.value.option == "inputs"
    assert runtype_mock.journal() == []


def test_what_cannot_be_iterated_is_refused_by_name(runtype_mock: MockSurface) -> None:
    async def later() -> AsyncIterator[dict[str, int]]:
        yield {}

    calls: list[tuple[Callable[..., object], object]] = [
        (runtype_mock.client().call_many, None),
        (runtype_mock.client().call_many, 5),
        (runtype_mock.client().call_many, later()),
        (runtype_mock.async_client().call_many, None),
    ]
    for call_many, inputs in calls:
        with pytest.raises(ConfigurationError, match="inputs: they must be iterable") as caught:
            call_many("echo", inputs)
        assert caught.value.option == "inputs"
    assert runtype_mock.journal() == []


def test_a_pydantic_model_is_one_input(runtype_mock: MockSurface) -> None:
    # It can be iterated: it gives its fields' names and values.
    class Model:
        def model_dump(self) -> dict[str, str]:
            return {"input": "x"}

        def __iter__(self) -> Iterator[tuple[str, str]]:
            return iter(self.model_dump().items())

    with pytest.raises(ConfigurationError, match="one input"):
        runtype_mock.client().call_many("echo", cast("Any", Model()))


def test_a_run_that_a_revoked_key_stops_raises_its_class_for_each_of_the_rest(runtype_mock: MockSurface) -> None:
    key = runtype_mock.mint_key()
    runtype_mock.revoke_key(key)
    count = 0
    for result in runtype_mock.client(api_key=key).call_many("echo", numbers(2_000), concurrency=8):
        with pytest.raises(AuthenticationError) as caught:
            _ = result.output
        assert caught.value.not_sent == (caught.value.attempts == ())
        assert not caught.value.may_have_executed
        assert result.input == {"n": count}
        count += 1
    assert count == 2_000
    assert len(runtype_mock.journal()) <= 8 + 1


def test_a_window_is_waited_for_as_long_as_max_window_wait_allows(runtype_mock: MockSurface) -> None:
    slow_down: dict[str, Any] = {"status": 429, "headers": {"retry-after-ms": "600"}, "json": {"error": "Slow down"}}
    runtype_mock.inject("status", times=1, **slow_down)
    for wait in (timedelta(seconds=1), None):
        (result,) = runtype_mock.client().call_many("echo", [{}], max_window_wait=wait, timeout=0.5)
        assert result.ok
    runtype_mock.inject("status", **slow_down)
    results = list(runtype_mock.client().call_many("echo", [{}, {}], concurrency=1, max_window_wait=0.5))
    assert [result.error and result.error.not_sent for result in results] == [False, True]
    assert all(isinstance(result.error, RateLimitError) for result in results)


def test_a_result_is_read_only(runtype_mock: MockSurface) -> None:
    (result,) = runtype_mock.client().call_many("echo", [{"a": 1}])
    with pytest.raises(AttributeError, match=r"CallResult\.index is read-only"):
        result.index = 9
    assert result.index == 0


def test_a_result_equals_its_pickled_copy(runtype_mock: MockSurface) -> None:
    results = list(runtype_mock.client().call_many("echo", [{"a": 1}, {"a": float("inf")}]))
    for result in results:
        again = pickle.loads(pickle.dumps(result))  # noqa: S301, our own pickle
        assert again == result
        assert repr(again) == repr(result)
    first, second = results
    assert first != second
    assert first.response is not None
    assert first.response == copy.deepcopy(first.response)
    assert first.response != runtype_mock.client().call_with_response("echo", {"a": 1})
    assert first != first.response


def test_leaving_drops_the_in_flight_calls(runtype_mock: MockSurface) -> None:
    # The others have begun before the first one ends.
    runtype_mock.put_capability("later", latency_ms=100)
    runtype_mock.inject("stall", nth=[2, 3])
    for _ in runtype_mock.client().call_many("later", numbers(3), concurrency=3, in_order=False):
        runtype_mock.wait_for(lambda journal: len(journal) == 3)
        break
    runtype_mock.wait_for(lambda journal: [r["outcome"] for r in journal].count("client_closed") == 2)


def test_leaving_async_drops_the_in_flight_calls(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")

    async def main() -> None:
        async with runtype_mock.async_client().call_many("echo", numbers(9), concurrency=3) as results:
            task = asyncio.ensure_future(results.__anext__())
            await asyncio.to_thread(runtype_mock.wait_for, lambda journal: len(journal) == 3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        await asyncio.to_thread(
            runtype_mock.wait_for, lambda journal: [r["outcome"] for r in journal] == ["client_closed"] * 3
        )
        assert [result async for result in results] == []

    asyncio.run(main())


def test_reads_that_are_given_up_lose_no_result(runtype_mock: MockSurface) -> None:
    runtype_mock.put_capability("later", latency_ms=4)

    async def main() -> list[int]:
        seen: list[int] = []
        async with runtype_mock.async_client().call_many("later", numbers(40), concurrency=1) as results:
            with contextlib.suppress(StopAsyncIteration):
                while True:
                    with contextlib.suppress(asyncio.TimeoutError):
                        seen.append((await asyncio.wait_for(results.__anext__(), 0.003)).index)
        return seen

    assert asyncio.run(main()) == list(range(40))


def test_closing_the_client_ends_many_calls(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")
    client = runtype_mock.client()
    with ThreadPoolExecutor() as threads:
        results = threads.submit(list, client.call_many("echo", numbers(3)))
        runtype_mock.wait_for(lambda journal: len(journal) == 3)
        client.close()
        with pytest.raises(CallCancelledError):
            results.result(timeout=5)


def test_a_thousand_calls_at_once(runtype_mock: MockSurface) -> None:
    results = runtype_mock.client().call_many("echo", numbers(1000), concurrency=64, in_order=False)
    assert sum(result.output["n"] for result in results) == sum(range(1000))
