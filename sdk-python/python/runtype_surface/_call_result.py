"""The result of one of many calls."""

from __future__ import annotations

from ._errors import SurfaceError
from ._record import Frozen, not_made
from ._response import CallResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _types as types
else:
    from ._lazy import types


class CallResult(Frozen):
    """The result of one of many calls: a response, or an error.

    for result in client.call_many("summarize-article", [{"input": text} for text in texts]):
        print(result.index, result.output if result.ok else result.error)

    Type checkers narrow by the field itself, not by `ok`: `if result.response is not None`.
    """

    __slots__ = ("error", "index", "input", "response")

    def __init__(
        self, index: int, input: object, response: CallResponse | None = None, error: SurfaceError | None = None
    ) -> None:
        self.index: int = index
        """Position of the input, from 0."""
        self.input: types.Any = input
        """The input, the very object that the iterable yielded."""
        self.response: CallResponse | None = response
        """The response with its metadata. `None` if the call failed."""
        self.error: SurfaceError | None = error
        """The error of the call. `None` if it succeeded."""

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.error is None

    @property
    def output(self) -> types.Any:
        """The capability's output.

        Raises:
            SurfaceError: The call failed; the same error as `error`.
        """
        if self.error is not None:
            raise self.error
        return None if self.response is None else self.response.output

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CallResult):
            return False
        mine, others = (self.index, self.input, self.response), (other.index, other.input, other.response)
        return mine == others and _facts(self.error) == _facts(other.error)

    def __repr__(self) -> str:
        if not hasattr(self, "error"):
            return not_made(self)
        # The input is the application's: it may be large, or private.
        ended = f"error={self.error!r}" if self.error is not None else f"response={self.response!r}"
        return f"CallResult(index={self.index}, ok={self.ok}, {ended})"


def _facts(error: SurfaceError | None) -> tuple[object, ...] | None:
    """What an error says. Exceptions themselves are equal only to themselves."""
    return None if error is None else (type(error), error.args, vars(error))
