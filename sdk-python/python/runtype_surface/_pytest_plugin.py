"""The pytest plugin: the fixture `runtype_mock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .testing import MockSurface


@pytest.fixture(scope="session")
def _runtype_mock_server() -> Iterator[MockSurface]:
    # Loaded here, so that a test run that uses no mock pays nothing for it.
    from .testing import MockSurface

    with MockSurface() as mock:
        yield mock


@pytest.fixture
def runtype_mock(_runtype_mock_server: MockSurface) -> MockSurface:
    """A mock surface, as it is in the beginning: the tests of a run share one server, which is reset for each."""
    _runtype_mock_server.reset()
    return _runtype_mock_server
