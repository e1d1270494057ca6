"""Lines for the logger `runtype_surface`."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import SurfaceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_mock import MockSurface


def test_a_call_is_a_line_at_debug(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "runtype_surface")
    answer = runtype_mock.client().call_with_response("echo", {"secret": "a body is not for logs"})
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage().startswith("echo: 200 after ")
    assert f"attempts 1, request {answer.request_id}" in record.getMessage()


def test_no_line_acts_on_a_terminal(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "runtype_surface")
    forged = {"X-Request-Id": "req\u202egpj\u2028INFO\u0085\u2066"}
    shown = r"request req\u{202e}gpj\u{2028}INFO\u{85}\u{2066}"
    answer = {"kind": "fixed", "output": "x", "headers": forged}
    runtype_mock.put_capability("forged", answer=answer)
    runtype_mock.client().call("forged")
    runtype_mock.put_capability("failed", answer={**answer, "status": 500})
    with pytest.raises(SurfaceError):
        runtype_mock.client().call("failed")

    def raises(_: object) -> None:
        raise ValueError("no \u202ehook")

    runtype_mock.client(before_attempt=raises).call("forged")
    lines = [record.getMessage() for record in caplog.records]
    assert [line.endswith(shown) for line in lines] == [True, True, False, True]
    assert r"no \u{202e}hook" in lines[2]


def test_a_retry_is_a_line_at_info(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "runtype_surface")
    runtype_mock.inject("status", status=503, headers={"Retry-After": "0"}, times=2)
    runtype_mock.client().call("echo")
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "echo: attempt 1 ended with status 503",
        "echo: attempt 2 ended with status 503",
    ]


SLOW_DOWN: dict[str, Any] = {"status": 429, "json": {"error": "Slow down"}, "headers": {"retry-after-ms": "5100"}}


def test_a_long_wait_is_a_warning_while_it_lasts(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    runtype_mock.put_capability("single")
    runtype_mock.put_capability("loop")
    runtype_mock.put_capability("many")
    for capability in ("single", "loop", "many"):
        runtype_mock.inject("status", times=1, capability=capability, **SLOW_DOWN)

    async def call() -> None:
        await runtype_mock.async_client().call("loop")

    calls: dict[str, Callable[[], object]] = {
        "single": lambda: runtype_mock.client().call("single"),
        "loop": lambda: asyncio.run(call()),
        "many": lambda: list(runtype_mock.client().call_many("many", [{}])),
    }
    with ThreadPoolExecutor() as threads:
        pending = [threads.submit(call) for call in calls.values()]
        deadline = time.monotonic() + 4
        while len(caplog.records) < len(calls) and time.monotonic() < deadline:
            time.sleep(0.01)
        # The calls are still waiting.
        assert not any(call.done() for call in pending)
        assert sorted(record.getMessage() for record in caplog.records) == [
            "loop: waiting 5.1 s before retry 1, as the server asks",
            "many: the rate limit is used up; waiting 5.1 s for its next window",
            "single: waiting 5.1 s before retry 1, as the server asks",
        ]
        assert {record.levelno for record in caplog.records} == {logging.WARNING}
        for one in pending:
            one.result()


def test_a_quota_that_is_nearly_used_up_is_a_warning_once(
    runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture
) -> None:
    runtype_mock.inject("status", status=200, json={}, headers={"X-Quota-Warning": "80 % used"})
    client = runtype_mock.client()
    for _ in range(3):
        client.call("echo")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "80 % used" in record.getMessage()


def test_no_line_shows_the_key_or_a_body(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    key = runtype_mock.mint_key()
    client = runtype_mock.client(api_key=key)
    client.call("echo", {"secret": "a body"})
    runtype_mock.revoke_key(key)
    with pytest.raises(SurfaceError):
        client.call("echo", {"secret": "a body"})
    assert len(caplog.records) == 2
    assert "AuthenticationError" in caplog.text
    assert key not in caplog.text
    assert "a body" not in caplog.text


def test_a_call_does_not_load_logging(runtype_mock: MockSurface) -> None:
    program = "import sys, runtype_surface; runtype_surface.Client().call('echo'); sys.exit('logging' in sys.modules)"
    subprocess.run(
        [sys.executable, "-S", "-c", program], env=runtype_mock.env | {"PYTHONPATH": search_path()}, check=True
    )


def search_path() -> str:
    return ":".join(path for path in sys.path if path)
