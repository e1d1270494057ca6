"""No call is lost or runs twice behind a real nginx that closes its connections all the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from run import COMMANDS, run

if TYPE_CHECKING:
    from pathlib import Path

CALLS = 5_000
RELOADS = 4


@pytest.mark.parametrize("caller", COMMANDS)
def test_no_call_is_lost_or_runs_twice_where_each_connection_takes_7_calls(caller: str, tmp_path: Path) -> None:
    verdict = run(caller, CALLS, tmp_path, reloads=RELOADS, keepalive_requests=7)
    print(f"\n{caller}: {verdict}")  # noqa: T201
    assert not verdict.problems(), str(verdict)
    assert verdict.connections >= CALLS // 7
