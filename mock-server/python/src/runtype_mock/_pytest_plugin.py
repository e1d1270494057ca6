"""The pytest plugin: the fixtures `runtype_mock`, `runtype_client` and `runtype_env`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtype_surface import Client

    from ._mock_surface import MockSurface


@pytest.fixture(scope="session")
def _runtype_mock_server() -> Iterator[MockSurface]:
    # Loaded here, so that a test run that uses no mock pays nothing for it.
    from ._mock_surface import MockSurface

    with MockSurface() as mock:
        yield mock


@pytest.fixture
def runtype_mock(_runtype_mock_server: MockSurface) -> MockSurface:
    """A mock surface in its initial state: the tests of a run share one server, which is reset for each."""
    _runtype_mock_server.reset()
    return _runtype_mock_server


@pytest.fixture
def runtype_client(runtype_mock: MockSurface) -> Client:
    """A client of `runtype_mock` with an unrestricted key. Needs the package runtype-surface."""
    return runtype_mock.client()


@pytest.fixture
def runtype_env(runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The variables that configure an application for `runtype_mock`, set for this test."""
    for name, value in runtype_mock.env.items():
        monkeypatch.setenv(name, value)
    return runtype_mock.env
