"""Prints the twelve commonest failures as a user sees them, and checks that no text has more than four lines.

The surface comes from the environment: ``make errors`` runs this against ``examples/errors.toml``.
"""

import sys
from collections.abc import Callable

from runtype_surface import Client, SurfaceError

MOST_LINES = 4
INPUT = {"input": "A long text."}


def client(
    api_key: str | None = None, base_url: str | None = None, timeout: float = 30
) -> Client:
    """A client that does not retry."""
    return Client(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0)


def call_twice(with_limit: Client, capability: str) -> None:
    """The second call exceeds a limit of one call per minute."""
    for _ in range(2):
        with_limit.call(capability, INPUT)


def stream(any_client: Client, capability: str) -> None:
    """Reads a stream to its end."""
    with any_client.stream(capability, INPUT) as events:
        events.text()


FAILURES: dict[str, Callable[[], object]] = {
    "a missing key": lambda: Client.from_env(prefix="MISSING_RUNTYPE").call(
        "echo", INPUT
    ),
    "a platform key": lambda: client("rt_live_0123456789").call("echo", INPUT),
    "a revoked key": lambda: client("papi_errors_revoked0").call("echo", INPUT),
    "a key without the scope": lambda: client("papi_errors_scoped00").call(
        "echo", INPUT
    ),
    "an unknown capability": lambda: client().call("no-such-capability", INPUT),
    "an invalid input": lambda: client().call("summarize-article", {}),
    "a rate limit": lambda: call_twice(client("papi_errors_limited0"), "echo"),
    "a failed capability": lambda: client().call("fails", INPUT),
    "a refused connection": lambda: client(base_url="http://127.0.0.1:1").call(
        "echo", INPUT
    ),
    "a timeout": lambda: client(timeout=0.2).call("slow", INPUT),
    "a page instead of JSON": lambda: client().call("page", INPUT),
    "a failed stream": lambda: stream(client(), "support-agent"),
}


def main() -> int:
    wrong = 0
    for title, fail in FAILURES.items():
        try:
            text = f"no error: {fail()}"
            wrong += 1
        except SurfaceError as error:
            text = f"{type(error).__name__}: {error}"
        if len(text.splitlines()) > MOST_LINES:
            wrong += 1
        print(f"# {title}\n{text}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
