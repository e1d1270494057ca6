"""The mock behind nginx, and its journal, read while it grows: it keeps the newest requests alone."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from urllib.parse import SplitResult

    from typing_extensions import Self

JOURNAL_CAPACITY = 50_000
PAGE = 1_000
"""How many entries are read at once: the mock serves nobody else meanwhile."""
PAUSE = 0.25
"""Seconds between two looks at the journal."""
CONFIGURATION = f"""\
journal_capacity = {JOURNAL_CAPACITY}
[[surfaces]]
capabilities = [{{ slug = "echo" }}]
keys = [{{}}]
"""


def binary() -> str:
    """The mock's binary, which the Makefile builds and names."""
    named = os.environ.get("RUNTYPE_MOCK_BIN")
    if named is None:
        raise RuntimeError("RUNTYPE_MOCK_BIN does not name the mock's binary; `make test-network` builds and sets it")
    return named


class Mock:
    """A running mock, which counts how often it executed each number."""

    def __init__(self, folder: Path) -> None:
        self.executed: Counter[int] = Counter()
        """How often each number was executed."""
        self._problem: Exception | None = None
        self._last = 0
        self._configuration = folder / "mock.toml"
        self._configuration.write_text(CONFIGURATION, encoding="utf-8")
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read_on)
        # The journal is read directly, whatever proxy the environment names.
        self._open = build_opener(ProxyHandler({})).open

    def __enter__(self) -> Self:
        command = [binary(), "serve", "--format", "json", "--log", "none", "--exit-with-stdin"]
        self._process = subprocess.Popen(
            [*command, "--config", str(self._configuration)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the mock did not start")
        self.env: dict[str, str] = json.loads(line)
        """The variables for its first surface and key."""
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._reader.join()
        self._process.terminate()
        self._process.communicate(timeout=20)

    @property
    def url(self) -> SplitResult:
        """Where it listens."""
        return urlsplit(self.env["RUNTYPE_BASE_URL"])

    def settle(self) -> None:
        """Reads the journal to its end."""
        self._closing.set()
        self._reader.join()
        if self._problem is None:
            self._read()
        if self._problem is not None:
            raise self._problem

    def _read_on(self) -> None:
        try:
            while not self._closing.wait(PAUSE):
                self._read()
        except Exception as problem:  # noqa: BLE001, it is raised where somebody waits for the journal
            self._problem = problem

    def _read(self) -> None:
        while entries := self._page():
            if entries[0]["n"] != self._last + 1:
                raise RuntimeError(f"the journal forgot entries after {self._last} before they were read")
            self._last = entries[-1]["n"]
            self.executed.update(entry["body"]["number"] for entry in entries if entry["reached"])

    def _page(self) -> list[dict[str, Any]]:
        url = f"{self.env['RUNTYPE_MOCK_CONTROL_URL']}/journal?after={self._last}&limit={PAGE}"
        with self._open(url, timeout=20) as response:
            entries: list[dict[str, Any]] = json.load(response)["requests"]
            return entries
