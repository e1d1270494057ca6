"""A TLS server that is also behind a proxy, certificates for both sides, and clients in processes of their own."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trustme

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

PATIENCE = 20.0
"""Seconds after which a socket that stays silent ends its connection."""

PROGRAM = """
import json, sys
from runtype_surface import Client, SurfaceError
try:
    with Client(**json.loads(sys.argv[1])) as client:
        print(json.dumps({"output": client.call("echo", {"a": 1})}))
except SurfaceError as error:
    facts = ("option", "may_have_executed", "status")
    found = {name: getattr(error, name, None) for name in facts}
    print(json.dumps({"error": type(error).__name__, "text": str(error), **found}))
"""


class Listener:
    """Serves each connection on a thread of its own."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing a socket alone does not wake the thread that waits in `accept`.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(PATIENCE)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self.serve(connection)

    def serve(self, connection: socket.socket) -> None:
        raise NotImplementedError


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n") and (byte := connection.recv(1)):
        head += byte
    return head


class Server(Listener):
    """Answers each request over TLS with its input."""

    def __init__(self, folder: Path, clients: trustme.CA | None = None) -> None:
        super().__init__()
        authority = trustme.CA(organization_name="Test Authority")
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.authority)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "0.0.0.0", "h.example").configure_cert(self._tls)  # noqa: S104, its name
        if clients is not None:
            clients.configure_trust(self._tls)
            self._tls.verify_mode = ssl.CERT_REQUIRED

    def serve(self, connection: socket.socket) -> None:
        with self._tls.wrap_socket(connection, server_side=True) as stream:
            while head := read_head(stream):
                fields = dict(line.lower().split(b": ", 1) for line in head.splitlines()[1:] if b": " in line)
                body = b""
                while len(body) < int(fields[b"content-length"]):
                    body += stream.recv(65536)
                answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
                stream.sendall(answer + body)

    def options(self, host: str = "localhost", **options: Any) -> dict[str, Any]:
        """What a client needs in order to call it, apart from the authority."""
        return {
            "api_key": "papi_of_no_account_12345678",
            "product_id": "prod_x",
            "surface_id": "surf_x",
            "base_url": f"https://{host}:{self.port}",
            "max_retries": 0,
            **options,
        }


class Proxy(Listener):
    """A proxy of HTTP and of SOCKS 5 to one server, with or without a password."""

    def __init__(self, target: int, credentials: str | None = None) -> None:
        super().__init__()
        self._target = target
        self._credentials = credentials
        self.asked: list[str] = []
        """For which hosts."""

    def serve(self, connection: socket.socket) -> None:
        if connection.recv(1, socket.MSG_PEEK) == b"\x05":
            host = self._socks(connection)
            reply = b"\x05\x00\x00\x01" + bytes(6)
        else:
            head = read_head(connection).decode()
            host = head.split(" ")[1].split(":")[0]
            expected = base64.b64encode((self._credentials or "").encode()).decode()
            if self._credentials is not None and f"basic {expected}" not in head.replace("Basic", "basic"):
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                return
            reply = b"HTTP/1.1 200 Connection established\r\n\r\n"
        self.asked.append(host)
        connection.sendall(reply)
        with socket.create_connection(("127.0.0.1", self._target), timeout=PATIENCE) as server:
            back = threading.Thread(target=copy, args=(server, connection))
            back.start()
            copy(connection, server)
            back.join()

    def _socks(self, connection: socket.socket) -> str:
        greeting = connection.recv(2)
        connection.recv(greeting[1])
        connection.sendall(b"\x05\x00" if self._credentials is None else b"\x05\x02")
        if self._credentials is not None:
            connection.recv(1)
            name = connection.recv(connection.recv(1)[0])
            password = connection.recv(connection.recv(1)[0])
            connection.sendall(
                b"\x01\x00" if b"%s:%s" % (name, password) == self._credentials.encode() else b"\x01\x01"
            )
        connection.recv(4)
        host = connection.recv(connection.recv(1)[0]).decode()
        connection.recv(2)
        return host


def copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def call(options: dict[str, Any], **variables: str) -> dict[str, Any]:
    """Calls in a process that has these variables and none of this environment that would concern it."""
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    command = [sys.executable, "-c", PROGRAM, json.dumps(options)]
    ended = subprocess.run(command, env=env | variables, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
