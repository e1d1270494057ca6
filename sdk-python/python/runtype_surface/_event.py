"""One event of a stream."""

from __future__ import annotations

from ._answer import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Event(Record):
    """One event of a stream: its name, its data, and typed access to the vocabulary's fields.

    What an event does not have is `None`. An event that the vocabulary does not know is handed on whole.
    """

    __slots__ = ("name", "data", "id")  # noqa: RUF023, the constructor's order

    def __init__(self, name: str, data: Any, id: str = "") -> None:
        self.name = name
        """What it is: `text_delta`, `execution_complete` and so on."""
        self.data = data
        """The data, decoded: by the vocabulary an object. Data that is not JSON is a string."""
        self.id = id
        """The event's `id` field, or that of the last event that had one."""

    def _field(self, name: str, kind: type | tuple[type, ...]) -> Any:
        value = self.data.get(name) if isinstance(self.data, dict) else None
        return value if isinstance(value, kind) else None

    @property
    def seq(self) -> int | None:
        """The number of the event in its execution."""
        value: int | None = self._field("seq", int)
        return value

    @property
    def execution_id(self) -> str | None:
        """The execution's id, under which the product's owner finds it in the logs."""
        value: str | None = self._field("executionId", str)
        return value

    @property
    def delta(self) -> str | None:
        """The piece of text of a `…_delta` event."""
        value: str | None = self._field("delta", str)
        return value

    @property
    def part_id(self) -> str | None:
        """The id of the text, tool or step that the event belongs to."""
        value: str | None = self._field("id", str)
        return value

    @property
    def final_output(self) -> Any:
        """The capability's output, which `execution_complete` has."""
        return self._field("finalOutput", object)

    @property
    def duration_ms(self) -> float | None:
        """How many milliseconds the execution took, which `execution_complete` says."""
        value: float | None = self._field("durationMs", (int, float))
        return value

    @property
    def code(self) -> str | None:
        """The code of an `execution_error` or `error` event."""
        value: str | None = self._field("code", str)
        if value is None:
            error = self._field("error", dict) or {}
            value = error.get("code")
        return value

    @property
    def error_message(self) -> str | None:
        """The words of an `execution_error` or `error` event."""
        words = self._field("error", str)
        if words is None:
            error = self._field("error", dict) or {}
            words = error.get("message")
        if words is None:
            words = self._field("message", str)
        return words if isinstance(words, str) else None


def of_reports(reports: list[dict[str, Any]]) -> list[Event]:
    """Makes the events of what the native part reports."""
    return [Event(report["name"], report["data"], report["id"]) for report in reports]
