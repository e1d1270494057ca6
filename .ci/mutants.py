"""Mutation tests of the core: `mutants.py CARGO_MUTANTS [PLACE …]`. What is left out is in `.cargo/mutants.toml`.

cargo-mutants changes one thing at a time, for example `<` to `<=`, and expects a test to fail. A mutant that no test
notices is a behaviour that no test proves. Fails if fewer than 90 % of a place's mutants are caught.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# From the quickest to the slowest.
PLACES = {
    "stream/outcome": "sdk-core/src/stream/outcome.rs",
    "retry": "sdk-core/src/retry/*.rs",
    "redact": "sdk-core/src/redact.rs",
    "error": "sdk-core/src/error/*.rs",
    "key": "sdk-core/src/key/*.rs",
}
EXPECTED = 90.0
# Unit tests take seconds and catch most mutants; the slower tests see only the survivors.
STAGES = [["--lib"], ["--test", "conformance", "--test", "key_life", "--test", "deadline", "--test", "spelling"]]
# Seconds after which a mutant counts as caught, because it never ends.
LONGEST_TEST = 60
# cargo-mutants: all caught, some missed, some timed out.
FINISHED = {0, 2, 3}


@dataclass
class Score:
    """The mutants of one place, by what became of them."""

    counts: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    @property
    def caught(self) -> int:
        """Mutants that failed a test, or hung it."""
        return self.counts["CaughtMutant"] + self.counts["Timeout"]

    @property
    def percent(self) -> float:
        """Caught mutants in relation to all that compile. No mutant at all is no success."""
        viable = self.caught + self.counts["MissedMutant"]
        return 100.0 * self.caught / viable if viable else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether the place has the expected score."""
        return self.percent >= EXPECTED


def score(stages: list[dict[str, Any]]) -> Score:
    """The score of one place. A later stage has only what the earlier ones missed, and overrides them."""
    results: dict[str, str] = {}
    for stage in stages:
        for outcome in stage["outcomes"]:
            if isinstance(outcome["scenario"], dict):
                results[outcome["scenario"]["Mutant"]["name"]] = outcome["summary"]
    missed = [name for name, result in results.items() if result == "MissedMutant"]
    return Score(Counter(results.values()), missed)


def table(scores: dict[str, Score]) -> str:
    """One line per place, then the survivors."""
    lines = [f"{'place':<16}{'mutants':>8}{'caught':>8}{'missed':>8}{'unviable':>10}{'score':>9}{'expected':>10}"]
    for place, found in scores.items():
        counts = found.counts
        lines.append(
            f"{place:<16}{counts.total():>8}{found.caught:>8}{counts['MissedMutant']:>8}{counts['Unviable']:>10}"
            f"{found.percent:>7.1f} %{EXPECTED:>8.0f} %"
        )
    lines += [f"survivor: {name}" for found in scores.values() for name in found.missed]
    return "\n".join(lines)


def copy(root: Path, tree: Path) -> None:
    """Copies the sources, so that nobody sees a mutant in their own tree.

    The copy has a fixed path, and only files that differ are written: else cargo rebuilds the workspace each time.
    """
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603, a fixed command
    names = [name for name in listed.stdout.rstrip("\0").split("\0") if (root / name).is_file()]
    for old in [path for path in tree.rglob("*") if path.is_file()]:
        if old.relative_to(tree).as_posix() not in names:
            old.unlink()
    for name in names:
        target = tree / name
        if not target.is_file() or target.read_bytes() != (root / name).read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target)
            shutil.copymode(root / name, target)


def run(program: str, tree: Path, output: Path, place: str) -> list[dict[str, Any]]:
    """Tests the mutants of one place, and returns the outcomes of each stage."""
    found: list[dict[str, Any]] = []
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    for stage in STAGES:
        command = [
            program,
            "mutants",
            "--dir",
            str(tree),
            "--in-place",
            "--file",
            PLACES[place],
            "--output",
            str(output),
        ]
        command += [
            "--baseline",
            "skip",
            "--timeout",
            str(LONGEST_TEST),
            "--no-shuffle",
            "--colors",
            "never",
            "--iterate",
        ]
        command += [f"--cargo-arg={argument}" for argument in stage]
        ended = subprocess.run(command, check=False)  # noqa: S603, a fixed command
        if ended.returncode not in FINISHED:
            sys.exit(f"cargo mutants ended with status {ended.returncode}")
        found.append(json.loads((output / "mutants.out" / "outcomes.json").read_text(encoding="utf-8")))
        if not score(found).missed:
            break
    return found


def main() -> int:
    """Prints the score of each place."""
    root = Path(__file__).resolve().parent.parent
    built = root / "target" / "mutants"
    # Not the usual folder: cargo would take builds of the copy for builds of the sources.
    os.environ["CARGO_TARGET_DIR"] = str(built / "build")
    # Enough to notice a mutant, and seconds less for each.
    os.environ["PROPTEST_CASES"] = "32"
    places = sys.argv[2:] or list(PLACES)
    unknown = [place for place in places if place not in PLACES]
    if unknown:
        sys.exit(f"unknown place {', '.join(unknown)}: use one of {', '.join(PLACES)}")
    tree = built / "tree"
    copy(root, tree)
    # What fails without a mutant would count as caught.
    for stage in STAGES:
        command = ["cargo", "test", "--quiet", "--package", "runtype-surface", *stage]
        subprocess.run(command, check=True, cwd=tree)  # noqa: S603, a fixed command
    scores = {place: score(run(sys.argv[1], tree, built / place.replace("/", "-"), place)) for place in places}
    sys.stdout.write(table(scores) + "\n")
    return 0 if all(found.is_enough for found in scores.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
