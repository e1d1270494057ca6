"""An npm registry on loopback with what is in `dist`: a test can run `npm install NAME` as documented."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
import threading
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote

from project import DIST, PLATFORMS, VERSION

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


def manifest(tarball: Path) -> dict[str, Any]:
    """The `package.json` of a tarball."""
    with tarfile.open(tarball) as archive:
        file = archive.extractfile("package/package.json")
        assert file is not None
        found: dict[str, Any] = json.load(file)
        return found


class Registry(ThreadingHTTPServer):
    """Serves the packages, and keeps the names of the tarballs that were downloaded."""

    daemon_threads = True

    def __init__(self) -> None:
        self.downloads: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        super().__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    @cached_property
    def packages(self) -> dict[str, dict[str, Any]]:
        """The manifest of each package by its name, with its tarball's address and digest.

        Those of other platforms are listed as a release would have them, without a tarball.
        """
        found: dict[str, dict[str, Any]] = {}
        for prefix in ("", "mock-"):
            for one in PLATFORMS["platforms"]:
                fields = {"libc": [one["libc"]]} if "libc" in one else {}
                name = f"{PLATFORMS['scope']}/{prefix}{one['name']}"
                tarball = {"tarball": f"{self.url}/-/{prefix}{one['name']}.tgz"}
                found[name] = {
                    "name": name,
                    "version": VERSION,
                    "os": [one["os"]],
                    "cpu": [one["cpu"]],
                    "dist": tarball,
                    **fields,
                }
        for path in DIST.glob("*.tgz"):
            described = manifest(path)
            digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
            described["dist"] = {"tarball": f"{self.url}/-/{path.name}", "integrity": f"sha512-{digest}"}
            found[described["name"]] = described
        return found


class Handler(BaseHTTPRequestHandler):
    """Answers for a package and for a tarball."""

    server: Registry

    def do_GET(self) -> None:
        """Answers with a package's versions, or with a tarball."""
        name = unquote(self.path.removeprefix("/"))
        if name.startswith("-/"):
            file = name.removeprefix("-/")
            self.server.downloads.append(file)
            tarballs = {path.name: path for path in DIST.glob("*.tgz")}
            self.answer(tarballs[file].read_bytes() if file in tarballs else None, "application/octet-stream")
            return
        package = self.server.packages.get(name)
        listed = {"name": name, "dist-tags": {"latest": VERSION}, "versions": {VERSION: package}}
        self.answer(json.dumps(listed).encode() if package else None, "application/json")

    def answer(self, body: bytes | None, kind: str) -> None:
        """Sends the body, or 404."""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *arguments: object) -> None:
        """Prints nothing."""
