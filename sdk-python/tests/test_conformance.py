"""Runs the conformance suite, `mock-server/conformance/`, in both clients."""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import runtype_surface
from runtype_mock import MockSurface
from runtype_surface import AsyncClient, CallCancelledError, Client, SurfaceError
from support.conversion import Application, facts, options_of
from support.expectation import check, check_outcome, load, replace
from support.perform import at_once, read, run, until, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from runtype_surface import CallResult

FOLDER = Path(__file__).parents[2] / "mock-server" / "conformance"
CASES = [
    pytest.param(case, kind, id=f"{file.stem}: {case['name']} [{kind.__name__}]")
    for file in sorted(FOLDER.glob("*.json"))
    if file.stem != "schema"
    for case in load(file)
    for kind in (Client, AsyncClient)
]
assert len(CASES) >= 2 * 150
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[object, Future[None]]]:
    with MockSurface() as mock, at_once(request.session.items, partial(run_case, mock)) as runs:
        yield runs


@pytest.mark.parametrize(("case", "kind"), CASES)
def test_conformance(case: dict[str, Any], kind: type[Client | AsyncClient], runs: dict[object, Future[None]]) -> None:
    runs[case["name"], kind].result()


def run_case(mock: MockSurface, case: dict[str, Any], kind: type[Client | AsyncClient]) -> None:
    assert set(case) <= {"name", "surface", "environment", "client", "steps", "journal"}, list(case)
    with tempfile.TemporaryDirectory() as folder:
        Run(kind, mock, Path(folder), case).steps()


class Run:
    """One case in one client."""

    def __init__(
        self,
        kind: type[Client | AsyncClient],
        mock: MockSurface,
        folder: Path,
        case: dict[str, Any],
    ) -> None:
        self.kind, self.mock, self.folder, self.case = kind, mock, folder, case
        self.client: Any = None
        self.application = Application()
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
                    check_outcome(call, expected, self.outcome(call))
                case {"control": {"method": method, "path": path, **body}}:
                    self.control(method, path, body.get("body"))
                case {"write": {"file": file, "text": text}}:
                    (self.folder / file).write_bytes(text.encode())
                case {"set": variables}:
                    self.set(variables)
                case {"journal_shows": journal}:
                    self.journal_shows(journal)
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
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    def control(self, method: str, path: str, body: Any) -> Any:
        return self.mock.control(method, path.lstrip("/"), body, query={"surface": self.surface_id})

    def journal_shows(self, expected: list[Any]) -> None:
        until(lambda: check(expected, self.control("GET", "journal", None)["requests"], "journal"))

    def outcome(self, call: dict[str, Any]) -> dict[str, Any]:
        events: list[Any] = []
        try:
            found = self.call(events, **call)
        except (CallCancelledError, asyncio.CancelledError):
            # A closed client is what cancels a call of `Client`; the next step makes another.
            self.client, found = None if self.kind is Client else self.client, {"cancelled": True}
        except SurfaceError as error:
            found = {"error": self.told(error), "events": [facts(event) for event in events]}
        assert not any(key in repr(self.application.told) for key in self.keys), "a hook was told a key"
        return found | {"asked": self.application.asked, "told": self.application.told}

    def told(self, error: SurfaceError) -> dict[str, Any]:
        for text in (str(error), repr(error), repr(error.__dict__)):
            assert not any(key in text for key in self.keys), "the error shows a key"
        return facts(error) | {"class": type(error).__name__, "text": str(error)}

    def call(
        self,
        events: list[Any],
        capability: str = "",
        method: str = "call",
        input: Any = None,
        inputs: Any = None,
        options: Any = None,
        cancel_once: Any = None,
        leave_after: int | None = None,
        read_first: int = 0,
    ) -> dict[str, Any]:
        if method == "slug":
            return {"output": runtype_surface.capability_slug(capability)}
        if self.client is None:
            given = options_of(self.fill(self.case.get("client", {})), self.kind, self.application)
            self.client = self.kind.from_env(self.prefix, **given)
        client, given = self.client, options_of(options or {}, self.kind, self.application)

        def awaited(call: Callable[[], Any]) -> Any:
            return run(call, client, None if cancel_once is None else lambda: self.journal_shows(cancel_once))

        match method:
            case "build":
                return {"output": None}
            case "endpoint_url":
                return {"output": client.endpoint_url(capability)}
            case "call":
                response = awaited(lambda: client.call_with_response(capability, input, **given))
            case "openapi":
                response = awaited(lambda: client.openapi_with_response(**given))
            case "stream":
                stream: list[Any] = []
                awaited(lambda: read(client.stream(capability, input, **given), events, leave_after, stream))
                return {"output": [facts(event) for event in events], "response": facts(stream[0])}
            case "stream_text" | "stream_final_output":
                opened = client.stream(capability, input, **given)
                output = awaited(lambda: whole(opened, method.removeprefix("stream_"), read_first))
                return {"output": output, "response": facts(opened)}
            case "call_many":
                results: list[Any] = []
                awaited(lambda: read(client.call_many(capability, inputs, **given), results))
                return {"output": [self.numbered(result) for result in results]}
            case _:
                pytest.fail(f"no such method: {method}")
        return {"output": response.output, "response": facts(response)}

    def numbered(self, result: CallResult) -> dict[str, Any]:
        of = {"index": result.index, "input": result.input}
        if result.error is not None:
            assert not result.ok
            return of | {"error": self.told(result.error)}
        assert result.ok
        assert result.response is not None
        return of | {"output": result.output, "response": facts(result.response)}
