"""The packaged crates, unpacked outside of the repository: each passes its own tests."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from conftest import execute, only
from project import CARGO, ROOT

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("runtype-mock", "runtype-surface")


@pytest.fixture(scope="module")
def workspace(scratch: Path) -> Path:
    """A workspace of the two crates, where each finds the other as it would in a registry."""
    folder = scratch / "crates"
    folder.mkdir()
    members = []
    for name in NAMES:
        with tarfile.open(only(f"{name}-*.crate")) as archive:
            archive.extractall(folder, filter="data")
        members.append(f"{name}-{CARGO['version']}")
    patches = "\n".join(f'{name} = {{ path = "{member}" }}' for name, member in zip(NAMES, members, strict=True))
    # The profile of the repository, so that dependencies are built once.
    profile = '[profile.dev]\ndebug = "line-tables-only"\n[profile.dev.package."*"]\ndebug = false\n'
    members_toml = json.dumps(members)
    text = f'[workspace]\nresolver = "3"\nmembers = {members_toml}\n[patch.crates-io]\n{patches}\n{profile}'.replace(
        "'", '"'
    )
    (folder / "Cargo.toml").write_text(text)
    (folder / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
    return folder


def cargo(workspace: Path, *arguments: str) -> str:
    return execute(
        "cargo", *arguments, cwd=workspace, env=dict(os.environ) | {"CARGO_TARGET_DIR": str(ROOT / "target" / "crates")}
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_crate_passes_its_own_tests(workspace: Path, name: str) -> None:
    said = cargo(workspace, "test", "--package", name)
    assert "test result: ok" in said
    assert "FAILED" not in said


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_crate_has_its_metadata_and_papers(name: str) -> None:
    with tarfile.open(only(f"{name}-*.crate")) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers()}
        manifest = archive.extractfile(f"{name}-{CARGO['version']}/Cargo.toml")
        assert manifest is not None
        text = manifest.read().decode()
    for field in ("description", "documentation", "repository", "keywords", "categories", "license", "rust-version"):
        assert f"\n{field} = " in text, field
    assert {"README.md", "LICENSE-MIT", "LICENSE-APACHE"} <= names
    assert ("conformance/key.json" in names) == (name == "runtype-mock")
    assert not any(one.startswith(("npm/", "python/", "fuzz/")) for one in names)


def test_the_minimal_set_of_features_compiles_and_passes_the_conformance_suite(workspace: Path) -> None:
    options = ["--package", "runtype-surface", "--no-default-features", "--test", "conformance"]
    said = cargo(workspace, "test", *options)
    assert "test result: ok" in said


def test_neither_crate_needs_the_other_at_run_time(workspace: Path) -> None:
    for name, other in (NAMES, NAMES[::-1]):
        tree = cargo(workspace, "tree", "--package", name, "--edges", "normal,build", "--prefix", "none")
        assert name in tree
        assert f"{other} v" not in tree
