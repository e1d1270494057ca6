"""The check of versions finds each place that differs, and mends it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import versions

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in versions.rules():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_all_manifests_have_one_version() -> None:
    assert versions.main([]) == 0


def test_a_new_version_in_cargo_toml_is_missing_from_each_other_file(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cargo = copy / "Cargo.toml"
    cargo.write_text(cargo.read_text().replace('\nversion = "', '\nversion = "9', 1))
    assert versions.main([], copy) == 1
    said = capsys.readouterr().err
    for name in versions.rules():
        assert (f"{name}: the version" in said) == (not name.endswith("pyproject.toml")), name
    assert versions.main(["--write"], copy) == 0
    assert versions.main([], copy) == 0
    assert json.loads((copy / "sdk-node/package.json").read_text())["version"].startswith("9")
    assert json.loads((copy / "mock-server/npm/package.json").read_text())["peerDependencies"][
        "runtype-surface"
    ].startswith("9")


def test_a_new_repository_is_missing_from_each_package(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cargo = copy / "Cargo.toml"
    cargo.write_text(cargo.read_text().replace('repository = "https://', 'repository = "https://other.', 1))
    assert versions.main([], copy) == 1
    said = capsys.readouterr().err
    for name in versions.rules():
        assert (f"{name}: the version" in said) == name.endswith(("package.json", "pyproject.toml")), name
