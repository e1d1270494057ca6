"""A real nginx in front of the mock: TLS, HTTP/2, and a log that names each call by the number in its input."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import trustme

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from urllib.parse import SplitResult

    from typing_extensions import Self

PATIENCE = 20.0
"""Seconds for nginx to start, to end, and to read its configuration again."""

NOT_ASKED = "upstream not asked"
"""In the place of a status: nginx took the call up and answered it alone."""

CONFIGURATION = """\
{user}
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
events {{ worker_connections 1024; }}
http {{
    log_format calls escape=json
        '{{"body":"$request_body","status":"$status","upstream":"$upstream_status","http2":"$http2",'
        '"connection":"$connection","nth":"$connection_requests"}}';
    access_log {folder}/calls.log calls;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {keepalive_requests}
    upstream mock {{
        server {upstream};
        keepalive 64;
    }}
    server {{
        {listen}
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        location / {{
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""


class Served(NamedTuple):
    """What nginx's log says of all calls."""

    statuses: dict[int, list[str]]
    """Each call's statuses, nginx's own and the mock's, one for each time that nginx took it up."""
    per_connection: Counter[str]
    """How many calls came on each connection."""
    protocols: Counter[str]
    """How many calls came over which protocol: `h2` is HTTP/2 with TLS, nothing is HTTP/1."""


def binary() -> str:
    """Where nginx is; Debian puts it where only root looks."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("nginx", path=path)
    if found is None:
        raise FileNotFoundError("there is no nginx: install Debian's package nginx-light, or one with http_v2")
    return found


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Nginx:
    """An nginx of one's own, a child of this process. `keepalive_requests` of None leaves nginx's own default."""

    def __init__(self, folder: Path, upstream: SplitResult, keepalive_requests: int | None = None) -> None:
        self._binary = binary()
        self._folder = folder
        self._port = free_port()
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.authority)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
        self._configuration = folder / "nginx.conf"
        limit = "" if keepalive_requests is None else f"keepalive_requests {keepalive_requests};"
        self._configuration.write_text(
            CONFIGURATION.format(
                # Without it the workers of root belong to a user who may not enter the folder.
                user="user root;" if os.geteuid() == 0 else "",
                folder=folder,
                upstream=upstream.netloc,
                keepalive_requests=limit,
                listen=self._listen(),
            ),
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command(), stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + PATIENCE
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return self
            if self._process.poll() is not None or time.monotonic() > until:
                self._process.kill()
                raise RuntimeError(f"nginx did not start: {self._process.communicate()[1]}")
            time.sleep(0.02)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def base_url(self) -> str:
        """What a client takes for the API's address."""
        return f"https://127.0.0.1:{self._port}"

    def reload(self) -> None:
        """Starts new workers, and lets the old ones finish what they have begun, as an administrator does."""
        command = [*self._command(), "-s", "reload"]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)

    def reloads(self) -> int:
        """How many reloads the master process has begun."""
        return self._folder.joinpath("error.log").read_text(encoding="utf-8").count(": reconfiguring")

    def served(self) -> Served:
        """What the log says."""
        statuses: dict[int, list[str]] = {}
        per_connection: Counter[str] = Counter()
        protocols: Counter[str] = Counter()
        for line in self._folder.joinpath("calls.log").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            # A client that leaves while nginx still reads has no body in the log; such a call was not executed.
            if entry["body"]:
                upstream = f"upstream {entry['upstream']}" if entry["upstream"] else NOT_ASKED
                status = f"{entry['status']} ({upstream})"
                statuses.setdefault(json.loads(entry["body"])["number"], []).append(status)
            per_connection[entry["connection"]] += 1
            protocols[entry["http2"]] += 1
        return Served(statuses, per_connection, protocols)

    def _command(self) -> list[str]:
        folder = str(self._folder)
        # The log that was named when nginx was built belongs to root.
        return [self._binary, "-e", f"{folder}/error.log", "-c", str(self._configuration), "-p", folder]

    def _listen(self) -> str:
        said = subprocess.run([self._binary, "-v"], check=True, capture_output=True, text=True).stderr
        found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said)
        if found is None:
            raise RuntimeError(f"nginx does not tell its version: {said!r}")
        if tuple(map(int, found.groups())) < (1, 25, 1):
            return f"listen 127.0.0.1:{self._port} ssl http2;"
        return f"listen 127.0.0.1:{self._port} ssl; http2 on;"
