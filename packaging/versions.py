"""Copies the version and the repository's address from Cargo.toml to the other manifests, or checks them.

`versions.py` checks, and names each place that differs; `versions.py --write` mends them. The number itself is set in
`[workspace.package]` of Cargo.toml alone.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
NPM = ["sdk-node", "mock-server/npm"]
PYTHON = ["sdk-python", "mock-server/python"]
LOCKS = [*NPM, "examples/node"]
OURS = ("runtype-surface", "runtype-mock")


def cargo(text: str, version: str, _repository: str) -> str:
    """The crates' dependencies on each other."""
    names = "|".join(OURS)
    return re.sub(rf'^((?:{names}) = \{{ .*version = )"[^"]*"', rf'\1"{version}"', text, flags=re.MULTILINE)


def package_json(text: str, version: str, repository: str) -> str:
    """The manifest of an npm package."""
    manifest: dict[str, Any] = json.loads(text)
    manifest["version"] = version
    manifest["repository"] = {
        "type": "git",
        "url": f"git+{repository}.git",
        "directory": manifest["repository"]["directory"],
    }
    manifest["homepage"] = f"{repository}#readme"
    manifest["bugs"] = f"{repository}/issues"
    for name in OURS:
        if name in manifest.get("peerDependencies", {}):
            manifest["peerDependencies"][name] = version
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def package_lock(text: str, version: str, _repository: str) -> str:
    """What a lock file says of our own packages."""
    lock: dict[str, Any] = json.loads(text)
    for place in (lock, *lock["packages"].values()):
        if place.get("name") in OURS:
            place["version"] = version
        for name in OURS:
            if name in place.get("peerDependencies", {}):
                place["peerDependencies"][name] = version
    return json.dumps(lock, indent=2, ensure_ascii=False) + "\n"


def pyproject(text: str, _version: str, repository: str) -> str:
    """The addresses of a Python package, which takes its version from its crate."""
    addresses = {
        "Repository": repository,
        "Changelog": f"{repository}/blob/main/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }
    for name, address in addresses.items():
        text = re.sub(rf'^{name} = "[^"]*"$', f'{name} = "{address}"', text, flags=re.MULTILINE)
    return text


def rules() -> dict[str, Callable[[str, str, str], str]]:
    """Each file, and how it copies the values."""
    return {
        "Cargo.toml": cargo,
        **{f"{folder}/package.json": package_json for folder in NPM},
        **{f"{folder}/package-lock.json": package_lock for folder in LOCKS},
        **{f"{folder}/pyproject.toml": pyproject for folder in PYTHON},
    }


def outdated(root: Path) -> dict[Path, str]:
    """The files that differ from Cargo.toml, with the text that they should have."""
    package = tomllib.loads((root / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]
    found = {}
    for name, rule in rules().items():
        text = (root / name).read_text(encoding="utf-8")
        wanted = rule(text, package["version"], package["repository"])
        if wanted != text:
            found[root / name] = wanted
    return found


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Checks or writes."""
    differing = outdated(root)
    if arguments == ["--write"]:
        for path, text in differing.items():
            path.write_text(text, encoding="utf-8")
        return 0
    for path in differing:
        print(
            f"{path.relative_to(root)}: the version or an address is not that of Cargo.toml: run `make version`",
            file=sys.stderr,
        )
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
