"""Writes docs/llms.txt, the index of the guide for coding assistants: each page, with the first paragraph of it."""

from __future__ import annotations

import re
from pathlib import Path


def pages(root: Path) -> list[tuple[str, str]]:
    """The titles and files of the pages, in the order of the site."""
    text = (root / "mkdocs.yml").read_text(encoding="utf-8")
    return re.findall(r"^  - (.+): (\S+\.md)$", text.split("\nnav:\n", 1)[1], re.MULTILINE)


def summary(text: str) -> str:
    """The first paragraph of a page, without links."""
    paragraph = text.split("\n\n")[1].replace("\n", " ")
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph)


def index(root: Path) -> str:
    """The text of the index."""
    home, *others = pages(root)
    lines = [
        "# runtype-surface",
        "",
        f"> {summary((root / 'docs' / home[1]).read_text(encoding='utf-8'))}",
        "",
        "## Guide",
        "",
    ]
    for title, file in others:
        lines.append(f"- [{title}]({file}): {summary((root / 'docs' / file).read_text(encoding='utf-8'))}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2]
    (here / "docs/llms.txt").write_text(index(here), encoding="utf-8")
