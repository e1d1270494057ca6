"""Finds phrases that must not come back: `words.py [ROOT]`. The phrases are in `words.toml` beside it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def tracked(root: Path) -> list[str]:
    """The files that git knows, with those that are not added yet."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603, a fixed command
    return listed.stdout.rstrip("\0").split("\0")


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path, or its last part, matches one of the patterns."""
    return any(fnmatch(path, pattern) or fnmatch(Path(path).name, pattern) for pattern in patterns)


def check(root: Path, config: dict[str, Any]) -> Iterator[str]:
    """Yields one line per phrase that was found."""
    phrases = [(re.compile(phrase["regex"], re.IGNORECASE), phrase) for phrase in config["phrase"]]
    for path in tracked(root):
        if matches(path, config["skip"]) or not (root / path).is_file():
            continue
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), start=1):
            for regex, phrase in phrases:
                found = regex.search(line)
                if found and matches(path, phrase.get("in", ["*"])) and not matches(path, phrase.get("except", [])):
                    yield f"{path}:{number}: {found[0]!r}: write {phrase['instead']}"


def main() -> int:
    """Prints what was found."""
    here = Path(__file__).resolve().parent
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here.parent
    with (here / "words.toml").open("rb") as file:
        found = list(check(root, tomllib.load(file)))
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
