"""The names in the pages exist: options, fields, methods, classes, variables."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from typing import Any

import pytest

from conftest import PAGES, ROOT

SOURCES = ["sdk-core", "sdk-python", "sdk-node", "mock-server", "packaging/platforms.json", "examples", "Makefile"]
# Of the languages, of other packages, or what a page invents for its examples.
FOREIGN = {
    "extra_hosts",
    "serverExternalPackages",
}
NAME = re.compile(r"[A-Za-z]\w*")


@cache
def known() -> frozenset[str]:
    """Every name in the sources."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", *SOURCES]
    found: set[str] = set()
    for path in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        if path.endswith((".rs", ".py", ".pyi", ".ts", ".mts", ".mjs", ".toml", ".json")) and (ROOT / path).is_file():
            found.update(NAME.findall((ROOT / path).read_text(encoding="utf-8")))
    return frozenset(found)


def interface() -> dict[str, Any]:
    with (ROOT / "mock-server/conformance/interface.toml").open("rb") as file:
        return tomllib.load(file)


def spans(page: str) -> set[str]:
    """What stands between backticks, outside of code blocks."""
    text = re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", text))


@pytest.mark.parametrize("page", PAGES)
def test_a_name_in_a_page_exists(page: str) -> None:
    unknown = set()
    for span in spans(page):
        if re.fullmatch(r"[\w.]+(\(.*\))?|[\w.]+=.*", span):
            names = NAME.findall(re.split(r"[(=]", span, maxsplit=1)[0])
            compound = [name for name in names if re.search(r"_|[a-z][A-Z]", name)]
            unknown.update(set(compound) - known() - FOREIGN)
    assert not unknown, f"{page} names what no source has"


def in_a_table(page: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


def test_every_option_is_in_the_table_of_options() -> None:
    table = in_a_table("docs/options.md")
    for group in ("client-options", "call-options"):
        lacking = interface()[group]["lacking"]
        for name in interface()[group]["names"]:
            if {"python", "node"} <= lacking.get(name, {}).keys():
                continue
            assert f"`{name}`" in table, f"docs/options.md lacks the option {name}"


def test_every_error_has_a_section() -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs/errors.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(interface()["errors"]["names"]) == {heading for heading in headings if heading.endswith("Error")}


def test_every_fact_that_doctor_checks_is_in_the_list_of_assumptions() -> None:
    facts = (ROOT / "sdk-core/src/cli/contract/facts.rs").read_text(encoding="utf-8")
    names = re.findall(r'name: "([\w-]+)"', facts)
    assert len(names) > 10
    table = in_a_table("docs/assumptions.md")
    assert [name for name in names if f"`{name}`" not in table] == []


def test_every_exit_code_is_in_the_page_of_the_command() -> None:
    source = (ROOT / "sdk-core/src/cli/exit.rs").read_text(encoding="utf-8")
    codes = re.findall(r"const [A-Z_]+: u8 = (\d+);", source)
    assert len(codes) > 5
    assert [code for code in codes if f"| {code} |" not in in_a_table("docs/command.md")] == []


def test_every_field_of_an_error_of_a_response_and_of_an_event_is_in_the_guide() -> None:
    guide = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    named = set(NAME.findall(guide))
    for group in (
        "error",
        "call-response",
        "attempt",
        "attempt-start",
        "rate-limit",
        "quota",
        "usage",
        "event",
        "stream",
    ):
        lacking = interface()[group].get("lacking", {})
        names = {name for name in interface()[group]["names"] if "python" not in lacking.get(name, {})}
        assert names - named == set(), f"no page names these of {group}"
