"""The process of a mock: one that was started here, or one that runs already."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
import weakref
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ._binary import find_binary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class MockError(RuntimeError):
    """The mock did not start, or refused a request; the text says why."""


CONTROL_URL = "RUNTYPE_MOCK_CONTROL_URL"
_CONTROL_TOKEN = "RUNTYPE_MOCK_CONTROL_TOKEN"  # noqa: S105, a name


class MockProcess:
    """A mock that listens. `env` has the variables that it printed."""

    def __init__(self, env: Mapping[str, str], process: subprocess.Popen[bytes] | None = None) -> None:
        self.env = dict(env)
        self.is_own = process is not None
        self._control = urlsplit(self.env[CONTROL_URL])
        self.stop = weakref.finalize(self, _stop, process) if process else lambda: None

    @classmethod
    def start(cls, binary: Path | str | None, options: Sequence[str]) -> MockProcess:
        """Starts a mock that ends with this process, however that ends."""
        process, env = _listening(binary, ["--exit-with-stdin", *options], subprocess.PIPE)
        return cls(env, process)

    @classmethod
    def running(cls) -> MockProcess | None:
        """The mock that `runtype-mock run` or `serve` configured this process for, if there is one."""
        return cls(os.environ) if os.environ.get(CONTROL_URL) else None

    @classmethod
    def shared(cls, folder: Path, owner: int) -> MockProcess:
        """The one mock of several processes, which the first of them starts. It ends with the process `owner`."""
        file = folder / "runtype-mock.json"
        try:
            os.close(os.open(file.with_suffix(".lock"), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            deadline = time.monotonic() + 30
            while not file.exists():
                if time.monotonic() > deadline:
                    raise MockError(f"the mock that all workers share did not start: there is no {file}") from None
                time.sleep(0.005)
            return cls(json.loads(file.read_text(encoding="utf-8")))
        # Kept, since the process outlives this object.
        process, env = _listening(None, ["--exit-with-process", str(owner)], subprocess.DEVNULL)
        _shared.append(process)
        partial = file.with_suffix(".new")
        partial.write_text(json.dumps(env), encoding="utf-8")
        partial.replace(file)
        return cls(env)

    def ask(self, method: str, target: str, body: object = None) -> tuple[int, bytes]:
        """Sends a control request; `target` is below `/__mock/`."""
        headers = {"Content-Type": "application/json"}
        if _CONTROL_TOKEN in self.env:
            headers["Authorization"] = f"Bearer {self.env[_CONTROL_TOKEN]}"
        secure = self._control.scheme == "https"
        connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        with closing(connect(self._control.hostname or "", self._control.port, timeout=30)) as connection:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"{self._control.path}/{target}", text, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()


_shared: list[subprocess.Popen[bytes]] = []


def _listening(
    binary: Path | str | None, options: Sequence[str], stdin: int
) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    # Nobody reads a log line per request here.
    command = [str(binary or find_binary()), "serve", "--format", "json", "--log", "none", *options]
    process = subprocess.Popen(  # noqa: S603, the mock's binary
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if process.stdout is None or process.stderr is None:
        raise MockError("the mock's output cannot be read")
    line = process.stdout.readline()
    if not line:
        said = process.stderr.read().decode(errors="replace").strip()
        _stop(process)
        raise MockError(f"the mock did not start: {said}")
    return process, json.loads(line)


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
