"""Where the mock's binary is."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_NAME = "runtype-mock.exe" if os.name == "nt" else "runtype-mock"

PACKAGED = Path(__file__).parent.parent / "_bin" / _NAME
"""Where a wheel has the binary."""


def find_binary() -> Path:
    """The binary `runtype-mock`: the one that `RUNTYPE_MOCK_BIN` names, else the one of this package, else on `PATH`.

    Raises:
        FileNotFoundError: There is none; the text says what to do.
    """
    named = os.environ.get("RUNTYPE_MOCK_BIN")
    if named:
        if Path(named).is_file():
            return Path(named)
        raise FileNotFoundError(f"RUNTYPE_MOCK_BIN is {named}, and there is no such file: name the binary, or unset it")
    if PACKAGED.is_file():
        return PACKAGED
    # The console script of this package has the binary's name: it must not find itself.
    script = Path(sys.argv[0]).resolve() if sys.argv and sys.argv[0] else None
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(_NAME, path=folder) if folder else None
        if found and not _is_script(Path(found)) and Path(found).resolve() != script:
            return Path(found)
    raise FileNotFoundError(
        "the binary runtype-mock is neither in this package nor on PATH: install a wheel of runtype-surface, or build "
        "it with `cargo build --bin runtype-mock` and name it by RUNTYPE_MOCK_BIN"
    )


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def main() -> None:
    """The console script `runtype-mock`: runs the binary with the same arguments, in this process's place."""
    try:
        binary = str(find_binary())
    except FileNotFoundError as error:
        sys.exit(f"runtype-mock: {error}")
    if os.name == "nt":
        import subprocess

        sys.exit(subprocess.call([binary, *sys.argv[1:]]))  # noqa: S603, the packaged binary
    os.execv(binary, [binary, *sys.argv[1:]])  # noqa: S606, the packaged binary
