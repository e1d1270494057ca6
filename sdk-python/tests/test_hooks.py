"""What hooks are told, when, and on which thread."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import APIConnectionError, Attempt, AttemptStart, ConfigurationError

if TYPE_CHECKING:
    from runtype_mock import MockSurface


class Watch:
    """Hooks that note what they are told, and where."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.threads: set[int] = set()
        self.starts: list[AttemptStart] = []
        self.ends: list[Attempt] = []

    def before(self, start: AttemptStart) -> None:
        self.threads.add(threading.get_ident())
        self.starts.append(start)
        self.lines.append(f"{start.capability} {start.number} begins")

    def after(self, start: AttemptStart, end: Attempt) -> None:
        self.threads.add(threading.get_ident())
        self.ends.append(end)
        self.lines.append(f"{start.capability} {end.number} {end.outcome} {end.status}")

    @property
    def options(self) -> dict[str, Any]:
        return {"before_attempt": self.before, "after_attempt": self.after}


RETRIED = ["echo 1 begins", "echo 1 responded 429", "echo 2 begins", "echo 2 responded 200"]


def test_hooks_are_told_of_every_attempt_on_the_thread_of_the_call(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("status", status=429, headers={"retry-after-ms": "1"}, times=1)
    watch = Watch()
    runtype_mock.client(**watch.options).call("echo")
    assert watch.lines == RETRIED
    assert watch.threads == {threading.get_ident()}
    start = watch.starts[1]
    assert (start.method, start.key_hint, start.waited) == ("POST", watch.ends[1].key_hint, watch.ends[1].waited)
    assert start.url.endswith("/echo")
    assert start.waited > 0
    assert runtype_mock.api_key not in f"{watch.starts}{watch.ends}"


def test_hooks_of_asyncio_are_told_on_the_loop_before_the_call_returns(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("status", status=429, headers={"retry-after-ms": "1"}, times=1)
    watch = Watch()

    async def main() -> None:
        async with runtype_mock.async_client(**watch.options) as client:
            await client.call("echo")
            assert watch.lines == RETRIED

    asyncio.run(main())
    assert watch.threads == {threading.get_ident()}


def test_streams_many_calls_and_the_document_are_watched_too(runtype_mock: MockSurface) -> None:
    watch = Watch()
    client = runtype_mock.client(**watch.options)
    client.openapi()
    assert watch.lines == ["None 1 begins", "None 1 responded 200"]
    watch.lines.clear()
    assert client.stream("support-agent").text()
    assert watch.lines == ["support-agent 1 begins", "support-agent 1 responded 200"]
    watch.lines.clear()
    for result in client.call_many("echo", [{}] * 3, concurrency=1):
        assert len([line for line in watch.lines if "200" in line]) > result.index
    assert watch.lines == ["echo 1 begins", "echo 1 responded 200"] * 3
    assert watch.threads == {threading.get_ident()}


def test_many_calls_in_asyncio_are_watched_on_the_loop(runtype_mock: MockSurface) -> None:
    watch = Watch()

    async def main() -> None:
        async for result in runtype_mock.async_client(**watch.options).call_many("echo", [{}] * 3, concurrency=1):
            assert len([line for line in watch.lines if "200" in line]) > result.index

    asyncio.run(main())
    assert watch.lines == ["echo 1 begins", "echo 1 responded 200"] * 3
    assert watch.threads == {threading.get_ident()}


def test_the_last_attempt_is_told_before_the_error_is_raised(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("reset")
    watch = Watch()
    with pytest.raises(APIConnectionError):
        runtype_mock.client(**watch.options).call("echo")
    assert watch.lines == ["echo 1 begins", "echo 1 broken None"]


def test_one_hook_alone_will_do(runtype_mock: MockSurface) -> None:
    for name in ("before_attempt", "after_attempt"):
        watch = Watch()
        runtype_mock.client(**{name: watch.options[name]}).call("echo")
        assert len(watch.lines) == 1


def test_what_a_hook_raises_changes_nothing_and_is_one_line_of_the_log(
    runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise LookupError("no such counter:\npapi_of_somebody_else")

    async def main() -> None:
        client = runtype_mock.async_client(before_attempt=broken, after_attempt=broken)
        assert await client.call("echo", {"n": 1}) == {"n": 1}

    client = runtype_mock.client(before_attempt=broken, after_attempt=broken)
    assert client.call("echo", {"n": 1}) == {"n": 1}
    asyncio.run(main())
    line = broken.__code__.co_firstlineno + 1
    told = f"failed, and the call goes on: LookupError: no such counter: papi_… ({__file__}:{line})"
    assert [record.getMessage() for record in caplog.records] == [
        f"before_attempt {told}",
        f"after_attempt {told}",
    ] * 2
    assert {(record.name, record.levelname, record.exc_info) for record in caplog.records} == {
        ("runtype_surface", "ERROR", None)
    }


def test_a_hook_that_fails_is_one_line_of_standard_error_where_nothing_is_logged(runtype_mock: MockSurface) -> None:
    program = """
import runtype_surface

class Broken(Exception):
    def __str__(self):
        raise ValueError

def hook(start):
    raise Broken

runtype_surface.Client(before_attempt=hook).call("echo")
"""
    env = os.environ | runtype_mock.env
    ran = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert ran.stderr == "before_attempt failed, and the call goes on: Broken (<string>:9)\n"


def test_an_interrupt_in_a_hook_ends_the_call(runtype_mock: MockSurface) -> None:
    def interrupted(_: AttemptStart) -> None:
        raise KeyboardInterrupt

    runtype_mock.inject("stall")
    with pytest.raises(KeyboardInterrupt):
        runtype_mock.client(before_attempt=interrupted).call("echo")


def test_a_hook_may_call(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    outputs: list[Any] = []
    watched = runtype_mock.client(after_attempt=lambda _, end: outputs.append(client.call("echo", {"n": end.number})))
    watched.call("echo")
    assert outputs == [{"n": 1}]


def test_a_hook_that_cannot_be_called_is_refused(runtype_mock: MockSurface) -> None:
    async def later(_: AttemptStart) -> None: ...

    for hook, text in (
        (5, "before_attempt: it must be a function, not int"),
        ("print", "before_attempt: it must be a function, not str"),
        (later, "before_attempt: it must be a plain function, .*, not an async function"),
    ):
        with pytest.raises(ConfigurationError, match=text):
            runtype_mock.client(before_attempt=hook)  # type: ignore[arg-type]
    # Type checkers refuse it too: mypy reports the comment if it does not.
    with pytest.raises(ConfigurationError):
        runtype_mock.client(before_attempt=later)  # type: ignore[arg-type]
