"""An HTTP/2 server that does to each request exactly what a test's script says."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import h2.config
import h2.connection
import h2.events
import trustme
from h2.errors import ErrorCodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

PATIENCE = 20.0
"""Seconds after which a socket that stays silent ends its connection."""


class Request(NamedTuple):
    """A whole request, named by where it came from."""

    connection: int
    """Counts from 1."""
    stream: int
    """The id of its HTTP/2 stream: 1, 3, 5 and so on."""
    input: Any


class Connection:
    """One connection of a client, and what a script may do to it."""

    def __init__(self, number: int, sock: ssl.SSLSocket) -> None:
        self.number = number
        self._socket = sock
        self._http2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self._is_closed = False

    def answer(self, stream: int, output: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Sends a whole response."""
        fields = {":status": str(status), "content-type": "application/json", **(headers or {})}
        self._http2.send_headers(stream, list(fields.items()))
        self._http2.send_data(stream, json.dumps(output).encode(), end_stream=True)
        self._flush()

    def go_away(self, last_stream: int, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        """Says that no stream above `last_stream` was processed, and leaves the connection open."""
        # h2 itself takes the connection for closed after it has sent a GOAWAY, so this one is written by hand.
        frame = b"\x00\x00\x08\x07\x00" + bytes(4) + last_stream.to_bytes(4, "big") + int(code).to_bytes(4, "big")
        self._socket.sendall(frame)

    def reset(self, stream: int, code: ErrorCodes) -> None:
        """Ends a stream with an error."""
        self._http2.reset_stream(stream, code)
        self._flush()

    def close(self) -> None:
        """Closes the connection in the orderly way, so that everything sent before arrives."""
        self._is_closed = True
        # Where the client has sent something meanwhile this is an error, but the closing alert has left all the same.
        with suppress(OSError):
            self._socket.unwrap()
        with socket.socket(fileno=self._socket.detach()) as plain, suppress(OSError):
            plain.settimeout(PATIENCE)
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65536):  # What is unread when a socket closes resets the connection.
                pass

    def serve(self, received: Callable[[Request], None]) -> None:
        """Reads requests, and passes each on when it is complete, until one side closes."""
        self._http2.initiate_connection()
        self._flush()
        bodies: dict[int, bytes] = {}
        with suppress(OSError):  # The client has gone.
            while not self._is_closed and (data := self._socket.recv(65536)):
                for event in self._http2.receive_data(data):
                    if isinstance(event, h2.events.DataReceived) and event.stream_id is not None:
                        bodies[event.stream_id] = bodies.get(event.stream_id, b"") + (event.data or b"")
                    elif isinstance(event, h2.events.StreamEnded):
                        received(Request(self.number, event.stream_id, json.loads(bodies.pop(event.stream_id))))
                    if self._is_closed:
                        return
                self._flush()
        if not self._is_closed:
            self.close()

    def _flush(self) -> None:
        self._socket.sendall(self._http2.data_to_send())


class Http2Server:
    """Listens on a free port of loopback with TLS, and notes each request before its script decides what to do."""

    def __init__(self, script: Callable[[Connection, Request], None]) -> None:
        self.requests: list[Request] = []
        """In the order in which they were complete."""
        self._script = script
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._sockets: list[ssl.SSLSocket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        authority = trustme.CA()
        self.authority: str = authority.cert_pem.bytes().decode()
        """The authority to trust, as PEM."""
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.set_alpn_protocols(["h2"])
        authority.issue_cert("127.0.0.1").configure_cert(self._tls)
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
        for sock in self._sockets:
            # `SSLSocket.shutdown` would take the encryption away from the thread that reads.
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    @property
    def options(self) -> dict[str, Any]:
        """What a client needs in order to call it."""
        return {
            "api_key": "papi_of_no_account_12345678",
            "product_id": "prod_x",
            "surface_id": "surf_x",
            "base_url": f"https://127.0.0.1:{self._listener.getsockname()[1]}",
            "root_certificates": self.authority,
        }

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(plain, len(self._threads) + 1))
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket, number: int) -> None:
        plain.settimeout(PATIENCE)
        with suppress(OSError), self._tls.wrap_socket(plain, server_side=True) as sock:
            self._sockets.append(sock)
            connection = Connection(number, sock)
            connection.serve(lambda request: self._received(connection, request))

    def _received(self, connection: Connection, request: Request) -> None:
        with self._lock:
            self.requests.append(request)
        self._script(connection, request)
