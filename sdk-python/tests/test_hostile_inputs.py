"""`mock-server/conformance/hostile/inputs.json`: each ends as a value or an error, and the process lives on."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import SurfaceError

if TYPE_CHECKING:
    from runtype_mock import MockSurface

FILE = Path(__file__).parents[2] / "mock-server" / "conformance" / "hostile" / "inputs.json"
INPUTS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
TIMEOUT = 20
assert len(INPUTS) >= 50


def whole(part: Any) -> Any:
    """The value that a part of the file stands for."""
    if isinstance(part, list):
        return "".join(map(whole, part))
    if isinstance(part, dict) and "repeat" in part:
        return part["repeat"] * part["times"]
    return part


def options_of(given: dict[str, Any]) -> dict[str, Any]:
    options = {name: whole(value) for name, value in given.items()}
    headers = options.get("headers")
    if headers is not None:
        many = headers.get("many")
        names = {f"x-{at}": "a" for at in range(many)} if isinstance(many, int) else headers
        options["headers"] = {name: whole(value) for name, value in names.items()}
    return options


def input_of(given: dict[str, Any]) -> Any:
    if "nest" in given:
        outer: dict[str, Any] = {}
        for _ in range(given["nest"]):
            outer = {"a": outer}
        return outer
    return {"text": whole(given["text"])} if "text" in given else dict(given["fields"])


class RawServer:
    """Sends the same bytes to every connection, once a request has begun, and closes it."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with closing(connection), suppress(OSError):
                    connection.settimeout(TIMEOUT)
                    connection.recv(64 * 1024)
                    connection.sendall(self._raw)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(64 * 1024):
                        pass

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT)


def give(entry: dict[str, Any], mock: MockSurface) -> Any:
    kind = entry["kind"]
    if kind in ("response", "stream"):
        server = RawServer("".join(map(whole, entry["raw"])).encode("latin-1"))
        try:
            with mock.client(base_url=server.url, max_retries=0, timeout=TIMEOUT, max_event_bytes=2_000_000) as client:
                if kind == "response":
                    return client.call("echo", {})
                with client.stream("echo", {}) as events:
                    for event in events:
                        repr(event)
                return events.final_output()
        finally:
            server.close()
    if kind == "client":
        options: dict[str, Any] = {"timeout": TIMEOUT, **options_of(entry["options"])}
        with mock.client(**options) as client:
            return client.call("echo", {})
    with mock.client() as client:
        if kind == "call":
            return client.call("echo", {}, **options_of(entry["options"]))
        return client.call("echo", input_of(entry["input"]), timeout=TIMEOUT)


@pytest.mark.parametrize("entry", INPUTS, ids=[entry["name"] for entry in INPUTS])
def test_a_hostile_input_ends_as_a_value_or_an_error(
    entry: dict[str, Any], runtype_mock: MockSurface, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = ""
    try:
        give(entry, runtype_mock)
    except (SurfaceError, TypeError) as error:
        shown = str(error)
    assert "panic" not in shown
    assert "internal error" not in shown
    assert len(shown) < 2_000
    assert "panicked" not in capfd.readouterr().err
    with runtype_mock.client() as client:
        assert client.call("echo", {"a": 1}) == {"a": 1}
