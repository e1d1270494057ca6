"""Loads `_types` when one of its names is looked up, by what evaluates annotations."""

from __future__ import annotations


class _LazyTypes:
    """The module `_types`, for annotations."""

    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        from . import _types

        return getattr(_types, name)


types = _LazyTypes()
