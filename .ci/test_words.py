"""The word check finds each phrase, wherever it may be, and nothing else."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from words import check

CONFIG = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
BAD = "in place" + " of"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)  # noqa: S603, S607, a fixed command
    return tmp_path


def test_a_phrase_is_found_with_its_file_its_line_and_the_remedy(root: Path) -> None:
    (root / "src").mkdir()
    (root / "src" / "a.rs").write_text(f"//! Fine.\n/// {BAD.upper()} the client's.\n", encoding="utf-8")
    [line] = check(root, CONFIG)
    assert line.startswith("src/a.rs:2: ")
    assert "overrides" in line


def test_a_plain_text_is_accepted(root: Path) -> None:
    (root / "README.md").write_text("Overall timeout, including retries. Overrides the client's.\n", encoding="utf-8")
    assert list(check(root, CONFIG)) == []


def test_the_list_and_licences_are_left_out_and_so_are_bytes(root: Path) -> None:
    (root / ".ci").mkdir()
    for name in (".ci/words.toml", "LICENSE-MIT", "Cargo.lock"):
        (root / name).write_text(BAD, encoding="utf-8")
    (root / "image.png").write_bytes(b"\xff\xfe" + BAD.encode())
    assert list(check(root, CONFIG)) == []


def test_a_phrase_may_be_left_out_of_a_file(root: Path) -> None:
    old = "Runtype" + "Error"
    (root / "CHANGELOG.md").write_text(f"`{old}` became `SurfaceError`.\n", encoding="utf-8")
    (root / "README.md").write_text(f"`{old}`\n", encoding="utf-8")
    assert [line.split(":")[0] for line in check(root, CONFIG)] == ["README.md"]


@pytest.mark.parametrize("phrase", CONFIG["phrase"], ids=lambda phrase: phrase["regex"])
def test_every_phrase_has_a_remedy_that_the_check_accepts(root: Path, phrase: dict[str, str]) -> None:
    (root / "a.md").write_text(phrase["instead"], encoding="utf-8")
    assert list(check(root, CONFIG)) == []
