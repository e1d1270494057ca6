"""A capability that streams, and what the journal shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_mock import MockSurface

HELLO: list[dict[str, Any]] = [
    {"event": "execution_start", "data": {}},
    {"event": "text_delta", "data": {"id": "text_1", "delta": "Hello "}, "id": "7"},
    {"event": "text_delta", "data": {"id": "text_1", "delta": "world"}},
    {"event": "execution_complete", "data": {"finalOutput": {"response": "Hello world"}, "durationMs": 12.5}},
]


def put(mock: MockSurface, steps: list[dict[str, Any]] = HELLO, **script: Any) -> None:
    mock.put_capability("agent", answer={"kind": "stream", "steps": steps, **script})


def has(count: int) -> Callable[[list[Any]], bool]:
    return lambda journal: len(journal) == count


def is_closed(journal: list[dict[str, Any]]) -> bool:
    return [request["outcome"] for request in journal] == ["client_closed"]
