"""Makes a page for the site: code blocks of several languages in a row become tabs. The Markdown itself needs none."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

TITLES = {"python": "Python", "ts": "TypeScript", "js": "JavaScript", "rust": "Rust"}

FENCE = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"^<!-- block:.*?-->\n", re.MULTILINE | re.DOTALL)


def groups(markdown: str) -> list[list[re.Match[str]]]:
    """Code blocks that have nothing but empty lines between them."""
    found: list[list[re.Match[str]]] = []
    end = -1
    for fence in FENCE.finditer(markdown):
        if found and not markdown[end : fence.start()].strip():
            found[-1].append(fence)
        else:
            found.append([fence])
        end = fence.end()
    return found


def tab(fence: re.Match[str]) -> str:
    """A block as the content of a tab."""
    lines = "".join(f"    {line}" if line.strip() else line for line in fence[0].splitlines(keepends=True))
    return f'=== "{TITLES[fence[1]]}"\n\n{lines}\n'


def with_tabs(markdown: str) -> str:
    """The page with tabs, and without the set-up of its tests."""
    markdown = COMMENT.sub("", markdown)
    for group in reversed(groups(markdown)):
        for fence in reversed(group[1:]):
            if fence[1] == "text":
                opening = fence.start() + len("```text")
                markdown = f'{markdown[:opening]} title="prints"{markdown[opening:]}'
        tabs = [fence for fence in group if fence[1] in TITLES]
        if len(tabs) > 1 and tabs == group[: len(tabs)]:
            markdown = markdown[: tabs[0].start()] + "".join(map(tab, tabs)) + markdown[tabs[-1].end() :]
    return markdown


def with_addresses(markdown: str, repository: str) -> str:
    """The page with links into the repository as addresses: the site has only the guide."""
    return markdown.replace("](../", f"]({repository}/blob/main/")


def on_page_markdown(markdown: str, config: Any, **_: Any) -> str:
    """Called by MkDocs for each page."""
    cargo = tomllib.loads((Path(config["docs_dir"]).parent / "Cargo.toml").read_text(encoding="utf-8"))
    return with_tabs(with_addresses(markdown, cargo["workspace"]["package"]["repository"]))


def on_post_build(config: Any, **_: Any) -> None:
    """Called by MkDocs at the end: the site has the Markdown too, to which the index for assistants links."""
    for page in Path(config["docs_dir"]).glob("*.md"):
        shutil.copy(page, config["site_dir"])
