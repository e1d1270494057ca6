"""The sizes of what is in `dist`, and their limits: `python packaging/sizes.py`."""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

from project import DIST

if TYPE_CHECKING:
    from pathlib import Path

MB = 1_000_000
PAPERS = re.compile(r"(^|/)(licenses/|sboms/|LICENSE|SBOM)")
# Installed, in bytes: code, licences and bills of materials, both.
LIMITS = (6.5 * MB, 0.5 * MB, 8 * MB)


def contents(path: Path) -> dict[str, int]:
    """The files of an artefact with their sizes."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return {entry.filename: entry.file_size for entry in wheel.infolist()}
    with tarfile.open(path) as archive:
        return {entry.name: entry.size for entry in archive.getmembers() if entry.isfile()}


def installed(*paths: Path) -> tuple[int, int]:
    """The bytes of code, and those of licences and bills of materials."""
    code = papers = 0
    for name, size in (entry for path in paths for entry in contents(path).items()):
        if PAPERS.search(name):
            papers += size
        else:
            code += size
    return code, papers


def artefacts() -> list[Path]:
    """What is in `dist` and has a size that matters."""
    return sorted(path for path in DIST.iterdir() if path.name.endswith((".whl", ".tar.gz", ".tgz", ".crate")))


def production() -> dict[str, list[Path]]:
    """What an application installs to use the SDK."""
    return {
        "Python": [path for path in artefacts() if re.match(r"runtype_surface-.*\.whl$", path.name)],
        "npm": [path for path in artefacts() if re.match(r"runtype-surface-(?!mock-).*\.tgz$", path.name)],
    }


def problems(code: float, papers: float) -> list[str]:
    """Which limits are passed."""
    names = ("code", "licences and SBOM", "together")
    measured = zip(names, (code, papers, code + papers), LIMITS, strict=True)
    return [f"{name}: {size / MB:.2f} MB, more than {limit / MB} MB" for name, size, limit in measured if size > limit]


def main() -> int:
    """Prints the table, and fails above a limit."""
    print("| artefact | packed | code | licences and SBOM |\n|---|---:|---:|---:|")
    for path in artefacts():
        code, papers = installed(path)
        print(f"| {path.name} | {path.stat().st_size / MB:.2f} MB | {code / MB:.2f} MB | {papers / MB:.2f} MB |")
    failed = False
    for name, paths in production().items():
        code, papers = installed(*paths)
        print(f"installed from {name}: {code / MB:.2f} MB of code, {papers / MB:.2f} MB of licences and SBOM")
        for problem in problems(code, papers) if paths else ["nothing was built"]:
            failed = True
            print(f"too large for {name}: {problem}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
