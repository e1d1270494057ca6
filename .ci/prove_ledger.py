"""Proves the ledger of many calls: processes killed at random moments, and no input executed twice or lost.

Called by `make prove-ledger`. In each language INPUTS calls with seeded faults run in a process that is killed with
SIGKILL at KILLS seeded moments and started again, until every input has a result or is listed as unknown. The mock's
journal says what reached its capability.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INPUTS, KILLS, SEED = (int(os.environ[name]) for name in ("INPUTS", "KILLS", "SEED"))
MEASURED = int(os.environ.get("MEASURED", "6400"))
AT_ONCE = 64
LEAST_SHARE = 0.9
MOST_RUNS = KILLS + 10
COMMANDS = {
    "Rust": [os.environ["PROVE_RUST"]],
    "Python": [os.environ["PYTHON"], str(ROOT / "sdk-python/benches/prove_ledger.py")],
    "Node": [os.environ["NODE"], str(ROOT / "sdk-node/benches/prove-ledger.mjs")],
}
CONFIG = """
journal_capacity = 50000

[[surfaces]]
keys = [{}]
capabilities = [{ slug = "echo" }, { slug = "slow", latency_ms = 20 }]

[[surfaces.faults]]
kind = "reset"
capability = "echo"
probability = 0.001

[[surfaces.faults]]
kind = "reset"
capability = "echo"
probability = 0.001
after_bytes = 10
reached = true

[[surfaces.faults]]
kind = "truncate"
capability = "echo"
probability = 0.001
after_bytes = 3

[[surfaces.faults]]
kind = "stall"
capability = "echo"
probability = 0.0002

[[surfaces.faults]]
kind = "status"
capability = "echo"
status = 503
headers = { retry-after-ms = "20" }
json = { error = "Busy" }
probability = 0.001

[[surfaces.faults]]
kind = "status"
capability = "echo"
status = 500
json = { error = "Boom" }
probability = 0.001

[[surfaces.faults]]
kind = "status"
capability = "echo"
status = 429
headers = { retry-after-ms = "20" }
json = { error = "Slow down" }
probability = 0.00005
"""


LIST = """
import json, sys
from runtype_surface import list_unknown
print(json.dumps([[row.id, row.failure] for row in list_unknown(sys.argv[1])]))
"""


class Mock:
    """A mock, and how often each input reached its capability."""

    def __init__(self, folder: Path) -> None:
        config = folder / "mock.toml"
        config.write_text(CONFIG)
        command = [
            os.environ["RUNTYPE_MOCK_BIN"],
            "serve",
            "--config",
            str(config),
            "--seed",
            str(SEED),
            "--log",
            "none",
            "--format",
            "json",
        ]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdout=pipe, stdin=pipe)  # noqa: S603, a fixed command
        self.env: dict[str, str] = json.loads(self.process.stdout.readline() if self.process.stdout else b"{}")
        self.last = 0
        self.reached: Counter[int] = Counter()

    def look(self) -> int:
        """Reads what came since; returns how many requests came in all."""
        while True:
            url = f"{self.env['RUNTYPE_MOCK_CONTROL_URL']}/journal?capability=echo&after={self.last}&limit=5000"
            with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310, the mock's
                requests = json.load(response)["requests"]
            self.reached.update(request["body"]["id"] for request in requests if request["reached"])
            if requests:
                self.last = requests[-1]["n"]
            if len(requests) < 5000:
                return self.last


def unknown(ledger: Path) -> dict[int, str | None]:
    """The rows that the ledger lists, by a program of its own: the list needs the ledger's lock."""
    command = [os.environ["PYTHON"], "-c", LIST, str(ledger)]
    listed = subprocess.run(command, check=True, capture_output=True)  # noqa: S603, a fixed command
    return dict(json.loads(listed.stdout))


