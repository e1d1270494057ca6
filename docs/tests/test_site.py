"""The site that `make docs` builds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import llms
from conftest import PAGES, ROOT
from site_pages import groups, with_tabs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_has_each_page_as_html_and_as_markdown(site: Path) -> None:
    for page in PAGES:
        if page == "README.md":
            continue
        name = page.removeprefix("docs/")
        assert (site / name.replace(".md", ".html")).is_file()
        assert (site / name).read_text(encoding="utf-8") == (ROOT / page).read_text(encoding="utf-8")
    assert (site / "llms.txt").is_file()


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r"<(?:script|img|iframe|source)[^>]*\bsrc=\"?(?:https?:)?//|<link(?![^>]*canonical)[^>]*\bhref=\"?(?:https?:)?//"
    )
    for page in site.rglob("*.html"):
        assert not loads.search(page.read_text(encoding="utf-8")), page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text(encoding="utf-8")), style.name


def test_languages_in_a_row_become_tabs_and_the_output_follows_them() -> None:
    page = '<!-- block: {"exits": 0} -->\n```python\na = 1\n\nb = 2\n```\n\n```ts\nlet a = 1;\n```\n\n```text\n1\n```\n'
    assert with_tabs(page) == (
        '=== "Python"\n\n    ```python\n    a = 1\n\n    b = 2\n    ```\n\n'
        '=== "TypeScript"\n\n    ```ts\n    let a = 1;\n    ```\n\n\n```text title="prints"\n1\n```\n'
    )


def test_blocks_with_words_between_them_stay_as_they_are() -> None:
    page = "```python\na = 1\n```\n\nor\n\n```ts\nlet a = 1;\n```\n"
    assert len(groups(page)) == 2
    assert with_tabs(page) == page


def test_the_index_for_assistants_is_current() -> None:
    assert (ROOT / "docs/llms.txt").read_text(encoding="utf-8") == llms.index(ROOT), "run `make docs-index`"
