"""Answers, verification and isolation, as an application's author uses them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from runtype_mock import MockError, MockSurface, Reply, fail, find_binary, matched, sequence, stream_of, when
from runtype_surface import AuthenticationError, ServerError, StreamError

if TYPE_CHECKING:
    from pathlib import Path

    from runtype_surface import Client


def test_a_function_answers(runtype_mock: MockSurface, runtype_client: Client) -> None:
    seen = []

    def price(input: dict[str, int]) -> object:
        seen.append(input)
        return {"eur": input["cups"] * 2}

    runtype_mock.answer("price", price)
    assert runtype_client.call("price", {"cups": 3}) == {"eur": 6}
    assert seen == [{"cups": 3}]


def test_a_function_that_fails_is_a_500_that_says_why(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client(max_retries=0)

    def broken(_: object) -> object:
        raise LookupError("no tea")

    for function, words in [
        (broken, "the function that answers `price` raised LookupError: no tea"),
        (lambda _: object(), "the function that answers `price` returned what is not JSON"),
        (lambda _: Reply({"error": "closed"}, 503), "closed"),
    ]:
        runtype_mock.answer("price", function)
        with pytest.raises(ServerError, match=words):
            client.call("price")


def test_an_answer_is_chosen_by_its_conditions(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client(max_retries=0)
    tea = sequence({"eur": 2}, lambda asked: {"again": asked["item"]})
    cases = [(when(input={"item": "tea"}), tea), (when(at={"/items/0": "milk"}), Reply({"eur": 1}))]
    runtype_mock.answer("price", matched(cases, otherwise=fail(503, "nothing else")))
    assert client.call("price", {"item": "tea", "cups": 2}) == {"eur": 2}
    assert client.call("price", {"item": "tea"}) == {"again": "tea"}
    assert client.call("price", {"items": ["milk"]}) == {"eur": 1}
    with pytest.raises(ServerError, match="nothing else"):
        client.call("price", {"item": "coffee"})


def test_a_stream_is_scripted_in_a_line(runtype_mock: MockSurface, runtype_client: Client) -> None:
    runtype_mock.answer("agent", stream_of("Hello  big world", usage={"input": 3, "output": 2, "cost": 0.5}))
    with runtype_client.stream("agent", {}) as stream:
        deltas = [event.delta for event in stream if event.name == "text_delta"]
    assert deltas == ["Hello  ", "big ", "world"]
    assert runtype_client.call("agent", {}) == "Hello  big world"
    complete = stream_of("Hi", usage={"input": 3, "output": 2, "cost": 0.5}).script()["steps"][-1]["data"]
    assert complete["totalTokens"] == {"input": 3, "output": 2}
    assert (complete["totalTokensUsed"], complete["totalCost"]) == (5, 0.5)
    with pytest.raises(ValueError, match="known are 'input', 'output' and 'cost'"):
        stream_of("Hi", usage={"inputs": 3})


def test_a_stream_ends_in_an_error_or_breaks_off(runtype_mock: MockSurface, runtype_client: Client) -> None:
    for answer, words in [
        (stream_of("Hello ").then_wait(timedelta(milliseconds=1)).then_error("no model", code="NO_MODEL"), "no model"),
        (stream_of("Hello ").then_cut(), "stream"),
    ]:
        runtype_mock.answer("agent", answer)
        stream = runtype_client.stream("agent", {})
        with pytest.raises(StreamError, match=words) as broken:
            stream.text()
        assert broken.value.partial_text == "Hello "
    runtype_mock.answer("agent", stream_of("One moment. ").then_await("ask", {"question": "Which?"}))
    with runtype_client.stream("agent", {}) as stream:
        assert [event.name for event in stream][-1] == "await"


def test_a_verification_that_fails_says_what_was_nearest(runtype_mock: MockSurface, runtype_client: Client) -> None:
    runtype_client.call("echo", {"item": "tea", "cups": 2})
    assert runtype_mock.verify("echo") == 1
    assert runtype_mock.verify("echo", times=1, status=200, ran=True, input={"item": "tea"}) == 1
    assert runtype_mock.verify("slow", times=0) == 0
    assert runtype_mock.verify(at_least=1, at_most=2, key=runtype_mock.api_key) == 1
    with pytest.raises(AssertionError) as unmet:
        runtype_mock.verify("echo", times=2, input={"item": "milk"})
    said = str(unmet.value)
    assert said.startswith('expected 2 calls of `echo` when {"input":{"item":"milk"}}, saw 0; nearest is request ')
    assert 'input /item is "tea", not "milk"' in said
    assert runtype_mock.api_key not in said
    with pytest.raises(ValueError, match="either times"):
        runtype_mock.verify(times=1, at_least=1)


def test_times_and_durations_are_the_languages_own(runtype_mock: MockSurface) -> None:
    now = runtype_mock.now()
    for expires_at in (timedelta(minutes=1), now + timedelta(minutes=1), (now + timedelta(minutes=1)).isoformat()):
        client = runtype_mock.client(api_key=runtype_mock.mint_key(expires_at=expires_at))
        client.call("echo")
        runtype_mock.advance_clock(timedelta(seconds=61))
        with pytest.raises(AuthenticationError):
            client.call("echo")
        runtype_mock.control("POST", "clock", {"now": now.isoformat()})
    runtype_mock.inject("latency", latency_ms=timedelta(milliseconds=1))
    runtype_mock.client().call("echo")
    with pytest.raises(ValueError, match="without a time zone"):
        runtype_mock.mint_key(expires_at=datetime(2040, 1, 1))
    with pytest.raises(TypeError, match="end in _ms"):
        runtype_mock.inject("status", status=timedelta(1))
    assert runtype_mock.mint_key(expires_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))


@pytest.mark.runtype_fault("status", status=503, headers={"Retry-After": "0"}, times=1)
@pytest.mark.runtype_fault("latency", latency_ms=1)
def test_a_marker_injects_faults(runtype_mock: MockSurface, runtype_client: Client) -> None:
    runtype_client.call("echo")
    assert [request["status"] for request in runtype_mock.journal()] == [503, 200]


def test_surfaces_of_one_process_share_nothing(runtype_mock: MockSurface) -> None:
    with runtype_mock.new_surface() as other:
        assert (other.base_url, other.api_key) == (runtype_mock.base_url, runtype_mock.api_key)
        assert other.surface_id != runtype_mock.surface_id
        other.revoke_key()
        other.advance_clock(3600)
        runtype_mock.client().call("echo")
        assert (len(other.journal()), len(runtype_mock.journal())) == (0, 1)
        assert other.now() - runtype_mock.now() > timedelta(minutes=59)
    with pytest.raises(MockError, match="there is no surface"):
        other.journal()


def test_the_journal_is_read_to_its_end(runtype_mock: MockSurface, runtype_client: Client) -> None:
    for _ in range(90):
        runtype_client.call("echo", {"text": "x" * 60_000})
    assert [request["call"] for request in runtype_mock.journal("echo")] == list(range(1, 91))


TESTS = """
import os
import pytest

