"""A server for functions that answer: the mock asks it for their outputs."""

from __future__ import annotations

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from ._answer import Reply

if TYPE_CHECKING:
    from ._answer import Function


class FunctionServer:
    """Runs functions for a mock on a free port of 127.0.0.1, each at a path that cannot be guessed."""

    def __init__(self) -> None:
        functions: dict[str, Function] = {}
        self._functions = functions

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                function = functions.get(self.path)
                reply = Reply({"error": "Not found"}, 404) if function is None else _run(function, asked)
                try:
                    body = json.dumps(reply.output, allow_nan=False).encode()
                except (TypeError, ValueError) as error:
                    reply = _failed(asked, f"returned what is not JSON: {error}")
                    body = json.dumps(reply.output).encode()
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Shows nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            # A mock that has stopped leaves its connections open until the threads end.
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def register(self, function: Function) -> str:
        """Adds a function and returns its URL."""
        path = f"/{secrets.token_hex(16)}"
        self._functions[path] = function
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        """Stops."""
        self._server.shutdown()
        self._server.server_close()


def _run(function: Function, asked: dict[str, Any]) -> Reply:
    try:
        output = function(asked["input"])
    except Exception as error:  # noqa: BLE001, the function is a test's own
        return _failed(asked, f"raised {type(error).__name__}: {error}")
    return output if isinstance(output, Reply) else Reply(output)


def _failed(asked: dict[str, Any], what: str) -> Reply:
    return Reply({"error": f"the function that answers `{asked['capability']}` {what}"}, 500)
