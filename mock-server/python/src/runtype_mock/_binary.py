"""Where the mock's binary is."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = "runtype-mock.exe" if os.name == "nt" else "runtype-mock"


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
    for folder in _folders():
        found = shutil.which(_NAME, path=str(folder))
        # The npm package has a command of the same name, a script: it is not the binary.
        if found and not _is_script(Path(found)):
            return Path(found)
    raise FileNotFoundError(
        "the binary runtype-mock is neither in this environment nor on PATH: install a wheel of runtype-mock for this "
        "platform, or build it with `cargo install runtype-mock` and name it by RUNTYPE_MOCK_BIN"
    )


def _folders() -> Iterator[Path]:
    """Where an installer puts the binary, then `PATH`."""
    yield Path(sysconfig.get_path("scripts"))
    yield Path(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user")))
    yield Path(__file__).parents[1] / "bin"  # pip install --target
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)


def _is_script(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def main() -> None:
    """Runs the binary with the same arguments, replacing this process."""
    try:
        binary = str(find_binary())
    except FileNotFoundError as error:
        sys.exit(f"runtype-mock: {error}")
    if os.name == "nt":
        import subprocess

        sys.exit(subprocess.call([binary, *sys.argv[1:]]))  # noqa: S603, the packaged binary
    os.execv(binary, [binary, *sys.argv[1:]])  # noqa: S606, the packaged binary
