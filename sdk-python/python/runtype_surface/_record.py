"""Plain data, and what prints frames even of objects that were never made."""

from __future__ import annotations


def not_made(unmade: object) -> str:
    """The `repr` of an object whose constructor failed, which what prints frames prints too."""
    return f"<{type(unmade).__name__}, not made>"


def fields_of(record: object) -> tuple[object, ...]:
    """The fields of an object with slots, to compare it with another one."""
    names: tuple[str, ...] = getattr(type(record), "__slots__", ())
    return tuple(getattr(record, name, None) for name in names)


class Frozen:
    """An object whose fields are set once, by its constructor or a pickle."""

    __slots__: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, name):
            raise AttributeError(f"{type(self).__name__}.{name} is read-only")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} is read-only")


class Record(Frozen):
    """Plain data that compares, prints and pickles by its fields."""

    __slots__: tuple[str, ...] = ()

    def _fields(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Record) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._fields()

    def __repr__(self) -> str:
        # What prints frames also prints an object that could not be made.
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__ if hasattr(self, name))
        return f"{type(self).__name__}({fields})"