@pytest.mark.parametrize("number", range(200))
def test_call(number, runtype_mock, runtype_client, record_property):
    runtype_mock.answer("price", {"number": number})
    assert runtype_client.call("price", {"n": number}) == {"number": number}
    assert [request["body"] for request in runtype_mock.journal()] == [{"n": number}]
    with open(os.environ["SEEN"], "a") as file:
        file.write(runtype_mock.base_url + "\\n")
"""


@pytest.mark.parametrize("workers", [["-n", "4"], ["-p", "no:xdist"]], ids=["xdist", "alone"])
def test_the_tests_of_a_run_share_one_process_and_see_none_of_each_others_calls(
    workers: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "test_application.py"
    file.write_text(textwrap.dedent(TESTS))
    seen = tmp_path / "seen.txt"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, str(file)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment | {"SEEN": str(seen), "RUNTYPE_MOCK_BIN": str(find_binary())},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    urls = seen.read_text().splitlines()
    assert len(urls) == 200
    assert len(set(urls)) == 1, "each worker has a mock of its own"


def test_in_a_run_of_the_mock_it_is_a_surface_of_that_mock() -> None:
    program = (
        "import os; from runtype_mock import MockSurface; mock = MockSurface();"
        "assert mock.base_url == os.environ['RUNTYPE_BASE_URL'];"
        "assert mock.surface_id != os.environ['RUNTYPE_SURFACE_ID'];"
        "mock.client().call('echo'); mock.close()"
    )
    subprocess.run([find_binary(), "run", "--", sys.executable, "-c", program], check=True)
