"""Runs every code block of the guide against a mock of its own.

A block whose first line is a comment with a file's name is that file, in a folder that the blocks of its page share. A
`text` block right after code is what the code prints, where `…` stands for anything and case does not matter (`True`,
`true`). `client` is a client from the environment if a block does not create it. A comment before a group of blocks
sets them up: `<!-- block: {…} -->`, with

    capabilities  of the mock, by slug
    faults        of the mock
    env           variables; null removes one, and {NAME} is the value of another
    prints        a regular expression for the output, errors included
    exits         the exit code (0)
    certificates  whether there are company-ca.pem, an authority, and client.pem, a certificate with its key
    elsewhere     the test that runs the group, and names the page
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import trustme

from conftest import PAGES, ROOT, RUN, Block, blocks, tool

if TYPE_CHECKING:
    from pathlib import Path

    from runtype_mock import MockSurface

CODE = ("python", "ts", "js", "rust", "sh")
FILES = ("toml", "json")
TIMEOUT = 60


def runnable() -> list[Block]:
    return [block for block in blocks() if block.language in CODE and "elsewhere" not in block.setup]


def prelude(block: Block) -> str:
    """Creates the client that the guide's start creates, if a block uses one and creates none."""
    if not re.search(r"\bclient\b", block.code) or re.search(r"\bclient\b( = |[,)]| as )|as client", block.code):
        return ""
    if block.language == "python":
        return "from runtype_surface import Client as _Client; client = _Client()\n"
    return "import { Client as _Client } from 'runtype-surface'; const client = new _Client();\n"


@pytest.fixture(scope="session")
def compiled() -> dict[str, dict[str, object]]:
    """What TypeScript says of each block, and the block without types."""
    sources = {str(block): prelude(block) + block.code for block in runnable() if block.language == "ts"}
    script = ROOT / "docs/tests/typescript.mjs"
    done = subprocess.run(["node", script], input=json.dumps(sources), capture_output=True, text=True, check=True)
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each page, with what an application has installed."""
    made = {page: tmp_path_factory.mktemp(page.split("/")[-1].split(".")[0]) for page in PAGES}
    for folder in made.values():
        modules = folder / "node_modules"
        modules.mkdir()
        (modules / "runtype-surface").symlink_to(ROOT / "sdk-node")
        (modules / "runtype-mock").symlink_to(ROOT / "mock-server/npm")
        (folder / "package.json").write_text('{"type": "module"}\n', encoding="utf-8")
    return made


def environment(block: Block, mock: MockSurface) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("RUNTYPE_")}
    env |= mock.env | {"RUNTYPE_MOCK_BIN": os.environ["RUNTYPE_MOCK_BIN"], "PYTHONDONTWRITEBYTECODE": "1"}
    env["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), env["PATH"]])
    for name, value in block.setup.get("env", {}).items():
        env.pop(name, None)
        if value is not None:
            env[name] = value.format(**mock.env)
    return env


def command(block: Block, folder: Path, compiled: dict[str, dict[str, object]]) -> list[str]:
    """Writes a block into the folder of its page, and returns the command that runs it."""
    name = block.file
    if block.language == "rust":
        return [tool(), "run"]
    if block.language == "sh":
        return ["bash", "-euo", "pipefail", "-c", block.code]
    if block.language == "python":
        is_test = re.search(r"^(async )?def test_", block.code, re.MULTILINE)
        path = folder / (name or f"{'test_' if is_test else ''}block_{block.line}.py")
        path.write_text(prelude(block) + block.code, encoding="utf-8")
        return [sys.executable, *(["-m", "pytest", "-q", "-p", "no:cacheprovider"] if is_test else []), str(path)]
    code = block.code
    if block.language == "ts":
        code = str(compiled[str(block)]["javascript"])
    path = folder / (name or f"block_{block.line}.mjs")
    path.write_text(code, encoding="utf-8")
    return ["node", str(path)]


def pattern(text: str) -> str:
    return ".*?".join(re.escape(part) for part in text.strip().split("…"))


def prints_what_the_page_says(block: Block, output: str, errors: str) -> bool:
    """Whether a block prints what its page says: `prints` is for both streams, a `text` block for standard output."""
    flags = re.DOTALL | re.IGNORECASE
    if "prints" in block.setup:
        return re.match(block.setup["prints"], f"{output}{errors}".strip(), flags) is not None
    group = [other for other in blocks() if (other.page, other.group) == (block.page, block.group)]
    texts = [other.code for other in group if other.language == "text" and other.line > block.line]
    return not texts or re.fullmatch(pattern(texts[0]), output.strip(), flags) is not None


@pytest.mark.parametrize("block", runnable(), ids=str)
def test_a_block_runs(
    block: Block, runtype_mock: MockSurface, folders: dict[str, Path], compiled: dict[str, dict[str, object]]
) -> None:
    if block.language == "ts":
        assert compiled[str(block)]["problems"] == []
    folder = folders[block.page]
    for other in blocks():
        if other.page == block.page and other.language in (*FILES, "python") and other.file:
            (folder / other.file).write_text(other.code, encoding="utf-8")
    if block.setup.get("certificates"):
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "company-ca.pem"))
        authority.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    for slug, capability in block.setup.get("capabilities", {}).items():
        runtype_mock.put_capability(slug, **capability)
    for fault in block.setup.get("faults", []):
        runtype_mock.control("POST", "faults", fault)
    done = subprocess.run(
        command(block, folder, compiled),
        cwd=folder,
        env=environment(block, runtype_mock),
        input=block.code if block.language == "rust" else "",
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    said = f"{done.stdout}{done.stderr}"
    if done.returncode != block.setup.get("exits", 0):
        pytest.fail(f"{block} exits with {done.returncode}:\n{said}", pytrace=False)
    if not prints_what_the_page_says(block, done.stdout, done.stderr):
        pytest.fail(f"{block} does not print what the page says:\n{said}", pytrace=False)
    RUN[block.language] += 1


def test_the_python_blocks_satisfy_a_type_checker(tmp_path: Path) -> None:
    for block in runnable():
        if block.language == "python":
            name = re.sub(r"\W", "_", f"{block.page}_{block.line}")
            (tmp_path / f"{name}.py").write_text(prelude(block) + block.code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--check-untyped-defs", "--ignore-missing-imports", "--no-error-summary"]
    done = subprocess.run([*command, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == ""
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_no_block_of_a_page_is_left_out(page: str) -> None:
    for block in blocks():
        if block.page != page:
            continue
        if "elsewhere" in block.setup:
            assert page in (ROOT / block.setup["elsewhere"]).read_text(encoding="utf-8"), f"{block} is run nowhere"
        elif block.language in FILES:
            users = [other for other in blocks() if other.page == page and other is not block]
            named = any(block.file and block.file in other.code for other in users)
            assert named, f"{block} is used by no block: name its file in the first line, or mark it as text"
        else:
            assert block.language in (*CODE, "text"), f"{block} cannot be run: mark it as text"


def test_each_language_has_its_blocks() -> None:
    numbers = {language: sum(block.language == language for block in runnable()) for language in CODE}
    assert min(numbers["python"], numbers["ts"], numbers["rust"]) >= 30, numbers
    assert numbers["sh"] >= 5, numbers
