"""Runs the conformance suite, `mock-server/conformance/`, in both clients."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import runtype_surface
from expectation import check, replace
from runtype_surface import Answer, AsyncClient, Client, RuntypeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_surface import Attempt
    from runtype_surface.testing import MockSurface

FOLDER = Path(__file__).parents[2] / "mock-server" / "conformance"
CASES = [
    pytest.param(case, kind, id=f"{file.stem}: {case['name']} [{kind.__name__}]")
    for file in sorted(FOLDER.glob("*.json"))
    if file.stem != "schema"
    for case in json.loads(file.read_text(encoding="utf-8"))
    for kind in (Client, AsyncClient)
]
FIELDS = {"name", "surface", "environment", "client", "steps", "journal"}
NUMBERS = itertools.count()


@pytest.mark.parametrize(("case", "kind"), CASES)
def test_conformance(
    case: dict[str, Any],
    kind: type[Client | AsyncClient],
    runtype_mock: MockSurface,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert set(case) <= FIELDS, f"a case has no field {set(case) - FIELDS}"
    Run(kind, runtype_mock, monkeypatch, tmp_path, case).steps()


def test_the_suite_is_there() -> None:
    assert len(CASES) >= 200


class Run:
    """One case in one client."""

    def __init__(
        self,
        kind: type[Client | AsyncClient],
        mock: MockSurface,
        monkeypatch: pytest.MonkeyPatch,
        folder: Path,
        case: dict[str, Any],
    ) -> None:
        self.kind, self.mock, self.monkeypatch, self.folder, self.case = kind, mock, monkeypatch, folder, case
        self.client: Any = None
        self.asked = 0
        defaults = {"capabilities": [{"slug": "echo"}], "keys": [{}]}
        surface = mock.control("POST", "surfaces", defaults | case.get("surface", {}))
        self.surface_id = surface["surface_id"]
        self.keys = [key["key"] for key in surface["keys"]]
        base_url = surface["env"]["RUNTYPE_BASE_URL"]
        self.places = {
            "{base_url}": base_url,
            "{product_id}": surface["product_id"],
            "{surface_id}": self.surface_id,
            "{endpoint}": f"{base_url}/v1/products/{surface['product_id']}/surfaces/{self.surface_id}/api",
            "{key}": next(iter(self.keys), ""),
            "{dir}": str(folder),
        }
        self.prefix = f"CASE_{next(NUMBERS)}_RUNTYPE"
        self.set(surface["env"] | self.fill(case.get("environment", {})))

    def steps(self) -> None:
        for number, step in enumerate(self.fill(self.case["steps"]), 1):
            match step:
                case {"call": call, "expect": expected, **rest} if not rest:
                    expected = replace(expected, {"RUNTYPE_": f"{self.prefix}_"})
                    check(expected, self.outcome(call), f"step {number}")
                case {"control": {"method": method, "path": path, **body}}:
                    self.control(method, path, body.get("body"))
                case {"write": {"file": file, "text": text}}:
                    (self.folder / file).write_bytes(text.encode())
                case {"set": variables}:
                    self.set(variables)
                case {"pause_ms": pause}:
                    time.sleep(pause / 1e3)
                case _:
                    pytest.fail(f"step {number}: no such step: {step}")
        if "journal" in self.case:
            check(self.fill(self.case["journal"]), self.control("GET", "journal", None)["requests"], "journal")

    def fill(self, value: Any) -> Any:
        return replace(value, self.places)

    def set(self, variables: dict[str, str | None]) -> None:
        for name, value in variables.items():
            name = name.replace("RUNTYPE", self.prefix, 1)
            if value is None:
                self.monkeypatch.delenv(name, raising=False)
            else:
                self.monkeypatch.setenv(name, value)

    def control(self, method: str, path: str, body: Any) -> Any:
        return self.mock.control(method, path.lstrip("/"), body, query={"surface": self.surface_id})

    def outcome(self, call: dict[str, Any]) -> dict[str, Any]:
        try:
            result = self.call(**call)
        except RuntypeError as error:
            for text in (str(error), repr(error), repr(error.__dict__)):
                assert not any(key in text for key in self.keys), "the error shows a key"
            return {"error": facts(error) | {"class": type(error).__name__, "text": str(error)}, "asked": self.asked}
        if isinstance(result, Answer):
            return {"output": result.output, "answer": facts(result), "asked": self.asked}
        return {"output": result, "asked": self.asked}

    def call(self, capability: str = "", method: str = "call", input: Any = None, options: Any = None) -> Any:
        if method == "slug":
            return runtype_surface.capability_slug(capability)
        if self.client is None:
            given: dict[str, Any] = {"env_prefix": self.prefix}
            self.client = self.kind(**(given | self.options(self.fill(self.case.get("client", {})))))
        match method:
            case "build":
                return None
            case "endpoint_url":
                return self.client.endpoint_url(capability)
            case "call":
                return self.awaited(self.client.call_with_response, capability, input, **self.options(options or {}))
            case "dispatch":
                return self.awaited(self.client.dispatch, capability, input, **self.options(options or {}))
            case "openapi":
                return self.awaited(self.client.openapi, **self.options(options or {}))
        pytest.fail(f"no such method: {method}")

    def awaited(self, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        if self.kind is Client:
            return method(*arguments, **options)

        async def main() -> Any:
            return await method(*arguments, **options)

        return asyncio.run(main())

    def options(self, given: dict[str, Any]) -> dict[str, Any]:
        """Options as Python has them: seconds for milliseconds, a function for a list of keys."""
        options: dict[str, Any] = {}
        for name, value in given.items():
            if name.endswith("_ms") and isinstance(value, (int, float)):
                options[name.removesuffix("_ms")] = value / 1e3
            else:
                options[name.removesuffix("_ms")] = self.key_function(value) if isinstance(value, dict) else value
        return options | ({"headers": given["headers"]} if "headers" in given else {})

    def key_function(self, given: dict[str, Any]) -> Callable[[], Any]:
        def ask() -> str:
            self.asked += 1
            if "function_error" in given:
                raise LookupError(given["function_error"])
            keys: list[str] = given["function"]
            return keys[min(self.asked, len(keys)) - 1]

        async def ask_later() -> str:
            await asyncio.sleep(0)
            return ask()

        return ask if self.kind is Client else ask_later


def facts(of: Answer | RuntypeError | Attempt) -> dict[str, Any]:
    """The fields of an answer, an error or an attempt, as the suite names them."""
    found: dict[str, Any] = {}
    for name in dir(of):
        value = None if name.startswith("_") else getattr(of, name, None)
        if name in ("elapsed", "waited", "started", "retry_after") and value is not None:
            found[f"{name}_ms"] = value * 1e3
        elif name == "attempts":
            found[name] = [facts(attempt) for attempt in value or ()]
        elif name == "headers":
            found[name] = dict(value or ())
        elif name == "rate_limit" and value is not None:
            found[name] = {part: getattr(value, part) for part in ("limit", "remaining", "reset")}
        elif isinstance(value, bytes):
            found[name] = value.decode(errors="replace")
        else:
            found[name] = value
    return found
