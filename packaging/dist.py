"""Builds every package for this platform into `dist`: `python packaging/dist.py [--target TRIPLE] [PART ...]`.

Parts are `python`, `npm` and `crates`; all by default. On Linux with glibc, zig links against version 2.17, the base of
manylinux2014.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import dependencies
import npm_packages
import sdist
import sizes
from project import DIST, ROOT, TARGET, VERSION, host, platform, run

if TYPE_CHECKING:
    from collections.abc import Iterator

GLIBC = "2.17"
BIN = Path(sys.executable).parent


@contextlib.contextmanager
def third_party(folder: Path, crate: str, target: str) -> Iterator[None]:
    """The licences of a binary's dependencies, where maturin takes them from."""
    file = folder / "LICENSE-THIRD-PARTY"
    file.write_text(dependencies.licences(crate, target), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink()


def environment() -> dict[str, str]:
    """This environment, with the tools of this Python found first."""
    return os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


# The oldest system that a wheel supports, where zig links.
COMPATIBILITY = {"linux-gnu": "manylinux2014", "linux-musl": "musllinux_1_2"}


def compatibility(target: str) -> str | None:
    """The platform tag of a wheel that zig links; none where the system's own linker does."""
    return next((tag for name, tag in COMPATIBILITY.items() if target.endswith(name)), None)


def wheel(folder: Path, crate: str, target: str) -> None:
    """Builds a wheel."""
    options = ["--release", "--locked", "--target", target, "--out", str(DIST)]
    if tag := compatibility(target):
        options += ["--zig", "--compatibility", tag]
    with third_party(folder, crate, target):
        run(sys.executable, "-m", "maturin", "build", *options, cwd=folder, env=environment())


def python(target: str) -> None:
    """Builds both wheels, and the source distribution of the SDK."""
    wheel(ROOT / "sdk-python", "runtype-surface-python", target)
    wheel(ROOT / "mock-server" / "python", "runtype-mock", target)
    sdist.build(environment())


def native(target: str) -> Path:
    """Builds the native part of the Node package."""
    options = ["--release", "--locked", "--package", "runtype-surface-node", "--target"]
    if target.endswith("-linux-gnu"):
        run("cargo", "zigbuild", *options, f"{target}.{GLIBC}", env=environment())
    elif target.endswith("-linux-musl"):
        # A library that Node loads shares Node's C library.
        run("cargo", "zigbuild", *options, target, env=environment() | {"RUSTFLAGS": "-C target-feature=-crt-static"})
    else:
        run("cargo", "build", *options, target, env=environment())
    built = Path(os.environ.get("CARGO_TARGET_DIR", TARGET)) / target / "release"
    names = ("libruntype_surface_node.so", "libruntype_surface_node.dylib", "runtype_surface_node.dll")
    return next(built / name for name in names if (built / name).exists())


def binary(target: str) -> Path:
    """The mock's binary: that of the wheel, so that all packages hold the same."""
    found = sorted(DIST.glob("runtype_mock-*.whl"))
    if len(found) != 1:
        raise FileNotFoundError(f"the binary is that of the wheel of runtype-mock, and dist has {len(found)} wheels")
    with zipfile.ZipFile(found[0]) as archive:
        name = next(name for name in archive.namelist() if ".data/scripts/" in name)
        return Path(archive.extract(name, TARGET / "npm" / "binary" / target))


def npm(target: str) -> None:
    """Builds the npm packages."""
    for package, file in ((npm_packages.SDK, native(target)), (npm_packages.MOCK, binary(target))):
        npm_packages.pack_platform(package, platform(target), file)
        # Its declarations are those of the development build.
        run("npm", "run", "--silent", "build:ts", cwd=package.folder)
        npm_packages.pack_main(package)


def crates(_target: str) -> None:
    """Packages the crates, and verifies that each compiles by itself."""
    names = ("runtype-mock", "runtype-surface")
    options = [option for name in names for option in ("--package", name)]
    # Cargo refuses a changed checkout, except where it is told that the change is meant.
    changed = ["--allow-dirty"] if os.environ.get("ALLOW_DIRTY") else []
    run("cargo", "package", "--locked", *changed, *options)
    for name in names:
        shutil.copy(Path(os.environ.get("CARGO_TARGET_DIR", TARGET)) / "package" / f"{name}-{VERSION}.crate", DIST)


def checksums() -> None:
    """Writes the checksums, as `sha256sum --check` reads them."""
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sizes.artefacts())
    (DIST / "SHA256SUMS").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def main() -> int:
    """Builds what the command line names."""
    parts = {"python": python, "npm": npm, "crates": crates}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default=host(), help="target triple (default: this machine's)")
    parser.add_argument("part", nargs="*", help=f"{', '.join(parts)} (default: all)")
    arguments = parser.parse_args()
    chosen = arguments.part or list(parts)
    if unknown := set(chosen) - set(parts):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: choose from {', '.join(parts)}")
    if not arguments.part:
        shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir(exist_ok=True)
    for part in chosen:
        parts[part](arguments.target)
    checksums()
    return sizes.main() if not arguments.part else 0


if __name__ == "__main__":
    sys.exit(main())
