"""The test kit, as an application's author uses it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import runtype_mock
from runtype_mock import MockError, MockSurface, find_binary
from runtype_surface import (
    APIConnectionError,
    AuthenticationError,
    Client,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_a_mock_of_ones_own_starts_and_stops() -> None:
    with MockSurface() as mock:
        assert mock.client().call("echo", {"a": 1}) == {"a": 1}
        assert asyncio.run(mock.async_client().call("echo", {"a": 1})) == {"a": 1}
        client = mock.client(max_retries=0)
    with pytest.raises(APIConnectionError):
        client.call("echo")
    with MockSurface() as one, MockSurface() as other:
        assert one.base_url != other.base_url


def test_its_variables_configure_a_client(runtype_mock: MockSurface, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in runtype_mock.env.items():
        monkeypatch.setenv(name, value)
    assert Client().call("echo", {"a": 1}) == {"a": 1}


def test_keys_are_minted_and_revoked(runtype_mock: MockSurface) -> None:
    scoped = runtype_mock.client(api_key=runtype_mock.mint_key(scopes=["summarize-article"]))
    scoped.call("summarize-article", {"input": "One. Two."})
    with pytest.raises(PermissionDeniedError):
        scoped.call("echo")
    key = runtype_mock.mint_key(expires_at="2030-01-01T00:00:00Z")
    client = runtype_mock.client(api_key=key)
    client.call("echo")
    runtype_mock.revoke_key(key)
    with pytest.raises(AuthenticationError):
        client.call("echo")
    runtype_mock.revoke_key()
    with pytest.raises(AuthenticationError):
        runtype_mock.client().call("echo")


def test_the_clock_moves_on(runtype_mock: MockSurface) -> None:
    # Windows begin at the full minute: two calls at its end are not in one.
    runtype_mock.control("POST", "clock", {"now": "2040-01-01T12:00:05Z"})
    client = runtype_mock.client(api_key=runtype_mock.mint_key(rate_limit_per_minute=1), max_retries=0)
    client.call("echo")
    with pytest.raises(RateLimitError):
        client.call("echo")
    runtype_mock.advance_clock(61)
    client.call("echo")


def test_capabilities_come_and_go(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    runtype_mock.put_capability("count", answer={"kind": "fixed", "output": {"words": 3}})
    assert client.call("count") == {"words": 3}
    runtype_mock.remove_capability("count")
    with pytest.raises(NotFoundError):
        client.call("count")


def test_a_surface_pauses(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client(max_retries=0)
    runtype_mock.pause()
    with pytest.raises(ServerError, match="Surface is paused"):
        client.call("echo")
    runtype_mock.resume()
    client.call("echo")


def test_faults_are_applied_and_the_journal_shows_them(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    runtype_mock.inject("status", capability="echo", status=503, headers={"Retry-After": "0"}, times=2)
    client.call("echo", {"a": 1})
    client.call("summarize-article", {"input": "x"})
    journal = runtype_mock.journal("echo")
    assert [request["status"] for request in journal] == [503, 503, 200]
    assert (journal[0]["body"], journal[0]["key_hint"]) == ({"a": 1}, "papi_…full")
    assert len(runtype_mock.journal()) == 4
    runtype_mock.inject("reset")
    runtype_mock.clear_faults()
    client.call("echo")


def test_each_test_has_the_mock_as_it_is_in_the_beginning(runtype_mock: MockSurface) -> None:
    assert runtype_mock.journal() == []
    runtype_mock.client().call("echo")
    with pytest.raises(NotFoundError):
        runtype_mock.client().call("count")


def test_what_the_mock_refuses_is_an_error_that_says_why(runtype_mock: MockSurface) -> None:
    with pytest.raises(MockError, match="POST faults: 400"):
        runtype_mock.inject("no such fault")
    with pytest.raises(MockError, match="the journal is not as wanted"):
        runtype_mock.wait_for(lambda journal: len(journal) == 7, seconds=0.01)


def test_a_configuration_that_is_wrong_is_an_error_that_says_why(tmp_path: Path) -> None:
    file = tmp_path / "mock.toml"
    file.write_text("surprise = true\n")
    with pytest.raises(MockError, match=r"(?s)the mock did not start: .*surprise"):
        MockSurface(config=file)


def test_a_configuration_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mock.toml"
    subprocess.run([find_binary(), "init", str(file)], check=True, stdout=subprocess.DEVNULL)
    with MockSurface(config=file, seed=7) as mock:
        assert mock.client().endpoint.product_id == mock.product_id


def test_the_binary_is_named_or_packaged_or_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = find_binary()
    monkeypatch.setenv("RUNTYPE_MOCK_BIN", str(tmp_path / "absent"))
    with pytest.raises(FileNotFoundError, match=r"RUNTYPE_MOCK_BIN is .*absent"):
        find_binary()
    monkeypatch.delenv("RUNTYPE_MOCK_BIN")
    installed = tmp_path / "installed"
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(installed))
    # The npm package has a command of the same name, which is not the binary.
    scripts, path = tmp_path / "scripts", tmp_path / "path"
    for folder in (scripts, path):
        folder.mkdir()
    (scripts / binary.name).write_text("#!/usr/bin/env python\n")
    (scripts / binary.name).chmod(0o755)
    monkeypatch.setenv("PATH", str(scripts))
    with pytest.raises(FileNotFoundError, match="cargo install runtype-mock"):
        find_binary()
    (path / binary.name).symlink_to(binary)
    monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{path}")
    assert find_binary() == path / binary.name
    installed.mkdir()
    (installed / binary.name).symlink_to(binary)
    assert find_binary() == installed / binary.name


def test_the_module_runs_the_binary() -> None:
    program = [sys.executable, "-m", "runtype_mock"]
    command = ["run", "--", "sh", "-c", 'test "$RUNTYPE_PRODUCT_ID" = prod_demo && exit 7']
    done = subprocess.run([*program, *command], env=os.environ | {"RUNTYPE_MOCK_BIN": str(find_binary())})
    assert done.returncode == 7


def test_a_test_run_that_uses_no_mock_loads_none_of_it() -> None:
    program = (
        "import sys, runtype_mock._pytest_plugin\n"
        "sys.exit(bool({'runtype_mock._mock_surface', 'runtype_surface'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_fixtures_configure_a_client_and_an_application(
    runtype_mock: MockSurface, runtype_client: Client, runtype_env: Mapping[str, str]
) -> None:
    runtype_client.call("echo")
    Client().call("echo")
    subprocess.run(
        [sys.executable, "-c", "from runtype_surface import Client; Client().call('echo')"], env=os.environ, check=True
    )
    assert [request["path"].startswith("/v1/products/") for request in runtype_mock.journal("echo")] == [True] * 3
    assert runtype_env == runtype_mock.env


# Imports of the SDK fail, as where it is not installed.
WITHOUT_SDK = """
import sys
sys.modules["runtype_surface"] = None
"""


def run_without_sdk(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_SDK + textwrap.dedent(program)], stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def test_without_the_sdk_any_client_can_use_the_mock() -> None:
    program = """
        import json, urllib.request
        from runtype_mock import MockSurface

        with MockSurface() as mock:
            request = urllib.request.Request(
                f"{mock.base_url}/v1/products/{mock.product_id}/surfaces/{mock.surface_id}/api/echo",
                data=b'{"a": 1}',
                headers={"Authorization": f"Bearer {mock.api_key}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request) as response:
                print(json.load(response), mock.journal("echo")[0]["status"])
    """
    assert run_without_sdk(program) == "{'a': 1} 200\n"


@pytest.mark.parametrize("method", ["client", "async_client"])
def test_a_client_without_the_sdk_is_an_error_that_says_what_to_install(method: str) -> None:
    program = f"""
        from runtype_mock import MockSurface

        with MockSurface() as mock:
            try:
                mock.{method}()
            except ImportError as error:
                print(error)
    """
    said = run_without_sdk(program)
    assert re.match(
        "this method returns a client of the package runtype-surface, which is not installed: `pip", said
    ), said


def test_the_pytest_plugin_is_of_this_package_alone() -> None:
    from importlib.metadata import distribution

    sdk = distribution("runtype-surface")
    assert not list(sdk.entry_points)
    assert {entry.name for entry in distribution("runtype-mock").entry_points.select(group="pytest11")} == {
        "runtype_mock"
    }


README = Path(__file__).parents[1] / "README.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
EXAMPLES += [textwrap.dedent(block) for block in re.findall(r"\n\n((?: {4}.*\n|\n)+)", runtype_mock.__doc__ or "")]


@pytest.mark.parametrize("example", EXAMPLES, ids=["a test", "without pytest", "doc comment"])
def test_an_example_runs(example: str, tmp_path: Path) -> None:
    file = tmp_path / "test_example.py"
    file.write_text(example)
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)] if "def test_" in example else [str(file)]
    subprocess.run([sys.executable, *command], check=True, cwd=tmp_path)
