"""Checks an output against a type of the application. Loaded where one is given: it needs `typing`."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import sys
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, Union

from ._errors import ConfigurationError

Check = Callable[[Any, str], Any]
"""Returns the value as its type has it; the text is its path."""


class Mismatch(Exception):  # noqa: N818, it becomes a `ResponseDecodeError`
    """A value that is not of its type."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        """JSON pointer to the value."""
        self.reason = reason
        """What was expected, and the type of what was found."""


def validator(output_type: Any) -> Callable[[Any], Any]:
    """Returns what checks an output.

    Raises:
        ConfigurationError: The type is not supported; the text names it.
    """
    check = _Compiler().compile(output_type)
    return lambda output: check(output, "")


def _mismatch(path: str, expected: str, value: object) -> Mismatch:
    return Mismatch(path, f"expected {expected}, found {_name(type(value))}")


def _name(kind: Any) -> str:
    if kind is type(None):
        return "None"
    return kind.__qualname__ if isinstance(kind, type) and not typing.get_origin(kind) else str(kind)


def _step(path: str, key: object) -> str:
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


_PLAIN: dict[Any, Check] = {}
"""The checks of plain types."""


def _plain(kind: type, expected: str) -> None:
    def check(value: Any, path: str) -> Any:
        # True and False are integers to Python, and not to JSON.
        if type(value) is not kind:
            raise _mismatch(path, expected, value)
        return value

    _PLAIN[kind] = check


for _kind in (bool, int, str, list, dict, type(None)):
    _plain(_kind, _name(_kind))


def _float(value: Any, path: str) -> float:
    if type(value) not in (int, float):
        raise _mismatch(path, "float", value)
    return float(value)


def _any(value: Any, _path: str) -> Any:
    return value


_PLAIN |= {float: _float, Any: _any, object: _any, None: _PLAIN[type(None)]}

_LISTS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    collections.abc.Sequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    set: set,
    frozenset: frozenset,
}
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_WRAPPERS = ("Annotated", "Required", "NotRequired", "ReadOnly", "Final")


class _Compiler:
    """Makes checks, each of a class once: a class may hold itself."""

    def __init__(self) -> None:
        self._classes: dict[Any, Check] = {}

    def compile(self, kind: Any, place: str = "") -> Check:
        plain = _PLAIN.get(kind) if isinstance(kind, collections.abc.Hashable) else None
        if plain is not None:
            return plain
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is None:
            return self._compile_class(kind, place)
        if origin is Union or origin is types.UnionType:
            return self._union(arguments, place)
        if origin is Literal:
            return _literal(arguments)
        if origin in _LISTS:
            (item,) = arguments
            return _list_of(self.compile(item, place), _LISTS[origin])
        if origin is tuple:
            return self._tuple(arguments, place)
        if origin in _MAPPINGS and arguments[0] in (str, Any):
            return _dict_of(self.compile(arguments[1], place))
        if _name_of_form(kind, origin) in _WRAPPERS:
            return self.compile(arguments[0], place)
        return self._compile_class(kind, place)

    def _compile_class(self, kind: Any, place: str) -> Check:
        for attribute in ("__supertype__", "__value__"):
            # What `NewType` and `type` statements name.
            if not isinstance(kind, type) and hasattr(kind, attribute):
                return self.compile(getattr(kind, attribute), place)
        if hasattr(kind, "validate_python"):
            return _pydantic(kind.validate_python)
        if isinstance(kind, type):
            if hasattr(kind, "model_validate"):
                return _pydantic(kind.model_validate)
            if hasattr(kind, "__pydantic_validator__") and "pydantic" in sys.modules:
                return _pydantic(sys.modules["pydantic"].TypeAdapter(kind).validate_python)
            if issubclass(kind, enum.Enum):
                return _enum(kind)
            if dataclasses.is_dataclass(kind):
                return self._once(kind, self._dataclass)
            if issubclass(kind, dict) and hasattr(kind, "__required_keys__"):
                return self._once(kind, self._typed_dict)
            if kind is tuple:
                return _list_of(_any, tuple)
            if kind in _LISTS:
                return _list_of(_any, _LISTS[kind])
            if kind in _MAPPINGS:
                return _PLAIN[dict]
        if hasattr(kind, "__required_keys__"):
            return self._once(kind, self._typed_dict)
        raise _refused(kind, place)

    def _once(self, kind: Any, make: Callable[[Any], Check]) -> Check:
        if kind not in self._classes:
            # Looked up when it is called: by then it is made.
            self._classes[kind] = lambda value, path: self._classes[kind](value, path)
            self._classes[kind] = make(kind)
        return self._classes[kind]

    def _hints(self, kind: Any) -> dict[str, Any]:
        try:
            return typing.get_type_hints(kind, include_extras=True)
        except Exception as error:
            raise ConfigurationError(
                f"output_type: the annotations of {_name(kind)} cannot be evaluated: {error}", option="output_type"
            ) from error

    def _dataclass(self, kind: Any) -> Check:
        hints = self._hints(kind)
        fields = [field for field in dataclasses.fields(kind) if field.init]
        checks = {field.name: self.compile(hints[field.name], f"{_name(kind)}.{field.name}") for field in fields}
        missing = dataclasses.MISSING
        needed = {f.name for f in fields if f.default is missing and f.default_factory is missing}

        def check(value: Any, path: str) -> Any:
            return kind(**_fields(value, path, _name(kind), checks, needed))

        return check

    def _typed_dict(self, kind: Any) -> Check:
        hints = self._hints(kind)
        checks = {key: self.compile(hint, f"{_name(kind)}.{key}") for key, hint in hints.items()}
        needed = set(kind.__required_keys__)
        for key, hint in hints.items():
            # Where annotations are texts, the class itself does not know it.
            wrapper = _name_of_form(hint, typing.get_origin(hint))
            if wrapper in ("Required", "NotRequired"):
                (needed.add if wrapper == "Required" else needed.discard)(key)

        def check(value: Any, path: str) -> Any:
            fields = _fields(value, path, _name(kind), checks, needed)
            # Fields that the type does not name are kept: APIs grow.
            return {**value, **fields}

        return check

    def _union(self, members: tuple[Any, ...], place: str) -> Check:
        checks = [self.compile(member, place) for member in members]
        expected = " or ".join(_name(member) for member in members)

        def check(value: Any, path: str) -> Any:
            nearest: Mismatch | None = None
            for one in checks:
                try:
                    return one(value, path)
                except Mismatch as mismatch:  # noqa: PERF203, each member may refuse it
                    if len(mismatch.path) > len(nearest.path if nearest else path):
                        nearest = mismatch
            raise nearest or _mismatch(path, expected, value)

        return check

    def _tuple(self, members: tuple[Any, ...], place: str) -> Check:
        if len(members) == 2 and members[1] is Ellipsis:
            return _list_of(self.compile(members[0], place), tuple)
        checks = [self.compile(member, place) for member in members]

        def check(value: Any, path: str) -> Any:
            if type(value) is not list:
                raise _mismatch(path, "list", value)
            if len(value) != len(checks):
                raise Mismatch(path, f"expected {len(checks)} items, found {len(value)}")
            return tuple(
                one(item, _step(path, index)) for index, (one, item) in enumerate(zip(checks, value, strict=True))
            )

        return check


def _refused(kind: Any, place: str) -> ConfigurationError:
    where = f" ({place})" if place else ""
    return ConfigurationError(
        f"output_type: {_name(kind)}{where} is not supported\n"
        "Pass a dataclass, a TypedDict, a pydantic model or TypeAdapter, or a type of JSON values such as list[str].",
        option="output_type",
    )


def _name_of_form(kind: Any, origin: Any) -> str:
    return "Annotated" if hasattr(kind, "__metadata__") else str(getattr(origin, "_name", ""))


def _fields(value: Any, path: str, name: str, checks: dict[str, Check], needed: set[str]) -> dict[str, Any]:
    if type(value) is not dict:
        raise _mismatch(path, name, value)
    for field in checks:
        if field in needed and field not in value:
            raise Mismatch(_step(path, field), f"{name} needs it, and it is missing")
    return {field: check(value[field], _step(path, field)) for field, check in checks.items() if field in value}


def _list_of(item: Check, make: Callable[[list[Any]], Any]) -> Check:
    def check(value: Any, path: str) -> Any:
        if type(value) is not list:
            raise _mismatch(path, "list", value)
        items = [item(one, f"{path}/{index}") for index, one in enumerate(value)]
        try:
            return make(items)
        except TypeError:
            raise Mismatch(path, f"expected {make.__name__}, whose items are hashable") from None

    return check


def _dict_of(value_check: Check) -> Check:
    def check(value: Any, path: str) -> Any:
        if type(value) is not dict:
            raise _mismatch(path, "dict", value)
        return {key: value_check(one, _step(path, key)) for key, one in value.items()}

    return check


def _literal(members: tuple[Any, ...]) -> Check:
    expected = " or ".join(repr(member) for member in members)

    def check(value: Any, path: str) -> Any:
        for member in members:
            if type(member) is type(value) and member == value:
                return member
        raise _mismatch(path, expected, value)

    return check


def _enum(kind: type[enum.Enum]) -> Check:
    def check(value: Any, path: str) -> Any:
        for member in kind:
            if type(member.value) is type(value) and member.value == value:
                return member
        raise _mismatch(path, f"a value of {_name(kind)}", value)

    return check


def _pydantic(validate: Callable[[Any], Any]) -> Check:
    def check(value: Any, path: str) -> Any:
        try:
            return validate(value)
        except ValueError as error:
            errors: Any = getattr(error, "errors", None)
            if errors is None:
                raise
            first: dict[str, Any] = errors(include_url=False, include_context=False)[0]
            # What pydantic's own text shows of the value stays out: it may be private.
            for key in first["loc"]:
                path = _step(path, key)
            found = "" if first["type"] == "missing" else f", found {_name(type(first['input']))}"
            raise Mismatch(path, f"{first['msg']}{found}") from None

    return check
