"""Measures the package against httpx and aiohttp in one run, at the server whose URL is given. `make bench` runs it."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

import aiohttp
import httpx

import runtype_surface

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 9
CALLS = 1_000
BASE = sys.argv[1]
PATH = "/v1/products/p/surfaces/s/api/agent"
HEADERS = {"Authorization": "Bearer papi_benchmark_0001", "Accept": "text/event-stream"}
INPUT = {"input": "text"}

client = runtype_surface.Client(api_key="papi_benchmark_0001", product_id="p", surface_id="s", base_url=BASE)
peer = httpx.Client(base_url=BASE, headers=HEADERS, trust_env=False)


def stream_ours() -> int:
    """Reads 10,000 events to native objects."""
    with client.stream("agent", INPUT) as events:
        return sum(1 for event in events if event.data is not None)


def stream_httpx() -> int:
    """The same with httpx, by the lines of this one stream."""
    with peer.stream("POST", PATH, params={"stream": "true"}, json=INPUT) as response:
        return sum(
            1 for line in response.iter_lines() if line.startswith("data: ") and json.loads(line[6:]) is not None
        )


def calls_ours() -> int:
    """Calls one after another."""
    return sum(client.call("agent", INPUT)["words"] > 0 for _ in range(CALLS))


def calls_httpx() -> int:
    """The same with httpx."""
    return sum(peer.post(PATH, json=INPUT).json()["words"] > 0 for _ in range(CALLS))


async def calls_at_once_ours() -> int:
    """Calls, 64 at once."""
    async with runtype_surface.AsyncClient(
        api_key="papi_benchmark_0001", product_id="p", surface_id="s", base_url=BASE
    ) as concurrent:
        limit = asyncio.Semaphore(64)

        async def one() -> bool:
            async with limit:
                return bool((await concurrent.call("agent", INPUT))["words"] > 0)

        return sum(await asyncio.gather(*(one() for _ in range(CALLS))))


async def calls_at_once_aiohttp() -> int:
    """The same with aiohttp."""
    async with aiohttp.ClientSession(BASE, headers=HEADERS) as session:
        limit = asyncio.Semaphore(64)

        async def one() -> bool:
            async with limit, session.post(PATH, json=INPUT) as response:
                return bool((await response.json())["words"] > 0)

        return sum(await asyncio.gather(*(one() for _ in range(CALLS))))


def compare(what: str, name: str, ours: Callable[[], int], theirs: Callable[[], int], expected: int) -> None:
    """Prints the medians of rounds that alternate, since the machine may be shared."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for run, kept in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            count = run()
            kept.append((time.perf_counter() - began) * 1e3)
            if count != expected:
                sys.exit(f"{run.__name__} gave {count}, not {expected}")
    mine, other = (statistics.median(kept) for kept in times)
    print(f"Python: {what}: {mine:.1f} ms; {name}: {other:.1f} ms; {other / mine:.1f} times as fast")


compare("10,000 events", "httpx", stream_ours, stream_httpx, 10_000)
compare("1,000 calls, one after another", "httpx", calls_ours, calls_httpx, CALLS)
compare(
    "1,000 calls, 64 at once",
    "aiohttp",
    lambda: asyncio.run(calls_at_once_ours()),
    lambda: asyncio.run(calls_at_once_aiohttp()),
    CALLS,
)
