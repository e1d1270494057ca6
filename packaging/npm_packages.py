"""The npm packages: for each of the two a package of JavaScript, and one for each platform with what is native."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dependencies
from project import CARGO, DIST, LICENCES, PLATFORMS, ROOT, TARGET, VERSION, run

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A published package: where its JavaScript is, and what its platform packages hold."""

    name: str
    folder: Path
    prefix: str
    crate: str
    native: str
    what: str

    def platform_name(self, platform: dict[str, str]) -> str:
        """The name of its package for a platform."""
        return f"{PLATFORMS['scope']}/{self.prefix}{platform['name']}"

    def file_name(self, platform: dict[str, str]) -> str:
        """The name of the native file."""
        return f"{self.native}.exe" if platform["os"] == "win32" and not self.native.endswith(".node") else self.native


SDK = Package(
    "runtype-surface", ROOT / "sdk-node", "", "runtype-surface-node", "runtype-surface.node", "The native part"
)
MOCK = Package("runtype-mock", ROOT / "mock-server" / "npm", "mock-", "runtype-mock", "runtype-mock", "The binary")


def pack(staged: Path) -> None:
    """Packs a folder into `dist`."""
    DIST.mkdir(exist_ok=True)
    run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", DIST, cwd=staged)


def stage(name: str) -> Path:
    """An empty folder for a package."""
    staged = TARGET / "npm" / name
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    for licence in LICENCES:
        shutil.copy(licence, staged)
    return staged


def pack_platform(package: Package, platform: dict[str, str], native: Path) -> None:
    """Packs the package for one platform, with the licences and the bill of materials of what is native in it."""
    name, file = package.platform_name(platform), package.file_name(platform)
    staged = stage(name)
    shutil.copy(native, staged / file)
    (staged / file).chmod(0o755)
    manifest: dict[str, Any] = {
        "name": name,
        "version": VERSION,
        "description": f"{package.what} of {package.name} for {platform['name']}",
        "license": CARGO["license"],
        "author": CARGO["authors"][0],
        "repository": {"type": "git", "url": f"git+{CARGO['repository']}.git"},
        "os": [platform["os"]],
        "cpu": [platform["cpu"]],
        "files": [file, "LICENSE*", "SBOM.cdx.json"],
        "engines": json.loads((package.folder / "package.json").read_text(encoding="utf-8"))["engines"],
        "preferUnplugged": True,
    }
    if file.endswith(".node"):
        manifest["main"] = file
    if "libc" in platform:
        manifest["libc"] = [platform["libc"]]
    target = platform["target"]
    write(staged / "package.json", manifest)
    write(staged / "SBOM.cdx.json", dependencies.bill(package.crate, target))
    (staged / "LICENSE-THIRD-PARTY").write_text(dependencies.licences(package.crate, target), encoding="utf-8")
    (staged / "README.md").write_text(
        f"# {name}\n\n{manifest['description']}. Install `{package.name}`, which depends on it.\n", encoding="utf-8"
    )
    pack(staged)


def pack_main(package: Package) -> None:
    """Packs the JavaScript, which depends on the package of each platform."""
    staged = stage(package.name)
    manifest = json.loads((package.folder / "package.json").read_text(encoding="utf-8"))
    # What only a checkout needs. The package has no script at all, so nothing runs when it is installed.
    for field in ("scripts", "devDependencies", "overrides", "napi"):
        manifest.pop(field, None)
    manifest["optionalDependencies"] = {package.platform_name(one): VERSION for one in PLATFORMS["platforms"]}
    write(staged / "package.json", manifest)
    shutil.copytree(package.folder / "dist", staged / "dist")
    shutil.copy(package.folder / "README.md", staged)
    pack(staged)


def write(path: Path, content: Any) -> None:
    """Writes JSON."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
