"""Where things are, and what the manifests say."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "target"
DIST = ROOT / "dist"
CARGO: dict[str, Any] = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]
VERSION: str = CARGO["version"]
LICENCES = [ROOT / "LICENSE-APACHE", ROOT / "LICENSE-MIT"]
PLATFORMS: dict[str, Any] = json.loads((ROOT / "packaging" / "platforms.json").read_text(encoding="utf-8"))


def host() -> str:
    """The target triple of this machine."""
    lines = output("rustc", "-vV").splitlines()
    return next(line.removeprefix("host: ") for line in lines if line.startswith("host: "))


def platform(target: str) -> dict[str, str]:
    """The platform of a target triple.

    Raises:
        LookupError: There are no packages for it.
    """
    for one in PLATFORMS["platforms"]:
        if one["target"] == target:
            return dict(one)
    raise LookupError(f"there are no packages for {target}: add it to packaging/platforms.json")


def output(*command: str | Path, cwd: Path = ROOT) -> str:
    """What a command prints; it must succeed."""
    return subprocess.run(found(command), cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def found(command: tuple[str | Path, ...]) -> list[str]:
    """The command with the path of its program: on Windows, npm is a script that is not found by its name."""
    program, *arguments = map(str, command)
    return [shutil.which(program) or program, *arguments]


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Runs a command, which must succeed."""
    print("$", *(str(part).replace(f"{ROOT}/", "") for part in command), flush=True)
    subprocess.run(found(command), cwd=cwd, check=True, env=env)
