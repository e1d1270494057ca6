"""The command, started as `python -m runtype_surface`: it writes what the Rust binary writes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import runtype_surface
from runtype_mock import MockSurface
from support.expectation import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = json.loads((Path(__file__).parents[2] / "sdk-core/tests/command/cases.json").read_text(encoding="utf-8"))
assert len(CASES) >= 20
OTHERS = re.compile(r"RUNTYPE_|SSL_CERT_|.*_PROXY$", re.IGNORECASE)
PROGRAM = "python -m runtype_surface"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockSurface]:
    with MockSurface() as mock:
        yield mock


def environment(variables: dict[str, str | None]) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not OTHERS.match(name)}
    return mine | {name: value for name, value in variables.items() if value is not None}


def variables_of(mock: MockSurface) -> dict[str, str | None]:
    return {
        "RUNTYPE_BASE_URL": mock.base_url,
        "RUNTYPE_PRODUCT_ID": mock.product_id,
        "RUNTYPE_SURFACE_ID": mock.surface_id,
        "RUNTYPE_PRODUCT_API_KEY": mock.api_key,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_command_writes_what_the_shared_cases_say(case: dict[str, Any], mock: MockSurface, tmp_path: Path) -> None:
    defaults = {"capabilities": [{"slug": "echo"}], "keys": [{}]}
    surface = mock.control("POST", "surfaces", defaults | case.get("surface", {}))
    base_url = surface["env"]["RUNTYPE_BASE_URL"]
    places = {
        "{program}": PROGRAM,
        "{version}": runtype_surface.__version__,
        "{address}": base_url.removeprefix("http://"),
        "{base_url}": base_url,
        "{product_id}": surface["product_id"],
        "{surface_id}": surface["surface_id"],
        "{dir}": str(tmp_path),
    }
    case = replace(case, places)
    ran = subprocess.run(
        [sys.executable, "-m", "runtype_surface", *case["arguments"]],
        input=case.get("stdin", "").encode(),
        capture_output=True,
        env=environment(surface["env"] | case.get("environment", {})),
        timeout=60,
    )
    written = [re.sub(r"(exec_|req_)[A-Za-z0-9]*", r"\1…", stream.decode()) for stream in (ran.stdout, ran.stderr)]
    expected = ["".join(f"{line}\n" for line in case.get(stream, [])) for stream in ("stdout", "stderr")]
    assert (ran.returncode, *written) == (case["status"], *expected)
    assert not any(key["key"] in text for key in surface["keys"] for text in written)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_ctrl_c_ends_a_call_at_once(runtype_mock: MockSurface) -> None:
    runtype_mock.inject("stall")
    variables = environment(variables_of(runtype_mock))
    ran = subprocess.Popen([sys.executable, "-m", "runtype_surface", "call", "echo"], env=variables)
    while not runtype_mock.journal():
        time.sleep(0.002)
    ran.send_signal(signal.SIGINT)
    # Shells show it as 130.
    assert ran.wait(20) == -signal.SIGINT


def test_a_reader_that_has_seen_enough_is_no_error(runtype_mock: MockSurface) -> None:
    ran = subprocess.Popen(
        [sys.executable, "-m", "runtype_surface", "call", "echo"],
        env=environment(variables_of(runtype_mock)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert ran.stdout is not None
    ran.stdout.close()
    assert ran.stderr is not None
    with ran.stderr:
        assert ran.stderr.read() == b""
    assert ran.wait(20) == 141
