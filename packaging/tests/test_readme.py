"""The commands of the READMEs, from an empty folder to a passed test of an application, timed.

Commands, tests and names of files are taken from the documents. The registries have what is in `dist`.
"""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING

import pytest

from conftest import SCRIPTS, clean_environment, execute, only, readme_block
from npm_registry import Registry
from project import DIST, ROOT, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PYTHON_KIT = "mock-server/python/README.md"
NODE_KIT = "mock-server/npm/README.md"


def commands(document: str, program: str) -> list[str]:
    """The lines of a document's shell blocks with which a program installs packages, with their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    found = [line for block in blocks for line in block.splitlines() if line.startswith(f"{program} install ")]
    assert found, f"{document} has no `{program} install`"
    return found


class Timer:
    """Measures the steps of one test, and reports them as its properties, which conftest prints."""

    def __init__(self, title: str, record: Callable[[str, object], None]) -> None:
        self.title = title
        self.record = record
        self.steps: list[str] = []
        self.began = self.last = time.monotonic()

    def step(self, name: str) -> None:
        now = time.monotonic()
        self.steps.append(f"{name} {now - self.last:.1f} s")
        self.last = now

    def end(self) -> None:
        self.record("timed", f"{self.title}: {self.last - self.began:.1f} s ({', '.join(self.steps)})")


@pytest.mark.parametrize("document", ["README.md", PYTHON_KIT])
def test_a_python_application_is_tested_offline_with_the_commands_of_the_readme(
    tmp_path: Path, document: str, record_property: Callable[[str, object], None]
) -> None:
    env = clean_environment(tmp_path / "venv" / SCRIPTS)
    # Ours are nowhere but in `dist`; pytest is in the registry.
    env["PIP_FIND_LINKS"] = " ".join([str(DIST), *env.get("PIP_FIND_LINKS", "").split()])
    timer = Timer(f"Python, {document}", record_property)
    execute(sys.executable, "-m", "venv", "venv", cwd=tmp_path, env=env)
    timer.step("venv")
    for line in commands(document, "pip"):
        execute("sh", "-c", line, cwd=tmp_path, env=env)
    timer.step("install")
    (tmp_path / "test_first.py").write_text(readme_block(ROOT / PYTHON_KIT, "python"), encoding="utf-8")
    said = execute("sh", "-c", "pytest", cwd=tmp_path, env=env)
    timer.step("test")
    timer.end()
    assert "1 passed" in said
    listed = execute("sh", "-c", "pip list --format=freeze", cwd=tmp_path, env=env).splitlines()
    assert {f"runtype-surface=={VERSION}", f"runtype-mock=={VERSION}"} <= set(listed)


@pytest.mark.parametrize("document", ["README.md", NODE_KIT])
def test_a_node_application_is_tested_offline_with_the_commands_of_the_readme(
    tmp_path: Path, document: str, record_property: Callable[[str, object], None]
) -> None:
    folder = tmp_path / "application"
    folder.mkdir()
    test = readme_block(ROOT / NODE_KIT, "js")
    named = re.match(r"// (\S+), for `(.+)`\n", test)
    assert named, "the test names its file and its command in the first line"
    with Registry() as registry:
        env = clean_environment() | {"npm_config_registry": registry.url, "npm_config_cache": str(tmp_path / "cache")}
        timer = Timer(f"Node, {document}", record_property)
        for line in commands(document, "npm"):
            execute("sh", "-c", line, cwd=folder, env=env)
        timer.step("install")
        (folder / named[1]).write_text(test, encoding="utf-8")
        said = execute("sh", "-c", named[2], cwd=folder, env=env)
        timer.step("test")
        timer.end()
    assert re.search(r"pass 1$", said, re.MULTILINE), said
    assert re.search(r"fail 0$", said, re.MULTILINE), said
    # One of each: nothing of another platform is downloaded.
    assert sorted(registry.downloads) == sorted(path.name for path in DIST.glob("*.tgz"))


def test_a_name_that_is_in_no_registry_is_not_installed(tmp_path: Path) -> None:
    with Registry() as registry:
        env = clean_environment() | {"npm_config_registry": registry.url, "npm_config_cache": str(tmp_path / "cache")}
        with pytest.raises(AssertionError, match="404"):
            execute("sh", "-c", "npm install runtype-surfaces", cwd=tmp_path, env=env)
    assert only("runtype-surface-[0-9]*.tgz").name not in registry.downloads
