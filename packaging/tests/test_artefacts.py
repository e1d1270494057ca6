"""What each package holds, and what it needs of the machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import sizes
from conftest import execute, only
from project import DIST, PLATFORMS, ROOT, host, platform

BIN = Path(sys.executable).parent
SCOPE = PLATFORMS["scope"].removeprefix("@")
HERE = platform(host())["name"]
SDK_WHEEL, MOCK_WHEEL, SDIST = "runtype_surface-*.whl", "runtype_mock-*.whl", "runtype_surface-*.tar.gz"
SDK_NPM, MOCK_NPM = "runtype-surface-[0-9]*.tgz", "runtype-mock-[0-9]*.tgz"
SDK_NATIVE, MOCK_NATIVE = f"{SCOPE}-{HERE}-*.tgz", f"{SCOPE}-mock-{HERE}-*.tgz"
BINARY = [SDK_WHEEL, MOCK_WHEEL, SDK_NATIVE, MOCK_NATIVE]


def read(pattern: str, name: str) -> bytes:
    """A file of an artefact, by a pattern of its name."""
    path = only(pattern)
    found = [one for one in sizes.contents(path) if re.search(name, one)]
    assert len(found) == 1, f"{path.name} has {len(found)} files like {name}"
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return wheel.read(found[0])
    with tarfile.open(path) as archive:
        member = archive.extractfile(found[0])
        assert member is not None
        return member.read()


@pytest.mark.parametrize("artefact", [SDK_WHEEL, SDIST, SDK_NPM, SDK_NATIVE])
def test_the_sdk_holds_nothing_of_the_mock(artefact: str) -> None:
    names = list(sizes.contents(only(artefact)))
    assert names
    assert [name for name in names if re.search(r"mock|testing|pytest|conformance", name)] == []


def test_the_sdk_has_no_entry_point_and_no_install_script() -> None:
    assert not [name for name in sizes.contents(only(SDK_WHEEL)) if name.endswith("entry_points.txt")]
    for pattern in (SDK_NPM, MOCK_NPM, SDK_NATIVE, MOCK_NATIVE):
        manifest = json.loads(read(pattern, r"^package/package\.json$"))
        assert "scripts" not in manifest
        assert manifest.get("dependencies", {}) == {}


@pytest.mark.parametrize(("main", "prefix"), [(SDK_NPM, ""), (MOCK_NPM, "mock-")])
def test_the_platform_packages_are_optional_dependencies_of_one_scope(main: str, prefix: str) -> None:
    manifest = json.loads(read(main, r"^package/package\.json$"))
    names = [f"@{SCOPE}/{prefix}{one['name']}" for one in PLATFORMS["platforms"]]
    assert manifest["optionalDependencies"] == dict.fromkeys(names, manifest["version"])


@pytest.mark.parametrize("native", [SDK_NATIVE, MOCK_NATIVE])
def test_a_platform_package_says_where_it_runs(native: str) -> None:
    manifest = json.loads(read(native, r"^package/package\.json$"))
    here = platform(host())
    assert (manifest["os"], manifest["cpu"], manifest.get("libc")) == (
        [here["os"]],
        [here["cpu"]],
        [here["libc"]] if "libc" in here else None,
    )


@pytest.mark.parametrize("artefact", BINARY)
def test_a_binary_package_has_its_bill_of_materials(artefact: str) -> None:
    text = read(artefact, r"(\.cyclonedx\.json|SBOM\.cdx\.json)$").decode()
    bill = json.loads(text)
    version = {"1.5": SchemaVersion.V1_5, "1.6": SchemaVersion.V1_6}[bill["specVersion"]]
    assert JsonStrictValidator(version).validate_str(text) is None
    names = {component["name"] for component in bill["components"]}
    assert {"tokio", "serde_json"} <= names
    assert ("wiremock" in names) == ("mock" in artefact)


@pytest.mark.parametrize("artefact", BINARY)
def test_a_binary_package_has_the_licences_of_all_that_is_in_it(artefact: str) -> None:
    licences = read(artefact, r"LICENSE-THIRD-PARTY$").decode()
    bill = json.loads(read(artefact, r"(\.cyclonedx\.json|SBOM\.cdx\.json)$"))
    listed = set(re.findall(r"^([\w-]+) [\d.]+\S*: ", licences, re.MULTILINE))
    ours = {"runtype-surface", "runtype-surface-python", "runtype-surface-node", "runtype-mock", "_native"}
    # Crates that run at build time only are in maturin's bill, and not in the binary.
    missing = {one["name"] for one in bill["components"]} - listed - ours
    assert missing <= built_with(artefact), missing
    assert "Permission is hereby granted, free of charge" in licences
    for name in ("MIT", "APACHE"):
        read(artefact, rf"LICENSE-{name}$")


def built_with(artefact: str) -> set[str]:
    """The crates that only build scripts use."""
    crate = "runtype-mock" if "mock" in artefact else "runtype-surface-python"
    command = ["cargo", "tree", "--locked", "--prefix", "none", "--format", "{p}", "--package", crate]
    trees = [
        subprocess.run([*command, "--edges", edges], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        for edges in ("normal,build", "normal")
    ]
    everything, linked = (set(re.findall(r"^([\w-]+) v\d", tree, re.MULTILINE)) for tree in trees)
    return everything - linked


@pytest.mark.parametrize("pattern", [SDK_NPM, MOCK_NPM])
def test_an_npm_package_is_well_formed(pattern: str) -> None:
    tools = ROOT / "packaging" / "node_modules" / ".bin"
    env = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(Path.home())}
    execute(tools / "publint", "run", "--strict", only(pattern), cwd=ROOT, env=env)
    # `node10` has no export map, and no types of its own are needed for `package.json`.
    execute(
        tools / "attw", only(pattern), "--profile", "strict", "--exclude-entrypoints", "package.json", cwd=ROOT, env=env
    )


def test_the_python_packages_are_well_formed() -> None:
    execute(
        sys.executable,
        "-m",
        "twine",
        "check",
        "--strict",
        only(SDK_WHEEL),
        only(MOCK_WHEEL),
        only(SDIST),
        cwd=ROOT,
        env={},
    )


def test_the_checksums_are_those_of_the_files() -> None:
    said = execute("sha256sum", "--check", "SHA256SUMS", cwd=DIST, env={"PATH": "/usr/bin:/bin"})
    assert len(said.splitlines()) == len(sizes.artefacts())


def test_a_package_above_a_limit_is_refused() -> None:
    assert sizes.problems(6e6, 0.4e6) == []
    assert [problem.split(":")[0] for problem in sizes.problems(6.6e6, 0.6e6)] == ["code", "licences and SBOM"]
    assert [problem.split(":")[0] for problem in sizes.problems(8e6, 0.1e6)] == ["code", "together"]
