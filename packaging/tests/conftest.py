"""Clean environments for the packages in `dist`: no Rust on the path, no variable of a developer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from project import DIST, ROOT

# These look into libraries of Linux.
collect_ignore = [] if sys.platform == "linux" else ["test_linux.py"]

SCRIPTS = "Scripts" if os.name == "nt" else "bin"


def clean_environment(*first: Path) -> dict[str, str]:
    """The environment of a person without Rust: what holds cargo or rustc is not on the path."""
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder]
    path = [folder for folder in folders if not any((Path(folder) / tool).exists() for tool in ("cargo", "rustc"))]
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    # Registries are configured by these.
    kept |= {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "npm_config_", "NPM_CONFIG_"))
    }
    return kept | {"PATH": os.pathsep.join([*map(str, first), *path]), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def execute(*command: str | Path, cwd: Path, env: dict[str, str]) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def only(pattern: str) -> Path:
    """The one file in `dist` of that name."""
    found = sorted(DIST.glob(pattern))
    assert len(found) == 1, f"dist has {len(found)} of {pattern}: run `make dist`"
    return found[0]


def readme_block(file: Path, language: str, number: int = 0) -> str:
    """A code block of a document."""
    _, *blocks = file.read_text(encoding="utf-8").split(f"```{language}\n")
    return blocks[number].split("```")[0]


def suite(folder: Path, tests: str) -> Path:
    """Copies the conformance suite and its runner, without the sources of the package that it tests."""
    shutil.copytree(ROOT / "mock-server/conformance", folder / "mock-server/conformance")
    target = folder / tests
    shutil.copytree(ROOT / tests, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what the tests measured."""
    timed = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "timed"
    ]
    if timed:
        terminalreporter.section("from an empty folder to the first offline test")
        for line in timed:
            terminalreporter.write_line(str(line))
