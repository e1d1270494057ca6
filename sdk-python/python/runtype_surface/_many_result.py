"""The result of one of many calls."""

from __future__ import annotations

from ._record import not_made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._errors import RuntypeError
    from ._response import Answer


class ManyResult:
    """The result of one of many calls: an answer, or an error."""

    __slots__ = ("error", "number", "response")

    def __init__(self, number: int, response: Answer | None, error: RuntypeError | None) -> None:
        self.number: int = number
        """The number of the input, counted from 0."""
        self.response: Answer | None = response
        """The answer with its metadata; `None` where the call failed."""
        self.error: RuntypeError | None = error
        """Why the call failed; `None` where it did not."""

    @property
    def output(self) -> Any:
        """What the capability gave.

        Raises:
            RuntypeError: The call failed.
        """
        if self.error is not None:
            raise self.error
        return None if self.response is None else self.response.output

    def __repr__(self) -> str:
        if not hasattr(self, "error"):
            return not_made(self)
        ended = f"error={self.error!r}" if self.error is not None else f"response={self.response!r}"
        return f"ManyResult(number={self.number}, {ended})"
