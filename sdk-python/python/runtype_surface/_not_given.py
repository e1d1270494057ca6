"""The default of options for which `None` has a meaning of its own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal


class NotGiven:
    """The type of `NOT_GIVEN`, the default of every option for which `None` has a meaning of its own.

    An option that is not given has its default, or the client's value in a call. For a timeout, `None` means that there
    is none.

        client.call("summarize-article", {"input": text}, timeout=None if is_batch else runtype_surface.NOT_GIVEN)
    """

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __copy__(self) -> NotGiven:
        return self

    def __deepcopy__(self, memo: object) -> NotGiven:
        return self

    def __reduce__(self) -> str:
        return "NOT_GIVEN"

    def __repr__(self) -> str:
        return "NOT_GIVEN"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> Any:
        # For `pydantic.validate_call` of a function with the same parameters; only pydantic calls it.
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(cls)


NOT_GIVEN = NotGiven()
