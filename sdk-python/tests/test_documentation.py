"""Runs the examples of the README and of the doc comments against a mock."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import runtype_mock
import runtype_surface

if TYPE_CHECKING:
    from runtype_mock import MockSurface

README = Path(__file__).parents[1] / "README.md"
ROOT_README = Path(__file__).parents[2] / "README.md"
DOCUMENTED = [
    runtype_surface,
    runtype_mock,
    runtype_surface._errors,
    *(one for name in runtype_surface.__all__ if hasattr(one := getattr(runtype_surface, name), "__name__")),
]


def in_readme(readme: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def in_doc_comment(documented: Any) -> list[str]:
    """The indented blocks that follow an empty line."""
    blocks = re.findall(r"\n\n((?: {4}.*\n?|\n)+)", inspect.getdoc(documented) or "")
    return [textwrap.dedent(block) for block in blocks]


EXAMPLES = (
    [pytest.param(code, id=f"README {number}") for number, code in enumerate(in_readme(README), 1)]
    + [pytest.param(code, id=f"root README {number}") for number, code in enumerate(in_readme(ROOT_README), 1)]
    + [pytest.param(code, id=documented.__name__) for documented in DOCUMENTED for code in in_doc_comment(documented)]
)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 16


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_runs(code: str, runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in runtype_mock.env.items():
        monkeypatch.setenv(name, value)
    is_async = re.search(r"^\s*async |\bawait ", code, re.MULTILINE)
    names: dict[str, Any] = {
        "runtype_surface": runtype_surface,
        "Client": runtype_surface.Client,
        "AsyncClient": runtype_surface.AsyncClient,
        "pytest": pytest,
        "client": runtype_surface.AsyncClient() if is_async else runtype_surface.Client(),
        "texts": ["One.", "Two."],
        "inputs": [{"input": "One."}, {"input": "Two."}],
        "text": "One.",
        "my_application": lambda client: client.call("echo"),
        "is_batch": True,
        "come_back_after": lambda seconds: seconds,
    }
    compiled = compile(code, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(compiled, names)  # noqa: S307, the documentation's own code
    if inspect.iscoroutine(result):
        asyncio.run(result)
    for name, function in list(names.items()):
        if name.startswith("test_"):
            function(runtype_mock)
