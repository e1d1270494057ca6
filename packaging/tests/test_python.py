"""The Python packages, installed into clean environments of each Python on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import SCRIPTS, clean_environment, execute, only, readme_block, suite
from project import ROOT

VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
TYPES = """
import runtype_surface
from runtype_mock import MockSurface


def main(mock: MockSurface) -> runtype_surface.Client:
    return mock.client(timeout=20)
"""


def interpreters() -> dict[str, str]:
    """The supported Pythons on the path and under pyenv."""
    found = {}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        installed = sorted(pyenv.glob(f"{version}.*/bin/python"))
        command = str(installed[-1]) if installed else shutil.which(f"python{version}")
        if command and subprocess.run([command, "--version"], capture_output=True).returncode == 0:
            found[version] = command
    return found


PYTHONS = interpreters()
assert PYTHONS, "there is no supported Python on this machine"


class Installed:
    """A virtual environment with both packages and pytest, without Rust."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        self.env = clean_environment(folder / "venv" / SCRIPTS)
        execute(python, "-m", "venv", folder / "venv", cwd=ROOT, env=self.env)
        self.python = folder / "venv" / SCRIPTS / "python"
        self.install("--no-index", only("runtype_surface-*.whl"), only("runtype_mock-*.whl"))
        self.install("pytest==9.2.0")

    def install(self, *packages: str | Path) -> None:
        self.run("-m", "pip", "install", "--quiet", *packages)

    def run(self, *arguments: str | Path, cwd: Path | None = None) -> str:
        return execute(self.python, *arguments, cwd=cwd or self.folder, env=self.env)


@pytest.fixture(scope="module", params=sorted(PYTHONS))
def installed(request: pytest.FixtureRequest, scratch: Path) -> Installed:
    folder = scratch / f"python-{request.param}"
    folder.mkdir()
    return Installed(folder, PYTHONS[request.param])


def test_there_is_no_rust_in_the_environment(installed: Installed) -> None:
    assert shutil.which("cargo", path=installed.env["PATH"]) is None
    assert shutil.which("rustc", path=installed.env["PATH"]) is None


def test_the_first_example_of_the_readme_runs(installed: Installed) -> None:
    (installed.folder / "first.py").write_text(readme_block(ROOT / "README.md", "python"))
    command = installed.folder / "venv" / SCRIPTS / "runtype-mock"
    said = execute(
        command, "run", "--log", "none", "--", installed.python, "first.py", cwd=installed.folder, env=installed.env
    )
    assert said == "A long text.\n"


def test_the_first_offline_test_runs(installed: Installed) -> None:
    (installed.folder / "test_first.py").write_text(readme_block(ROOT / "mock-server/python/README.md", "python"))
    assert "1 passed" in installed.run("-m", "pytest", "-q", "test_first.py")


def test_the_conformance_suite_passes(installed: Installed) -> None:
    tests = suite(installed.folder / "suite", "sdk-python/tests")
    said = installed.run("-m", "pytest", "-q", "test_conformance.py", cwd=tests)
    passed = re.search(r"(\d+) passed", said)
    assert passed, said
    assert int(passed[1]) >= 300
    assert "failed" not in said


def test_the_types_are_found(scratch: Path) -> None:
    folder = scratch / "types"
    folder.mkdir()
    installed = Installed(folder, PYTHONS[max(PYTHONS, key=lambda version: int(version.split(".")[1]))])
    installed.install("mypy==2.4.1")
    (folder / "sample.py").write_text(TYPES)
    assert "Success" in installed.run("-m", "mypy", "--strict", "sample.py")


def test_the_sdist_builds_with_rust(scratch: Path) -> None:
    folder = scratch / "sdist"
    folder.mkdir()
    env = dict(os.environ) | {"CARGO_TARGET_DIR": str(ROOT / "target" / "sdist")}
    # A build of its own, for the platform of the machine.
    env.pop("CARGO_BUILD_TARGET", None)
    execute(sys.executable, "-m", "venv", folder / "venv", cwd=folder, env=env)
    python = folder / "venv" / SCRIPTS / "python"
    execute(python, "-m", "pip", "install", "--quiet", only("runtype_surface-*.tar.gz"), cwd=folder, env=env)
    said = execute(
        python, "-c", "import runtype_surface; print(runtype_surface.capability_slug('A B'))", cwd=folder, env=env
    )
    assert said == "a-b\n"
