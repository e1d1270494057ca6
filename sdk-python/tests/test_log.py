"""Lines for the logger `runtype_surface`."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runtype_surface import SurfaceError

if TYPE_CHECKING:
    from runtype_mock import MockSurface


def test_a_call_is_a_line_at_debug(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "runtype_surface")
    answer = runtype_mock.client().call_with_response("echo", {"secret": "a body is not for logs"})
    (record,) = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage().startswith("echo: 200 after ")
    assert f"attempts 1, request {answer.request_id}" in record.getMessage()


def test_a_retry_is_a_line_at_info(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "runtype_surface")
    runtype_mock.inject("status", status=503, headers={"Retry-After": "0"}, times=2)
    runtype_mock.client().call("echo")
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "echo: attempt 1 ended with status 503",
        "echo: attempt 2 ended with status 503",
    ]


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
