"""The conformance suite's conditions and placeholders; see `mock-server/conformance/README.md`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


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


def check(expected: Any, found: Any, path: str) -> None:
    """Fails where what was found differs from what was expected."""
    problem = f"{path}: expected {expected}, found {found}"
    if isinstance(expected, dict):
        if set(expected) == {"all"}:
            for condition in expected["all"]:
                check(condition, found, path)
        elif set(expected) <= {"from", "to"} or (len(expected) == 1 and set(expected) <= set(CONDITIONS)):
            assert all(CONDITIONS[name](wanted, found) for name, wanted in expected.items()), problem
        else:
            assert isinstance(found, dict), problem
            for name, field in expected.items():
                inner = f"{path}.{name}"
                if name == "output":
                    assert json.dumps(field, sort_keys=True) == json.dumps(found.get(name), sort_keys=True), inner
                else:
                    check(field, found.get(name), inner)
    elif isinstance(expected, list):
        assert isinstance(found, list), problem
        assert len(found) == len(expected), problem
        for number, (item, entry) in enumerate(zip(expected, found, strict=True)):
            check(item, entry, f"{path}[{number}]")
    else:
        assert expected == found and isinstance(expected, bool) == isinstance(found, bool), problem  # noqa: PT018
