"""What a binary is made of: its licences, and its bill of materials (CycloneDX)."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from project import output

TITLE = re.compile(r"^(licen[cs]e|copying|notice|unlicense|copyright)", re.IGNORECASE)
# Crates whose archive has no text of their licence, which is that of their repository.
WITHOUT_TEXT = "Its archive has no licence text. It is licensed under the terms above."


@dataclass(frozen=True)
class Dependency:
    """A crate that is part of a binary."""

    name: str
    version: str
    licence: str
    repository: str
    folder: Path
    checksum: str | None

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:cargo/{self.name}@{self.version}"

    def texts(self) -> list[str]:
        """The texts of its licences; where it leaves the choice, of the MIT licence."""
        files = [path for path in sorted(self.folder.iterdir()) if path.is_file() and TITLE.match(path.name)]
        if re.search(r"MIT( OR |/)|( OR |/)MIT$", self.licence):
            files = [path for path in files if "MIT" in path.name.upper()] or files
        return [path.read_text(encoding="utf-8", errors="replace").strip() for path in files]


def metadata(target: str) -> dict[str, Any]:
    """Cargo's metadata for one target."""
    found: dict[str, Any] = json.loads(
        output("cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={target}")
    )
    return found


def of(crate: str, target: str) -> tuple[list[Dependency], dict[str, list[str]]]:
    """The crates that a crate's binary contains, and which of them each one depends on, by package URL.

    Crates that only tests and builds use are not in it; procedural macros are, since what they write is.
    """
    found = metadata(target)
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    root = next(id for id, package in packages.items() if package["name"] == crate)
    dependencies: dict[str, Dependency] = {}
    edges: dict[str, list[str]] = {}
    waiting = [root]
    while waiting:
        id = waiting.pop()
        if id in dependencies:
            continue
        package = packages[id]
        dependencies[id] = Dependency(
            name=package["name"],
            version=package["version"],
            licence=package["license"] or "",
            repository=package["repository"] or "",
            folder=Path(package["manifest_path"]).parent,
            checksum=package.get("checksum"),
        )
        linked = [edge["pkg"] for edge in nodes[id]["deps"] if any(kind["kind"] is None for kind in edge["dep_kinds"])]
        edges[id] = linked
        waiting += linked
    ordered = sorted(dependencies.values(), key=lambda one: (one.name != crate, one.name, one.version))
    return ordered, {
        dependencies[id].purl: sorted(dependencies[one].purl for one in linked) for id, linked in edges.items()
    }


def licences(crate: str, target: str) -> str:
    """The licences of all crates that a binary contains, each text once."""
    dependencies = [one for one in of(crate, target)[0] if "registry" in str(one.folder)]
    users: dict[str, list[Dependency]] = {}
    for one in dependencies:
        for text in one.texts() or [WITHOUT_TEXT]:
            users.setdefault(re.sub(r"\s+", " ", text), []).append(one)
    texts = {re.sub(r"\s+", " ", text): text for one in dependencies for text in one.texts() or [WITHOUT_TEXT]}
    parts = ["This package contains this software, under these licences. Where there is a choice, MIT is chosen.\n"]
    parts += [f"{one.name} {one.version}: {one.licence} {one.repository}".rstrip() for one in dependencies]
    for key, names in users.items():
        parts += ["", "=" * 80, ", ".join(f"{one.name} {one.version}" for one in names), "", texts[key]]
    return "\n".join(parts) + "\n"


def bill(crate: str, target: str) -> dict[str, Any]:
    """The bill of materials of a binary, as CycloneDX 1.5. The same input gives the same bill."""
    dependencies, edges = of(crate, target)

    def component(one: Dependency) -> dict[str, Any]:
        described: dict[str, Any] = {
            "type": "library",
            "bom-ref": one.purl,
            "name": one.name,
            "version": one.version,
            "scope": "required",
            "purl": one.purl,
        }
        if one.licence:
            # Cargo's old spelling of OR.
            described["licenses"] = [{"expression": one.licence.replace("/", " OR ")}]
        if one.repository:
            described["externalReferences"] = [{"type": "vcs", "url": one.repository}]
        return described

    root, *others = dependencies
    components = [component(one) for one in others]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([target, components])).urn,
        "version": 1,
        "metadata": {
            "component": component(root),
            "properties": [{"name": "cdx:rustc:sbom:target:triple", "value": target}],
        },
        "components": components,
        "dependencies": [{"ref": purl, "dependsOn": linked} for purl, linked in sorted(edges.items())],
    }
