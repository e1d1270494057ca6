"""The source distribution of the SDK: what a build needs, and nothing of the mock.

Cargo reads the manifests of what tests need, so maturin would pack the mock. It runs in a copy of the workspace without
tests.
"""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

from project import DIST, ROOT, TARGET, output, run

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = ("sdk-core", "sdk-python")
# Folders of a member that no build reads.
UNUSED = re.compile(r"^(sdk-core|sdk-python)/(benches|examples|fuzz|tests)/")
TABLE = re.compile(r"^(?=\[)", re.MULTILINE)


def without_tests(manifest: str) -> str:
    """A crate's manifest without what only its tests need."""
    dropped = ("[dev-dependencies]", "[[test]]", "[[bench]]", "[[example]]")
    return "".join(table for table in TABLE.split(manifest) if not table.startswith(dropped))


def workspace(manifest: str) -> str:
    """The workspace's manifest with the members of the SDK alone."""
    members = ", ".join(f'"{member}"' for member in MEMBERS)
    manifest = re.sub(r"^members = .*$", f"members = [{members}]", manifest, flags=re.MULTILINE)
    return re.sub(r"^(exclude = |runtype-mock = ).*\n", "", manifest, flags=re.MULTILINE)


def copy(folder: Path) -> None:
    """Copies the tracked sources of the SDK."""
    shutil.rmtree(folder, ignore_errors=True)
    names = output("git", "ls-files", "Cargo.toml", "Cargo.lock", *MEMBERS).splitlines()
    for name in names:
        if UNUSED.match(name) or not (ROOT / name).exists():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name, rule in (("Cargo.toml", workspace), *((f"{member}/Cargo.toml", without_tests) for member in MEMBERS)):
        path = folder / name
        path.write_text(rule(path.read_text(encoding="utf-8")), encoding="utf-8")
    # Leaves out of the lock file what nothing needs any more, and changes no version.
    run("cargo", "update", "--workspace", "--offline", "--quiet", cwd=folder)


def build(env: dict[str, str]) -> None:
    """Builds it into `dist`."""
    folder = TARGET / "sdist-source"
    copy(folder)
    run(sys.executable, "-m", "maturin", "sdist", "--out", DIST, cwd=folder / "sdk-python", env=env)
