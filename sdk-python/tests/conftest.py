"""What all tests stand on."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.exported import Exported

# Certificates and proxies of the developer's machine do not concern the tests.
for _name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.lower(), None)

# A program that was started in the background may ignore Ctrl-C, and hands that on to its children: the tests of
# Ctrl-C would wait for nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def opentelemetry_is_hidden(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the tests that ask for `exported` find OpenTelemetry, which the collection of those has loaded."""
    if "exported" not in request.fixturenames:
        monkeypatch.delitem(sys.modules, "opentelemetry.trace", raising=False)


@pytest.fixture
def exported() -> Iterator[Exported]:
    """What OpenTelemetry exports."""
    from support.exported import Exported

    exported = Exported()
    yield exported
    exported.shut_down()
