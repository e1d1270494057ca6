"""Calls with an `AsyncClient`: each number once, a given count at once. Prints one line of JSON for each call."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runtype_surface import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Iterator

AUTHORITY = Path(os.environ["AUTHORITY"]).read_text(encoding="utf-8")


async def call(client: AsyncClient, numbers: Iterator[int]) -> None:
    """Calls for numbers that nobody has taken."""
    for number in numbers:
        found: dict[str, object] = {"number": number}
        try:
            found["output"] = await client.call("echo", {"number": number})
        except Exception as error:  # noqa: BLE001, whatever it is, it is told
            found |= {"error": repr(error), "may_have_executed": getattr(error, "may_have_executed", None)}
        sys.stdout.write(json.dumps(found) + "\n")


async def main(calls: int, at_once: int) -> None:
    """Calls for all numbers."""
    numbers = iter(range(calls))
    async with AsyncClient(root_certificates=AUTHORITY) as client:
        await asyncio.gather(*(call(client, numbers) for _ in range(at_once)))


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
