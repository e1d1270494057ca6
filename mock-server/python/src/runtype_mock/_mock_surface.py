"""A mock surface, and the control of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import time
import weakref
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from ._binary import find_binary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import ModuleType, TracebackType

    from runtype_surface import AsyncClient, AsyncClientOptions, Client, ClientOptions
    from typing_extensions import Self, Unpack

JSON: TypeAlias = "dict[str, Any]"
"""A JSON object."""


class MockError(RuntimeError):
    """The mock did not start, or refused what it was told; its text says why."""


class MockSurface:
    """A mock surface on a free port of this machine: a server of its own, stopped by `close` or with this object.

    It begins as the demo surface: the capabilities `echo`, `summarize-article`, `support-agent`, `fails` and `slow`,
    and the keys `papi_demo_full`, `papi_demo_scoped`, `papi_demo_revoked`, `papi_demo_expired` and `papi_demo_limited`.

    Args:
        config: A TOML file that says what is mocked, which replaces the demo surface.
        seed: Random seed: the same seed injects the same faults.
        binary: The mock's binary; by default `find_binary` looks for it.

    Raises:
        MockError: The mock did not start.
        FileNotFoundError: There is no binary.
    """

    def __init__(
        self, *, config: Path | str | None = None, seed: int | None = None, binary: Path | str | None = None
    ) -> None:
        # Nobody reads a log line a request here; and the end of its input ends the mock, however this process ends.
        command = [str(binary or find_binary()), "serve", "--format", "json", "--log", "none", "--exit-with-stdin"]
        if config is not None:
            command += ["--config", str(config)]
        if seed is not None:
            command += ["--seed", str(seed)]
        process = subprocess.Popen(  # noqa: S603, the mock's binary
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._stop = weakref.finalize(self, _stop, process)
        if process.stdout is None or process.stderr is None:
            raise MockError("the mock's output cannot be read")
        line = process.stdout.readline()
        if not line:
            said = process.stderr.read().decode(errors="replace").strip()
            self.close()
            raise MockError(f"the mock did not start: {said}")
        self.env: dict[str, str] = json.loads(line)
        """The variables that configure a client for this mock, such as for `monkeypatch.setenv` or a child process."""
        self._control = urlsplit(self.env["RUNTYPE_MOCK_CONTROL_URL"])

    # Clients

    def client(self, **options: Unpack[ClientOptions]) -> Client:
        """Returns a client of the mock with an unrestricted key. Options are those of `Client`.

        Raises:
            ImportError: The package runtype-surface is not installed.
        """
        return self._make("Client", options)  # type: ignore[no-any-return]

    def async_client(self, **options: Unpack[AsyncClientOptions]) -> AsyncClient:
        """Returns an asyncio client of the mock with an unrestricted key. Options are those of `AsyncClient`.

        Raises:
            ImportError: The package runtype-surface is not installed.
        """
        return self._make("AsyncClient", options)  # type: ignore[no-any-return]

    def _make(self, kind: str, options: Any) -> Any:
        surface = {"base_url": self.base_url, "product_id": self.product_id, "surface_id": self.surface_id}
        try:
            return getattr(_sdk(), kind)(**surface | {"api_key": self.api_key} | options)
        finally:
            # An error's frames show no key.
            options.clear()

    @property
    def base_url(self) -> str:
        """Where the mock listens."""
        return self.env["RUNTYPE_BASE_URL"]

    @property
    def product_id(self) -> str:
        """The mock product's id."""
        return self.env["RUNTYPE_PRODUCT_ID"]

    @property
    def surface_id(self) -> str:
        """The mock surface's id."""
        return self.env["RUNTYPE_SURFACE_ID"]

    @property
    def api_key(self) -> str:
        """An unrestricted key."""
        return self.env["RUNTYPE_PRODUCT_API_KEY"]

    # What it does

    def put_capability(self, slug: str, **fields: Any) -> JSON:
        """Adds or replaces a capability, such as `answer={"kind": "fixed", "output": {"words": 3}}`."""
        return self.control("PUT", f"capabilities/{quote(slug, safe='')}", fields)

    def remove_capability(self, slug: str) -> None:
        """Removes a capability."""
        self.control("DELETE", f"capabilities/{quote(slug, safe='')}")

    def pause(self) -> None:
        """Pauses the surface."""
        self.control("PATCH", f"surfaces/{self.surface_id}", {"status": "paused"})

    def resume(self) -> None:
        """Ends the pause."""
        self.control("PATCH", f"surfaces/{self.surface_id}", {"status": "active"})

    def mint_key(self, *, scopes: Iterable[str] | None = None, **fields: Any) -> str:
        """Creates a key, unrestricted or for the capabilities in `scopes`, and returns it in plain."""
        if scopes is not None:
            fields["scopes"] = list(scopes)
        return str(self.control("POST", "keys", fields)["key"])

    def revoke_key(self, key: str | None = None) -> None:
        """Revokes a key at once; without one, the key that the clients of this mock have."""
        self.control("POST", f"keys/{quote(key or self.api_key, safe='')}/revoke")

    def inject(self, kind: str, **fields: Any) -> int | str:
        """Injects a fault, such as `"status", status=503, times=2` or `"reset", capability="echo"`; returns its id."""
        made = self.control("POST", "faults", {"kind": kind, **fields})
        return next(iter(made["ids"]))  # type: ignore[no-any-return]

    def clear_faults(self) -> None:
        """Removes all faults."""
        self.control("DELETE", "faults")

    def advance_clock(self, seconds: float) -> None:
        """Moves the mock's clock on, such as past a key's expiry or its limit's window."""
        self.control("POST", "clock", {"advance_ms": round(seconds * 1e3)})

    def reset(self) -> None:
        """Goes back to how it began: capabilities, keys, faults, clock, journal."""
        self.control("POST", "reset")

    # What it saw

    def journal(self, capability: str | None = None) -> list[JSON]:
        """The requests that came, oldest first; keys stand in them as hints."""
        query = {} if capability is None else {"capability": capability}
        requests: list[JSON] = self.control("GET", "journal", query=query)["requests"]
        return requests

    def wait_for(self, condition: Callable[[list[JSON]], bool], *, seconds: float = 5.0) -> list[JSON]:
        """Waits until the journal is as wanted, and returns it.

        Raises:
            MockError: It is not, after so many seconds; the text has the journal.
        """
        deadline = time.monotonic() + seconds
        while True:
            journal = self.journal()
            if condition(journal):
                return journal
            if time.monotonic() > deadline:
                raise MockError(f"the journal is not as wanted after {seconds} s: {json.dumps(journal, indent=2)}")
            time.sleep(0.002)

    def control(self, method: str, path: str, body: object = None, *, query: dict[str, str] | None = None) -> JSON:
        """Speaks to the mock's control interface, for what has no method of its own here."""
        target = f"{self._control.path}/{path}?{urlencode({'surface': self.surface_id, **(query or {})})}"
        connection = http.client.HTTPConnection(self._control.hostname or "", self._control.port, timeout=30)
        with contextlib.closing(connection):
            text = None if body is None else json.dumps(body)
            connection.request(method, target, text, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
        if answer.status >= 300:
            raise MockError(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
        decoded: JSON = json.loads(content) if content else {}
        return decoded

    def close(self) -> None:
        """Stops the mock."""
        self._stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<MockSurface at {self.base_url}>"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _sdk() -> ModuleType:
    """The SDK, which only the methods that make its clients need."""
    try:
        import runtype_surface
    except ModuleNotFoundError as error:
        if error.name != "runtype_surface":
            raise
        raise ImportError(
            "this method returns a client of the package runtype-surface, which is not installed: "
            "`pip install runtype-surface`, or use another HTTP client with the variables in MockSurface.env",
            name="runtype_surface",
        ) from None
    return runtype_surface
