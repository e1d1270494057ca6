"""The pytest plugin: the fixtures `runtype_mock`, `runtype_client`, `runtype_env`, and the marker `runtype_fault`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtype_surface import Client

    from ._mock_process import MockProcess
    from ._mock_surface import MockSurface


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "runtype_fault(kind, **fields): injects a fault into the test's runtype_mock, such as ('status', status=503)",
    )


@pytest.fixture(scope="session")
def _runtype_mock_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockProcess]:
    # Loaded here, so that a test run that uses no mock pays nothing for it.
    from ._mock_process import MockProcess

    running = MockProcess.running()
    if running is not None:
        yield running
    elif "PYTEST_XDIST_TESTRUNUID" in os.environ and os.name != "nt":
        # The workers of pytest-xdist are processes of one parent, and their folders are in one.
        yield MockProcess.shared(tmp_path_factory.getbasetemp().parent, os.getppid())
    else:
        process = MockProcess.start(None, [])
        yield process
        process.stop()


@pytest.fixture
def runtype_mock(_runtype_mock_process: MockProcess, request: pytest.FixtureRequest) -> Iterator[MockSurface]:
    """A mock surface of this test's own. All tests of a run share one process, so they can run in parallel."""
    from ._mock_surface import MockSurface

    with MockSurface._of(_runtype_mock_process) as mock:  # noqa: SLF001, of this package
        for marker in reversed(list(request.node.iter_markers("runtype_fault"))):
            mock.inject(*marker.args, **marker.kwargs)
        yield mock


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
