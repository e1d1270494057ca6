"""Many calls with a ledger, in the ways of Python. The rules are the core's, and its tests."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import ConfigurationError, LedgerError, UnknownRow, list_unknown
from support.perform import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtype_mock import MockSurface

ROWS = [{"id": n, "text": "x"} for n in range(20)]


def test_a_run_is_continued_by_the_async_client_too(runtype_mock: MockSurface, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    first = list(runtype_mock.client().call_many("echo", ROWS[:10], ledger=path, id="id"))
    assert all(result.ok and not result.replayed for result in first)

    async def main() -> list[Any]:
        many = runtype_mock.async_client().call_many("echo", iter(ROWS), ledger=str(path), id=lambda row: row["id"])
        return [result async for result in many]

    second = asyncio.run(main())
    assert [result.replayed for result in second] == [True] * 10 + [False] * 10
    assert [result.output for result in second] == ROWS
    assert len(runtype_mock.journal()) == len(ROWS)
    replayed = second[0].response
    assert (replayed.status, replayed.attempts, replayed.rate_limit) == (200, (), None)
    assert replayed.request_id == first[0].response.request_id  # type: ignore[union-attr]
    assert pickle.loads(pickle.dumps(second[0])) == second[0]  # noqa: S301, its own


def test_a_run_that_was_left_lets_go_of_its_ledger_at_once(runtype_mock: MockSurface, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    client = runtype_mock.client()
    for _ in range(20):
        with client.call_many("echo", ROWS, ledger=path, id="id", concurrency=2, rerun_unknown=True) as many:
            next(many)
    assert len(list(client.call_many("echo", ROWS, ledger=path, id="id", rerun_unknown=True))) == len(ROWS)

    async def main() -> None:
        for _ in range(20):
            client = runtype_mock.async_client()
            async with client.call_many("echo", ROWS, ledger=path, id="id", rerun_unknown=True) as many:
                await anext(many)

    asyncio.run(main())
    assert not list_unknown(path)


def test_rows_that_may_have_been_executed_are_listed(runtype_mock: MockSurface, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    runtype_mock.inject("status", status=500, json={"error": "Boom"}, nth=1)
    rows: list[dict[str, Any]] = [{"id": "ä"}, {"id": 2}]
    list(runtype_mock.client().call_many("echo", rows, ledger=path, id="id", concurrency=1))
    assert list_unknown(path) == list_unknown(str(path)) == [UnknownRow("500 Boom", "ä")]
    assert repr(list_unknown(path)) == "[UnknownRow(failure='500 Boom', id='ä')]"
    held, other = runtype_mock.client().call_many("echo", rows, ledger=path, id="id")
    assert isinstance(held.error, LedgerError)
    assert other.replayed
    assert held.error.not_sent
    assert held.error.may_have_executed
    assert not held.replayed
    again, _ = runtype_mock.client().call_many("echo", rows, ledger=path, id="id", rerun_unknown=True)
    assert again.ok
    assert not again.replayed
    with pytest.raises(ConfigurationError, match=r"cannot be opened"):
        list_unknown(tmp_path / "absent")
    with pytest.raises(ConfigurationError, match=r"ledger: it must be str or os.PathLike, not int"):
        list_unknown(3)  # type: ignore[arg-type]


def test_a_ledger_that_cannot_be_opened_is_raised_where_the_first_result_is_read(
    runtype_mock: MockSurface, tmp_path: Path
) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")
    many = runtype_mock.client().call_many("echo", ROWS, ledger=tmp_path / "data.csv", id="id")
    with pytest.raises(ConfigurationError, match=r"data\.csv is no ledger") as raised:
        next(many)
    assert raised.value.option == "ledger"

    async def main() -> None:
        with pytest.raises(ConfigurationError, match=r"cannot be opened"):
            await anext(runtype_mock.async_client().call_many("echo", ROWS, ledger=tmp_path / "no/folder", id="id"))

    asyncio.run(main())
    assert not runtype_mock.journal()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"ledger": 3, "id": "id"}, r"ledger: it must be str or os\.PathLike, not int"),
        ({"ledger": "x", "id": 3}, r"id: it must be the name of a field or a function of an input, not int"),
        ({"ledger": "x"}, r"id: a ledger needs it"),
        ({"id": "id"}, r"id: it is about a ledger"),
        ({"sync": True}, r"sync: it is about a ledger"),
        ({"rerun_unknown": True}, r"rerun_unknown: it is about a ledger"),
    ],
)
def test_a_wrong_option_is_refused_where_the_calls_are_made(
    runtype_mock: MockSurface, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        runtype_mock.client().call_many("echo", ROWS, **options)


@pytest.mark.parametrize(
    ("give", "problem"),
    [
        (lambda _: None, "must be a text or a whole number, not NoneType"),
        (lambda _: True, "must be a text or a whole number, not bool"),
        (lambda _: 1.5, "must be a text or a whole number, not float"),
        (lambda _: 1 << 64, "must be a text or a whole number, not int"),
        (lambda _: "\ud800", "must be a text or a whole number, not a text that is no Unicode"),
        (lambda _: "", "is empty"),
    ],
)
def test_a_function_that_gives_no_id_fails_its_row_alone(
    runtype_mock: MockSurface, tmp_path: Path, give: Callable[[Any], Any], problem: str
) -> None:
    def id_of(row: dict[str, Any]) -> Any:
        return give(row) if row["id"] == 1 else row["id"]

    results = list(runtype_mock.client().call_many("echo", ROWS[:3], ledger=tmp_path / "run.jsonl", id=id_of))
    assert [result.ok for result in results] == [True, False, True]
    assert isinstance(results[1].error, ConfigurationError)
    assert str(results[1].error) == f"id: that of input 1 {problem}"


def test_what_a_function_of_ids_raises_is_raised_after_the_results_before(
    runtype_mock: MockSurface, tmp_path: Path
) -> None:
    def id_of(row: dict[str, Any]) -> Any:
        return 1 / (row["id"] - 5) and row["id"]

    many = runtype_mock.client().call_many("echo", ROWS, ledger=tmp_path / "run.jsonl", id=id_of)
    read: list[int] = []
    with pytest.raises(ZeroDivisionError):
        read.extend(result.index for result in many)
    read.extend(result.index for result in many)
    assert read == [0, 1, 2, 3, 4]
    assert len(runtype_mock.journal()) == 5


# Run with the ledger's path and the greatest size of a file, which 0 leaves as it is.
RUN = textwrap.dedent("""
    import json, resource, sys
    from runtype_surface import Client, LedgerError
    path, size = sys.argv[1], int(sys.argv[2])
    if size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    rows = [{"id": n, "text": "x" * 100} for n in range(50)]
    told = []
    try:
        for result in Client().call_many("echo", rows, ledger=path, id="id", concurrency=4):
            error = result.error
            unsent = isinstance(error, LedgerError) and error.not_sent
            told.append([result.ok, result.replayed, unsent, bool(error and error.may_have_executed)])
    except LedgerError as error:
        told.append(str(error))
    print(json.dumps(told))
