"""One run: a caller, nginx with reloads under load, the mock; and the verdict over every number."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_process import Mock
from nginx import NOT_ASKED, Nginx, Served

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

CALLERS = Path(__file__).resolve().parent / "callers"
AT_ONCE = 64
COMMANDS = {
    "Python AsyncClient": [sys.executable, str(CALLERS / "python_async.py")],
    "Python Client in threads": [sys.executable, str(CALLERS / "python_threads.py")],
    "Node Client": [os.environ.get("NODE", "node"), str(CALLERS / "node.mjs")],
}


@dataclass
class Verdict:
    """What became of the calls. Whoever calls expects nothing in `lost`, `twice` and `wrong`."""

    calls: int
    seconds: float = 0.0
    connections: int = 0
    """How many connections nginx saw."""
    reloads: int = 0
    """How many reloads nginx made while calls were in flight."""
    succeeded: int = 0
    lost: list[str] = field(default_factory=list)
    """Failed calls that the server did not take up: nobody ran them, and a retry would have been allowed."""
    twice: list[str] = field(default_factory=list)
    """Calls that ran more than once."""
    wrong: list[str] = field(default_factory=list)
    """Whatever does not agree: a call without an end, another output, an error that denies what ran, the two logs."""
    broken: list[str] = field(default_factory=list)
    """Calls that nginx took up and that failed all the same, with `may_have_executed` true, each explained."""

    def problems(self) -> list[str]:
        """What no run may show."""
        return [*self.lost, *self.twice, *self.wrong]

    def __str__(self) -> str:
        speed = f"{self.calls / self.seconds:,.0f} a second, {self.connections:,} connections, {self.reloads} reloads"
        lines = [f"{self.calls:,} calls in {self.seconds:.0f} s ({speed}), {self.succeeded:,} succeeded"]
        for name in ("lost", "twice", "wrong"):
            lines += [f"{name}: expected 0, measured {len(getattr(self, name)):,}", *_kinds(getattr(self, name))]
        lines += [f"broken, may have executed: measured {len(self.broken):,}", *_kinds(self.broken)]
        return "\n".join(lines)


def _kinds(problems: list[str]) -> list[str]:
    """Each kind of problem once, with the first of its kind: there can be as many problems as there are calls."""
    kinds: dict[str, list[str]] = {}
    for problem in problems:
        kinds.setdefault(re.sub(r"\d+", "#", problem), []).append(problem)
    return [f"  {len(same):,} times: {same[0]}" for same in kinds.values()]


def run(caller: str, calls: int, folder: Path, *, reloads: int, keepalive_requests: int | None = None) -> Verdict:
    """Calls through nginx, each number from 0 once, with reloads spread evenly over the calls."""
    with Mock(folder) as mock, Nginx(folder, mock.url, keepalive_requests) as nginx:
        # Nothing of this environment, such as a proxy or authorities to trust, concerns the caller.
        env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        env |= mock.env | {"RUNTYPE_BASE_URL": nginx.base_url, "AUTHORITY": str(nginx.authority)}
        # A call takes milliseconds; one that hangs is told as lost before the whole run is given up.
        env["RUNTYPE_TIMEOUT_SECONDS"] = "30"
        verdict = Verdict(calls)
        outcomes: dict[int, dict[str, Any]] = {}
        due = [calls * (nth + 1) // (reloads + 1) for nth in range(reloads)]
        began = time.monotonic()
        for outcome in _outcomes([*COMMANDS[caller], str(calls), str(AT_ONCE)], env):
            outcomes[outcome["number"]] = outcome
            if due and len(outcomes) >= due[0]:
                due.pop(0)
                nginx.reload()
        verdict.seconds = time.monotonic() - began
        verdict.reloads = nginx.reloads()
        mock.settle()
    # Read once nginx has ended, so that every line is there.
    served = nginx.served()
    verdict.connections = len(served.per_connection)
    judge(verdict, outcomes, mock.executed, served)
    if verdict.reloads != reloads:
        verdict.wrong.append(f"nginx was to reload {reloads} times and did {verdict.reloads} times")
    limit = keepalive_requests or 1000
    if max(served.per_connection.values(), default=0) > limit:
        verdict.wrong.append(f"a connection served more than {limit} calls, so nginx closed none as it should")
    return verdict


def _outcomes(command: list[str], env: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What the caller tells of each call, as it tells it."""
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        yield from map(json.loads, process.stdout)
        said = process.stderr.read()
    if process.returncode != 0 or said:
        raise RuntimeError(f"the caller ended with {process.returncode} and said: {said}")


def judge(verdict: Verdict, outcomes: dict[int, dict[str, Any]], executed: Counter[int], served: Served) -> None:
    """Sorts every number, by what its caller, nginx and the mock say of it."""
    for number in range(verdict.calls):
        outcome, runs, statuses = outcomes.get(number), executed[number], served.statuses.get(number, [])
        told = f"call {number}: executed {runs} times, nginx's log: {', '.join(statuses) or 'nothing'}"
        if runs > 1:
            verdict.twice.append(told)
        if outcome is None:
            verdict.wrong.append(f"{told}: its caller told no end")
        elif "error" not in outcome:
            verdict.succeeded += 1
            if outcome["output"] != {"number": number} or runs == 0:
                verdict.wrong.append(f"{told}: its caller got {outcome['output']}")
        elif outcome["may_have_executed"] is not True and runs > 0:
            verdict.wrong.append(f"{told}: its caller was told that it had not run: {outcome['error']}")
        elif outcome["may_have_executed"] is not True or not statuses:
            verdict.lost.append(f"{told}: {outcome['error']}")
        else:
            verdict.broken.append(f"{told}: {outcome['error']}")
            # Where the client has left, nginx may not have waited for the mock's status.
            continue
        if runs != sum(NOT_ASKED not in status for status in statuses):
            verdict.wrong.append(f"{told}: the journal and the log do not agree")
    strangers = (executed.keys() | served.statuses.keys()) - set(range(verdict.calls))
    verdict.wrong += [f"number {number} was never called" for number in sorted(strangers)]
    if set(served.protocols) != {"h2"}:
        verdict.wrong.append(f"not all came over HTTP/2: {dict(served.protocols)}")
