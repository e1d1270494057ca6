"""Calls with one `Client` from many threads: each number once. Prints one line of JSON for each call."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from runtype_surface import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

AUTHORITY = Path(os.environ["AUTHORITY"]).read_text(encoding="utf-8")

# Text streams are not safe to share between threads.
LINE = threading.Lock()


def call(client: Client, numbers: Iterator[int]) -> None:
    """Calls for numbers that nobody has taken."""
    for number in numbers:
        found: dict[str, object] = {"number": number}
        try:
            found["output"] = client.call("echo", {"number": number})
        except Exception as error:  # noqa: BLE001, whatever it is, it is told
            found |= {"error": repr(error), "may_have_executed": getattr(error, "may_have_executed", None)}
        with LINE:
            sys.stdout.write(json.dumps(found) + "\n")


def main(calls: int, at_once: int) -> None:
    """Calls for all numbers."""
    # An iterator over a range gives each number to one thread alone.
    numbers = iter(range(calls))
    with Client(root_certificates=AUTHORITY) as client:
        threads = [threading.Thread(target=call, args=(client, numbers)) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


main(int(sys.argv[1]), int(sys.argv[2]))
