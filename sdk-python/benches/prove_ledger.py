"""One run of `.ci/prove-ledger`, which kills it and starts it again: calls with a ledger, or a measurement."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import runtype_surface

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 64
LEDGER = os.environ["PROVE_LEDGER"]
INPUTS = int(os.environ["PROVE_INPUTS"])


def inputs() -> Iterator[dict[str, int]]:
    """The same in each run."""
    for number in range(INPUTS):
        yield {"id": number}


def run(client: runtype_surface.Client) -> dict[str, Any]:
    """Calls for each input, and says how they ended."""
    told: dict[str, Any] = {"answered": 0, "replayed": 0, "failed": 0, "held": 0, "wrong": 0}
    many = client.call_many("echo", inputs(), concurrency=AT_ONCE, attempt_timeout=1, ledger=LEDGER, id="id")
    for result in many:
        if result.error is None:
            told["answered"] += 1
            told["replayed"] += result.replayed
            told["wrong"] += result.output != result.input
        elif isinstance(result.error, runtype_surface.LedgerError):
            told["held"] += 1
        else:
            told["failed"] += 1
    return told


def seconds(client: runtype_surface.Client, options: dict[str, Any]) -> float:
    """How long the calls take."""
    began = time.monotonic()
    for result in client.call_many("slow", inputs(), concurrency=AT_ONCE, **options):
        if result.error is not None:
            raise result.error
    return time.monotonic() - began


def measure(client: runtype_surface.Client) -> dict[str, Any]:
    """The rates without and with a ledger, the best of three each, by turns."""
    paths = (f"{LEDGER}.{number}" for number in range(3))
    turns = [(seconds(client, {}), seconds(client, {"ledger": path, "id": "id"})) for path in paths]
    without, ledger = (min(side) for side in zip(*turns, strict=True))
    return {"without": round(INPUTS / without), "ledger": round(INPUTS / ledger)}


def main() -> None:
    """Calls or measures, and prints what came of it."""
    client = runtype_surface.Client()
    told = measure(client) if os.environ["PROVE_MODE"] == "measure" else run(client)
    print(json.dumps(told))


main()
