"""Real proxies of one's own: mitmproxy, which reads TLS with an authority of its own, and tinyproxy with a password."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from nginx import PATIENCE, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TINYPROXY = """\
Port {port}
Listen 127.0.0.1
Allow 127.0.0.1
Timeout 60
LogFile "{folder}/tinyproxy.log"
BasicAuth user secret
"""


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    """A program that listens on a port, until the end."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until = time.monotonic() + 3 * PATIENCE
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                raise RuntimeError(f"{command[0]} did not start: {process.communicate()[0]}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextmanager
def mitmproxy(folder: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and the certificate of its authority."""
    named = os.environ.get("MITMDUMP")
    if named is None:
        raise RuntimeError("MITMDUMP does not name mitmproxy's mitmdump; `make test-network` installs and sets it")
    port = free_port()
    # What it asks has a certificate of the test's own authority, which it does not know.
    command = [named, "--quiet", "--listen-host", "127.0.0.1", "--listen-port", str(port), "--ssl-insecure"]
    with _running([*command, "--set", f"confdir={folder}"], port):
        yield f"http://127.0.0.1:{port}", folder / "mitmproxy-ca-cert.pem"


@contextmanager
def tinyproxy(folder: Path) -> Iterator[str]:
    """Host and port of a proxy for `user` with the password `secret`."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("tinyproxy", path=path)
    if found is None:
        raise FileNotFoundError("there is no tinyproxy: install Debian's package tinyproxy-bin")
    port = free_port()
    configuration = folder / "tinyproxy.conf"
    configuration.write_text(TINYPROXY.format(port=port, folder=folder), encoding="utf-8")
    with _running([found, "-d", "-c", str(configuration)], port):
        yield f"127.0.0.1:{port}"
