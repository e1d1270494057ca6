"""The conformance suite's conditions and placeholders; see `mock-server/conformance/README.md`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def replace(value: Any, places: dict[str, str]) -> Any:
    """Replaces texts in every string."""
    if isinstance(value, str):
        for name, text in places.items():
            value = value.replace(name, text)
        return value
    if isinstance(value, dict):
        return {name: replace(field, places) for name, field in value.items()}
    return [replace(item, places) for item in value] if isinstance(value, list) else value


CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "contains": lambda wanted, found: isinstance(found, str) and wanted in found,
    "lacks": lambda wanted, found: isinstance(found, str) and wanted not in found,
    "matches": lambda wanted, found: isinstance(found, str) and re.search(wanted, found) is not None,
    "length": lambda wanted, found: isinstance(found, str) and len(found.encode()) == wanted,
    "absent": lambda _, found: found is None,
    "present": lambda _, found: found is not None,
    "from": lambda wanted, found: isinstance(found, (int, float)) and found >= wanted,
    "to": lambda wanted, found: isinstance(found, (int, float)) and found <= wanted,
}


def load(file: Path) -> list[dict[str, Any]]:
    """The cases of a file, none of which says the same thing twice."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        assert len(fields) == len(pairs), f"{file}: a field is there twice among {[name for name, _ in pairs]}"
        return fields

    cases: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=distinct)
    return cases


def check_outcome(call: dict[str, Any], expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Fails where what came of a call differs from what was expected."""
    # Another outcome is told in its own words first: it says why.
    for outcome in ("output", "error", "cancelled"):
        problem = found.get("error", {}).get("text", found)
        assert outcome not in expected or outcome in found, f"expected {outcome}, found: {problem}"
    if "output" in expected:
        match call.get("method"):
            case "stream" | "openapi":
                check(expected["output"], found["output"], "output")
            case "call_many":
                check_results(expected["output"], found["output"])
            case _:
                check_equal(expected["output"], found["output"], "output")
    check({name: field for name, field in expected.items() if name != "output"}, found, "expect")


def check_results(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    """Of many calls, each output is compared as that of one."""
    others = [{name: field for name, field in result.items() if name != "output"} for result in expected]
    check(others, found, "output")
    for at, result in enumerate(expected):
        if "output" in result:
            check_equal(result["output"], found[at].get("output"), f"output[{at}].output")


def check_equal(expected: Any, found: Any, path: str) -> None:
    """Fails where an output differs: it is compared whole, so that no field too many goes unseen."""

    def equal(expected: Any, found: Any) -> bool:
        if isinstance(expected, dict):
            same = isinstance(found, dict) and expected.keys() == found.keys()
            return same and all(equal(field, found[name]) for name, field in expected.items())
        if isinstance(expected, list):
            same = isinstance(found, list) and len(expected) == len(found)
            return same and all(map(equal, expected, found))
        return equal_value(expected, found)

    assert equal(expected, found), f"{path}: expected {expected}, found {found}"


def equal_value(expected: Any, found: Any) -> bool:
    # 1 and 1.0 are one number, and True is none.
    return expected == found and isinstance(expected, bool) == isinstance(found, bool)


def check(expected: Any, found: Any, path: str) -> None:
    """Fails where what was found differs from what was expected, of which objects are subsets."""
    problem = f"{path}: expected {expected}, found {found}"
    if isinstance(expected, dict):
        if set(expected) == {"all"}:
            for condition in expected["all"]:
                check(condition, found, path)
        elif expected and (
            set(expected) <= {"from", "to"} or (len(expected) == 1 and set(expected) <= set(CONDITIONS))
        ):
            assert all(CONDITIONS[name](wanted, found) for name, wanted in expected.items()), problem
        else:
            assert isinstance(found, dict), problem
            for name, field in expected.items():
                check(field, found.get(name), f"{path}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), problem
        assert len(found) == len(expected), problem
        for number, (item, entry) in enumerate(zip(expected, found, strict=True)):
            check(item, entry, f"{path}[{number}]")
    else:
        assert equal_value(expected, found), problem
