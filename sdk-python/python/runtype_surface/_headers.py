"""The headers of a response."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ._record import not_made


class Headers(Mapping[str, str]):
    """The headers of a response. Names are in any case, several values of one name are joined by a comma.

    That is how RFC 9110, section 5.3, joins them.
    """

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs: tuple[tuple[str, str], ...] = tuple((name.lower(), value) for name, value in pairs)

    def get_all(self, name: str) -> list[str]:
        """Every value of a name, in the order in which they came."""
        wanted = name.lower()
        return [value for known, value in self._pairs if known == wanted]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names in lower case and values, in the order in which they came."""
        return self._pairs

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._pairs))

    def __len__(self) -> int:
        return len(dict(self._pairs))

    def __reduce__(self) -> tuple[object, ...]:
        return Headers, (self._pairs,)

    def __repr__(self) -> str:
        return f"Headers({dict(self.items())!r})" if hasattr(self, "_pairs") else not_made(self)
