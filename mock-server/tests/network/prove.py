"""Proves that no call is lost or runs twice behind nginx as it comes. Called by `make prove-nginx`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from run import AT_ONCE, run

CALLERS = ("Python AsyncClient", "Node Client")
RELOADS = 10


def main() -> None:
    """Runs each caller, and fails where one has a problem."""
    # Ended from outside, it ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    calls = int(os.environ.get("CALLS", "200000"))
    setting = f"{calls:,} calls, {AT_ONCE} at once, TLS and HTTP/2, nginx's own keepalive_requests, {RELOADS} reloads"
    print(f"{setting}. There is no seed: the network decides.", flush=True)  # noqa: T201
    failed = []
    for caller in CALLERS:
        with TemporaryDirectory() as folder:
            verdict = run(caller, calls, Path(folder), reloads=RELOADS)
        print(f"\n{caller}: {verdict}", flush=True)  # noqa: T201
        if verdict.problems():
            failed.append(caller)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