""")


def test_a_disk_that_fills_up_stops_the_run_and_another_run_sends_the_rest(
    runtype_mock: MockSurface, tmp_path: Path
) -> None:
    path = tmp_path / "run.jsonl"

    def run(size: int) -> list[Any]:
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(path), str(size)],
            env=os.environ | runtype_mock.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        told: list[Any] = json.loads(done.stdout)
        return told

    first = run(6_000)
    assert any(isinstance(row, list) and row[2] for row in first), first
    held = [row for row in first if isinstance(row, list)]
    assert len(held) == 50
    answered = sum(row[0] for row in held)
    assert 5 < answered < 45
    assert path.stat().st_size <= 6_000
    assert path.read_text().endswith("\n")
    unknown = list_unknown(path)
    assert len(unknown) <= 4
    second = run(0)
    assert [row[1] for row in second].count(True) + len(unknown) >= answered
    assert sum(row[3] for row in second) == len(unknown)
    assert len(runtype_mock.journal()) == 50


def _has_grown(path: Path, size: int) -> None:
    assert path.exists()
    assert path.stat().st_size >= size


def test_no_input_reaches_its_capability_twice_however_often_the_process_is_killed(
    runtype_mock: MockSurface, tmp_path: Path
) -> None:
    path = tmp_path / "run.jsonl"
    kills = 3
    command = [sys.executable, "-c", RUN.replace("range(50)", "range(2_000)"), str(path), "0"]
    for share in range(1, kills + 1):
        process = subprocess.Popen(command, env=os.environ | runtype_mock.env, stdout=subprocess.DEVNULL)
        until(lambda size=share * 100_000: _has_grown(path, size))  # type: ignore[misc]
        assert process.poll() is None
        process.kill()
        process.wait()
        assert len(list_unknown(path)) <= share * 4
    told = json.loads(
        subprocess.run(command, env=os.environ | runtype_mock.env, capture_output=True, timeout=120, check=True).stdout
    )
    unknown = len(list_unknown(path))
    assert len(told) == 2_000
    assert [row[0] for row in told].count(False) == unknown <= kills * 4
    reached = [request["body"]["id"] for request in runtype_mock.journal() if request["reached"]]
    assert len(reached) == len(set(reached)) >= 2_000 - unknown
