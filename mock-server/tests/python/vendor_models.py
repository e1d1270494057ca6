"""The vendor's models of stream events, both of them: the hand-written union and the generated one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter
from runtype._generated.types.execution_stream_event import ExecutionStreamEvent
from runtype._models import UnifiedEvent

MODELS: list[TypeAdapter[Any]] = [TypeAdapter(UnifiedEvent), TypeAdapter(ExecutionStreamEvent)]


def events(body: str) -> list[dict[str, Any]]:
    """The JSON data of each event of a stream, whose `type` must be the event's name."""
    found = []
    for block in body.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        fields = dict(line.split(": ", 1) for line in lines)
        if fields.get("data", "[DONE]") == "[DONE]":
            continue
        data = json.loads(fields["data"])
        assert data["type"] == fields["event"], block
        found.append(data)
    return found


def check(event: dict[str, Any]) -> None:
    """Raises `pydantic.ValidationError` unless both models accept the event."""
    for model in MODELS:
        model.validate_python(event)


def required(event: dict[str, Any]) -> Iterator[str]:
    """The names of the event's fields that the generated model requires."""
    (union, *_) = ExecutionStreamEvent.__args__  # type: ignore[attr-defined]
    for member in union.__args__:
        fields = member.model_fields
        if fields["type"].default == event["type"]:
            yield from (field.alias or name for name, field in fields.items() if field.is_required())
