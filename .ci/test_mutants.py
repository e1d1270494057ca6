"""The score of mutants counts what a test caught, and fails where too much survives."""

from __future__ import annotations

from typing import Any

from mutants import score, table


def outcomes(**results: str) -> dict[str, Any]:
    """What cargo-mutants writes, in part."""
    mutants = [{"scenario": {"Mutant": {"name": name}}, "summary": result} for name, result in results.items()]
    return {"outcomes": [{"scenario": "Baseline", "summary": "Success"}, *mutants]}


def test_a_later_stage_overrides_what_an_earlier_one_missed() -> None:
    found = score(
        [outcomes(a="CaughtMutant", b="MissedMutant", c="MissedMutant"), outcomes(b="Timeout", c="MissedMutant")]
    )
    assert (found.caught, found.missed) == (2, ["c"])


def test_a_mutant_that_does_not_compile_does_not_count() -> None:
    found = score([outcomes(a="CaughtMutant", b="Unviable")])
    assert (found.percent, found.counts.total()) == (100.0, 2)


def test_less_than_nine_of_ten_is_too_little() -> None:
    results = {f"m{number}": "CaughtMutant" for number in range(9)}
    assert score([outcomes(**results, last="MissedMutant")]).is_enough
    assert not score([outcomes(**results, last="MissedMutant", another="MissedMutant")]).is_enough


def test_a_place_without_a_mutant_is_not_proved() -> None:
    assert not score([outcomes()]).is_enough


def test_the_survivors_are_listed_by_name() -> None:
    shown = table({"retry": score([outcomes(kept="MissedMutant", caught="CaughtMutant")])})
    assert "survivor: kept" in shown
    assert "50.0 %" in shown
