"""Every link of the pages and of the repository's other documents leads to something that is there."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest
from markdown.extensions.toc import slugify  # type: ignore[import-untyped]

from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^()\s]+)\)")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def documents() -> list[str]:
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "*.md", "*.txt"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [path for path in listed if (path.endswith(".md") or path == "docs/llms.txt") and (ROOT / path).is_file()]


def on_a_code_host(heading: str) -> str:
    """The anchor that a code host makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@cache
def anchors(path: Path) -> frozenset[str]:
    """The anchors that a document has both on a code host and on the site."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    headings = [
        re.sub(r"\[([^\]]*)\]\([^)]*\)|`", r"\1", line) for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    ]
    return frozenset(anchor for heading in headings if (anchor := on_a_code_host(heading)) == slugify(heading, "-"))


@pytest.mark.parametrize("document", documents())
def test_the_links_of_a_document_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for target in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"https?://|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        assert linked.exists(), f"{document}: there is no {target}"
        if anchor:
            assert anchor in anchors(linked), f"{document}: there is no heading for {target}"


def test_a_page_of_the_guide_is_reached_from_its_index() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in index, f"docs/index.md does not link to {page.name}"