class Proof:
    """The proof of one language."""

    def __init__(self, language: str, folder: Path) -> None:
        self.language, self.folder = language, folder
        self.random = random.Random(f"{SEED} {language}")  # noqa: S311, reproducible moments
        self.mock = Mock(folder)
        self.ledger = folder / "run.jsonl"
        self.misses: list[str] = []

    def start(self, mode: str, inputs: int) -> subprocess.Popen[bytes]:
        """Starts a run."""
        env = (
            os.environ
            | self.mock.env
            | {"PROVE_LEDGER": str(self.ledger), "PROVE_INPUTS": str(inputs), "PROVE_MODE": mode}
        )
        command = COMMANDS[self.language]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE)  # noqa: S603, a fixed command

    def wants(self, holds: bool, miss: str) -> None:
        """Notes a miss."""
        if not holds:
            self.misses.append(miss)

    def killed(self) -> None:
        """Runs and kills it at a seeded moment, counted in requests and then in time."""
        share = self.random.uniform(0.1, 1.5) * INPUTS / (KILLS + 1)
        later = self.random.uniform(0, 0.03)
        before = self.mock.look()
        process = self.start("run", INPUTS)
        while process.poll() is None and self.mock.look() - before < share:
            time.sleep(0.005)
        time.sleep(later)
        self.wants(process.poll() is None, "a run ended before it was killed")
        process.kill()
        process.wait()

    def run(self) -> None:
        """Kills runs, and lets the rest end."""
        began = time.monotonic()
        most, left = 0, 0
        for _ in range(KILLS):
            self.killed()
            unended = sum(failure is None for failure in unknown(self.ledger).values())
            most, left = max(most, unended - left), unended
        runs, told = 0, {"failed": 1}
        while told["failed"] and runs < MOST_RUNS:
            process = self.start("run", INPUTS)
            output, _ = process.communicate(timeout=1_800)
            self.wants(process.returncode == 0, f"a run ended with {process.returncode}")
            told = json.loads(output) if process.returncode == 0 else {"failed": 0}
            runs += 1
            self.mock.look()
        self.check(told, most)
        seconds = time.monotonic() - began
        say(f"{self.language}: {INPUTS} inputs, {KILLS} kills, {runs} more runs, {seconds:.0f} s")

    def check(self, told: dict[str, Any], most: int) -> None:
        """Compares what the last run told with the journal and the ledger."""
        listed = unknown(self.ledger)
        unended = sum(failure is None for failure in listed.values())
        twice = [row for row, count in self.mock.reached.items() if count > 1]
        lost = [row for row in range(INPUTS) if self.mock.reached[row] == 0 and row not in listed]
        rows = [
            ("executed twice", "0", len(twice), not twice),
            ("lost: neither executed nor listed", "0", len(lost), not lost),
            (
                "answered or listed",
                INPUTS,
                told.get("answered", 0) + len(listed),
                told.get("answered", 0) + len(listed) == INPUTS,
            ),
            ("held back", len(listed), told.get("held", 0), told.get("held") == len(listed)),
            ("another output than the input", "0", told.get("wrong"), told.get("wrong") == 0),
            ("without an end, most in one kill", f"at most {AT_ONCE}", most, most <= AT_ONCE),
            ("without an end, all", f"at most {AT_ONCE * KILLS}", unended, unended <= AT_ONCE * KILLS),
        ]
        for what, expected, measured, holds in rows:
            self.row(what, expected, measured, holds)

        say(f"{self.language}: failed in a way that does not tell: {len(listed) - unended}, all listed")

    def row(self, what: str, expected: object, measured: object, holds: bool) -> None:
        """Says what was expected and measured."""
        say(f"{self.language}: {what}: expected {expected}, measured {measured}")
        self.wants(holds, what)

    def measure(self) -> None:
        """Compares the rate with a ledger with that without."""
        output, _ = self.start("measure", MEASURED).communicate(timeout=1_800)
        told = json.loads(output)
        share = told["ledger"] / told["without"]
        what = (
            f"rate with a ledger, {told['ledger']}/s, by that without, {told['without']}/s ({AT_ONCE} at once, 20 ms)"
        )
        self.row(what, f"at least {LEAST_SHARE}", f"{share:.2f}", share >= LEAST_SHARE)


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Proves each language, and fails on a miss."""
    say(f"seed {SEED}")
    missed = False
    for language in os.environ.get("LANGUAGES", "Rust Python Node").split():
        with tempfile.TemporaryDirectory() as folder:
            proof = Proof(language, Path(folder))
            try:
                proof.run()
                proof.measure()
            finally:
                proof.mock.process.terminate()
            for miss in proof.misses:
                missed = True
                say(f"{language}: MISSED: {miss}")
    sys.exit(missed)


main()
