"""What a ledger of many calls holds."""

from __future__ import annotations

from . import _native
from ._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import _types as types
else:
    from ._lazy import types


class UnknownRow(Record):
    """A row of a ledger that may have been executed, without a response."""

    __slots__ = ("failure", "id")

    def __init__(self, failure: str | None, id: str | int) -> None:
        self.failure: str | None = failure
        """How its call failed, on one line. `None` if the run ended before the call did."""
        self.id: str | int = id
        """Its id."""


def list_unknown(path: types.FilePath) -> list[UnknownRow]:
    """Lists the rows of a ledger of which it is not known whether they were executed, by id.

    They were sent when a run was killed, or their call failed in a way that does not tell. `call_many` holds them back
    unless `rerun_unknown=True`. This reads the whole file. A ledger holds no inputs, only their digests.

        for row in list_unknown("run.jsonl"):
            print(row.id, row.failure)

    Args:
        path: Path of the ledger.

    Raises:
        ConfigurationError: The file is absent, damaged, no ledger, or in use by a run.
    """
    return [UnknownRow(failure, row) for row, failure in _native.list_unknown(path)]
