"""The npm packages, installed from their tarballs into an empty folder, without Rust."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from conftest import clean_environment, execute, only, readme_block, suite
from project import DIST, PLATFORMS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ROOT / "packaging" / "node_modules"
NODE = shutil.which("node")
CALL = "console.log(JSON.stringify(await new Client().call('echo', { a: 1 })))"
COMMONJS = "(async () => { const { Client } = require('runtype-surface'); " + CALL + " })()"
MODULE = "import { Client } from 'runtype-surface'; " + CALL


class Application:
    """A folder in which the packages are installed."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        folder.mkdir()
        self.env = clean_environment(folder / "node_modules" / ".bin")
        (folder / "package.json").write_text('{ "private": true }')
        tarballs = sorted(DIST.glob("*.tgz"))
        assert len(tarballs) == 4, "run `make dist`"
        # The packages of other platforms are in no registry that this test may ask.
        self.run("npm", "install", "--offline", "--no-audit", "--no-fund", *options, *map(str, tarballs))

    def run(self, *command: str | Path) -> str:
        return execute(*command, cwd=self.folder, env=self.env)

    def on_mock(self, *command: str | Path) -> str:
        """What a program prints that runs beside a mock."""
        return self.run("runtype-mock", "run", "--log", "none", "--", *command).strip()

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return name


@pytest.fixture(scope="module")
def application(scratch: Path) -> Application:
    return Application(scratch / "application")


def test_there_is_no_rust_in_the_environment(application: Application) -> None:
    assert shutil.which("cargo", path=application.env["PATH"]) is None


def test_only_the_packages_of_this_platform_are_installed(application: Application) -> None:
    scope = application.folder / "node_modules" / PLATFORMS["scope"]
    assert len(list(scope.iterdir())) == 2


@pytest.mark.parametrize(("name", "program"), [("call.cjs", COMMONJS), ("call.mjs", MODULE)])
def test_a_program_runs_in_node(application: Application, name: str, program: str) -> None:
    assert application.on_mock("node", application.write(name, program)) == '{"a":1}'


def test_a_program_runs_in_bun(application: Application) -> None:
    name = application.write("bun.mjs", MODULE)
    assert application.on_mock(TOOLS / ".bin" / "bun", "run", name) == '{"a":1}'


def test_a_program_runs_in_deno(application: Application) -> None:
    name = application.write("deno.mjs", MODULE)
    said = application.on_mock(TOOLS / ".bin" / "deno", "run", "--allow-all", "--node-modules-dir=manual", name)
    assert said.splitlines()[-1] == '{"a":1}'


def test_the_first_example_of_the_readme_compiles_and_runs(application: Application) -> None:
    (application.folder / "node_modules" / "@types").mkdir(exist_ok=True)
    types = application.folder / "node_modules" / "@types" / "node"
    if not types.exists():
        types.symlink_to(TOOLS / "@types" / "node")
    name = application.write("first.mts", readme_block(ROOT / "README.md", "ts"))
    options = ["--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"]
    application.run(TOOLS / ".bin" / "tsc", *options, name)
    assert application.on_mock("node", "first.mjs") == "A long text."


def test_a_bundle_runs_beside_the_external_package(application: Application) -> None:
    name = application.write("bundled.mjs", MODULE)
    options = ["--bundle", "--platform=node", "--format=esm", "--external:runtype-surface", "--outfile=bundle.mjs"]
    application.run(TOOLS / ".bin" / "esbuild", name, *options)
    assert application.on_mock("node", "bundle.mjs") == '{"a":1}'


def test_the_first_offline_test_runs(application: Application) -> None:
    name = application.write("revoked.test.mjs", readme_block(ROOT / "mock-server/npm/README.md", "js"))
    said = application.run("node", "--test", "--test-reporter=tap", name)
    assert "# pass 1\n" in said
    assert "# fail 0\n" in said


def test_the_conformance_suite_passes(application: Application) -> None:
    tests = suite(application.folder, "sdk-node/test")
    said = execute(str(NODE), "--test", "--test-reporter=tap", "conformance.test.mjs", cwd=tests, env=application.env)
    assert "# fail 0\n" in said
    assert int(said.split("# pass ")[1].split("\n")[0]) >= 150


def test_without_optional_dependencies_the_error_says_what_is_missing(scratch: Path) -> None:
    folder = scratch / "omitted"
    folder.mkdir()
    env = clean_environment()
    (folder / "package.json").write_text('{ "private": true }')
    install = ["npm", "install", "--offline", "--omit=optional", "--no-audit", "--no-fund"]
    execute(*install, only("runtype-surface-[0-9]*.tgz"), cwd=folder, env=env)
    program = "try { require('runtype-surface') } catch (error) { console.log(error.message) }"
    said = execute(str(NODE), "--eval", program, cwd=folder, env=env)
    assert "needs its optional dependency @" in said
    assert "without --omit=optional" in said
