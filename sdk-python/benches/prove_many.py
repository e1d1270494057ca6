"""Proves the figures of `call_many` at the mock that the environment names. Called by `make prove-many`."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import runtype_surface

ROWS = 80
AT_ONCE = 8
LOOK_SECONDS = 0.02
"""How long the reader looks at a result."""
MOST_TIMES = 1.1
REVOKED_ROWS = 20_000
INPUTS = [{"n": number} for number in range(ROWS)]


def seconds_of_pool(client: runtype_surface.Client) -> float:
    """What a thread pool takes for the rows."""
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for output, given in zip(pool.map(lambda given: client.call("slow", given), INPUTS), INPUTS, strict=True):
            time.sleep(LOOK_SECONDS)
            if output != given:
                raise SystemExit("a call gave another output")
    return time.monotonic() - began


def seconds_of_many(client: runtype_surface.Client) -> float:
    """What `call_many` takes for them."""
    began = time.monotonic()
    for result in client.call_many("slow", INPUTS, concurrency=AT_ONCE):
        time.sleep(LOOK_SECONDS)
        if result.output != result.input:
            raise SystemExit("a call gave another output")
    return time.monotonic() - began


def requests_of_a_refused_key() -> int:
    """How many requests go out with a key that the surface refuses."""
    sent = []
    client = runtype_surface.Client(api_key="papi_revoked_long_ago", before_attempt=sent.append)
    results = client.call_many("slow", ({"n": number} for number in range(REVOKED_ROWS)), concurrency=AT_ONCE)
    if sum(isinstance(result.error, runtype_surface.AuthenticationError) for result in results) != REVOKED_ROWS:
        raise SystemExit("a row has no AuthenticationError")
    return len(sent)


def main() -> None:
    """Measures each figure, and fails where one is missed."""
    client = runtype_surface.Client()
    client.call("slow", {})
    pool = min(seconds_of_pool(client) for _ in range(2))
    many = min(seconds_of_many(client) for _ in range(2))
    rows = f"{ROWS} rows of 200 ms, {AT_ONCE} at once, {LOOK_SECONDS * 1e3:.0f} ms a result"
    print(
        f"Python: {rows}: thread pool {pool:.2f} s; expected at most {pool * MOST_TIMES:.2f} s, measured {many:.2f} s"
    )
    requests = requests_of_a_refused_key()
    print(
        f"Python: {REVOKED_ROWS:,} rows with a refused key: "
        f"expected at most {AT_ONCE + 1} requests, measured {requests}"
    )
    sys.exit(many > pool * MOST_TIMES or requests > AT_ONCE + 1)


if __name__ == "__main__":
    main()
