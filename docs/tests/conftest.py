"""The code blocks of the guide, and what they run in."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
RUN: Counter[str] = Counter()


def tool() -> str:
    """The example that lists the blocks and runs those in Rust."""
    named = os.environ.get("RUNTYPE_DOCS_BLOCKS")
    if not named:
        pytest.exit("run `make test-docs`, or set RUNTYPE_DOCS_BLOCKS to the built example docs-blocks", 1)
    return named


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    page: str
    line: int
    language: str
    code: str
    group: int
    setup: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.language}"

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, if its first line is a comment with one."""
        first = self.code.split("\n", 1)[0].removeprefix("#").removeprefix("//").strip()
        return (
            first if first.endswith((".py", ".mjs", ".toml", ".json", ".txt", ".jsonl")) and " " not in first else None
        )


@cache
def blocks() -> list[Block]:
    """All blocks of all pages, in order."""
    listed = subprocess.run([tool(), "list", *PAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    return [Block(**{**block, "setup": block["setup"] or {}}) for block in json.loads(listed.stdout)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the number of blocks that ran, by language."""
    if RUN:
        by_language = ", ".join(f"{language} {number}" for language, number in sorted(RUN.items()))
        terminalreporter.write_line(f"blocks executed: {by_language}")
