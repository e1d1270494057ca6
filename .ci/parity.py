"""Writes the page on parity: each conformance case in each language, and the public names of each against the others.

It reads the reports of the runners (`make parity` runs them first), and fails if a case failed or is
missing in a language, or if a language's names are not those of `mock-server/conformance/interface.toml`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import interface

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "target" / "reports"
SUITE = ROOT / "mock-server" / "conformance"


def results() -> dict[str, dict[str, bool]]:
    """Each runner's results by case, from its output."""
    rust_log, node_log, python_report = (
        path.read_text(encoding="utf-8") if path.exists() else ""
        for path in (REPORTS / name for name in ("parity-rust.log", "parity-node.log", "parity-python.xml"))
    )
    found: dict[str, dict[str, bool]] = {"rust": {}, "python Client": {}, "python AsyncClient": {}, "node": {}}
    for name, result in re.findall(r"^test (.*?)\s+\.\.\. (\w+)$", rust_log, re.MULTILINE):
        found["rust"][name] = result == "ok"
    for result, name in re.findall(r"^\s*(ok|not ok) \d+ - (.*)$", node_log, re.MULTILINE):
        found["node"][name.replace("\\#", "#")] = result == "ok"
    for case in ET.fromstring(python_report or "<nothing/>").iter("testcase"):  # noqa: S314, our own file
        match = re.fullmatch(r"\w+\[(.*) \[(\w+)\]\]", case.get("name", ""))
        if match:
            # A failure, an error and a skip are children; output is not.
            found[f"python {match[2]}"][match[1]] = all(child.tag.startswith("system-") for child in case)
    return found


def compare_cases() -> tuple[list[str], list[str]]:
    """Lines of the page, and the problems."""
    found = results()
    lines, problems = ["| case | " + " | ".join(found) + " |", "|---|" + "---|" * len(found)], []
    for file in sorted(SUITE.glob("*.json")):
        if file.stem == "schema":
            continue
        for case in json.loads(file.read_text(encoding="utf-8")):
            name = f"{file.stem}: {case['name']}"
            cells = []
            for runner, cases in found.items():
                # Runners escape some characters differently.
                passed = cases.get(name, cases.get(name.encode("unicode_escape").decode()))
                cells.append({True: "passed", False: "**failed**", None: "**missing**"}[passed])
                if not passed:
                    problems.append(f"{runner}: {name}: {'failed' if passed is False else 'was not run'}")
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines, problems


def main() -> None:
    """Writes the page."""
    cases, failed = compare_cases()
    names, missing = interface.compare(*interface.load())
    page = ["# Parity", "", "## Cases", "", *cases, "", "## Names", "", *names]
    (ROOT / "target" / "parity.md").write_text("\n".join(page), encoding="utf-8")
    for problem in [*failed, *missing]:
        print(problem)  # noqa: T201
    counts = f"{len(cases) - 2} cases, {len(failed)} of a language not passed, {len(missing)} names that differ"
    print(f"target/parity.md: {counts}")  # noqa: T201
    sys.exit(1 if failed or missing else 0)


if __name__ == "__main__":
    main()
