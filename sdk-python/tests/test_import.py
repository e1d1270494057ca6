"""What importing the package costs, and what it says of its types."""

from __future__ import annotations

import pickle
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import pytest

import runtype_surface

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = [
    "asyncio",
    "json",
    "typing",
    "dataclasses",
    "datetime",
    "inspect",
    "logging",
    "subprocess",
    "http",
    "runtype_surface._types",
]


def test_importing_loads_nothing_heavy() -> None:
    program = "import sys; sys.path[:] = sys.argv[1].split(':'); import runtype_surface; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, ":".join(sys.path)], stdout=subprocess.PIPE, text=True, check=True
    )
    assert set(done.stdout.split()) & set(HEAVY) == set()


SAMPLE = """
from typing import Any

import runtype_surface
from runtype_surface import CallResponse, AsyncClient, Client


def main(client: Client) -> str:
    output: dict[str, Any] = client.call("summarize-article", {"input": "text"}, timeout=20, retry_mode="idempotent")
    response = client.call_with_response("summarize-article", {"input": "text"}, headers={"X-Trace": "1"})
    reveal_type(response)
    reveal_type(response.request_id)
    reveal_type(client.endpoint.capability)
    try:
        client.call("echo", via_dispatch=True)
    except runtype_surface.RateLimitError as error:
        reveal_type(error.retry_after)
    with Client(api_key=lambda: "key", api_key_file=None, max_retries=3) as other:
        reveal_type(other)
    return str(output)


async def ask() -> str:
    return "key"


async def asynchronous() -> CallResponse:
    async with AsyncClient.from_env("STAGING", api_key=ask) as client:
        reveal_type(client)
        return await client.call_with_response("echo", attempt_timeout=1.5)
"""

WRONG = """
from runtype_surface import AsyncClient, Client

async def ask() -> str:
    return "key"

Client(timeout="20")
Client(timout=20)
Client(api_key=ask)
Client().call("echo", retry_mode="often")
Client().call("echo", "text")
"""


def mypy(tmp_path: Path, source: str) -> str:
    file = tmp_path / "sample.py"
    file.write_text(source)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(tmp_path), str(file)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout


def test_the_types_pass_mypy_strict(tmp_path: Path) -> None:
    said = mypy(tmp_path, SAMPLE)
    assert "error" not in said, said
    revealed = [line.split('"')[1] for line in said.splitlines() if "Revealed type" in line]
    assert [kind.replace("builtins.", "") for kind in revealed] == [
        "runtype_surface._response.CallResponse",
        "str | None",
        "str | None",
        "float | None",
        "runtype_surface._client.Client",
        "runtype_surface._async_client.AsyncClient",
    ]


def test_the_types_refuse_what_cannot_be_right(tmp_path: Path) -> None:
    said = mypy(tmp_path, WRONG)
    assert [line.split(":")[1] for line in said.splitlines() if ": error:" in line] == ["7", "8", "9", "10", "11"], said


@pytest.mark.parametrize("name", ["Client", "AsyncClient"])
def test_every_public_method_is_documented(name: str) -> None:
    import runtype_surface

    kind = getattr(runtype_surface, name)
    assert kind.__doc__
    for method, value in vars(kind).items():
        assert method.startswith("_") or value.__doc__, method


def test_public_classes_have_the_name_by_which_they_are_imported() -> None:
    classes = {name: getattr(runtype_surface, name) for name in runtype_surface.__all__}
    classes = {name: value for name, value in classes.items() if isinstance(value, type)}
    # The types of options are loaded when one is looked up.
    classes = {name: value for name, value in classes.items() if not name.endswith("Options")}
    assert len(classes) > 20
    for name, value in classes.items():
        assert (value.__module__, value.__qualname__) == ("runtype_surface", name)
    error = runtype_surface.NotFoundError("none")
    assert traceback.format_exception_only(error) == ["runtype_surface.NotFoundError: none\n"]
    assert b"runtype_surface._errors" not in pickle.dumps(error)


def test_completion_lists_public_names_only() -> None:
    assert set(runtype_surface.__all__) <= set(dir(runtype_surface))
    assert not {"TYPE_CHECKING", "types"} & set(dir(runtype_surface))
