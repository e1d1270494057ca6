"""Explicit signatures over functions that never hold an option.

What prints frames, such as pytest and Sentry, prints the local variables of each function through which an error
leaves, and an option may be a key, under its own name or, by mistake, under another. So the function that runs takes
its options in one dict, which it empties at once, while the function that is declared lists them, for `help`,
`inspect.signature`, completion and type checkers.
"""

from __future__ import annotations

from ._native import Signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    _Declared = TypeVar("_Declared", bound=Callable[..., Any])

_CO_COROUTINE = 0x80


def signature_of(declared: Callable[..., Any]) -> Signature:
    """Reads which arguments and options a function declares."""
    code = declared.__code__
    return Signature(
        declared.__qualname__, code.co_varnames[1 : code.co_argcount], tuple(declared.__kwdefaults__ or ())
    )


def runs(implementation: Callable[..., Any]) -> Callable[[_Declared], _Declared]:
    """Runs `implementation`, with the options as its argument `given`, where the declared function is called."""

    def decorate(declared: _Declared) -> _Declared:
        signature = signature_of(declared)
        # Python names it where an argument is missing.
        implementation.__qualname__ = declared.__qualname__
        most = declared.__code__.co_argcount - 1

        def method(self: object, /, *args: object, **options: object) -> object:
            given = signature.take(options)
            if len(args) > most:
                # A key may be among them.
                args = ()
                raise signature.too_many()
            return implementation(self, *args, given=given, **options)

        async def async_method(self: object, /, *args: object, **options: object) -> object:
            given = signature.take(options)
            if len(args) > most:
                args = ()
                raise signature.too_many()
            return await implementation(self, *args, given=given, **options)

        is_async = implementation.__code__.co_flags & _CO_COROUTINE
        return shows(declared, async_method if is_async else method)

    return decorate


def runs_from_env(declared: _Declared) -> _Declared:
    """Makes a client with the declared options, and with the argument `prefix` as its `env_prefix`."""
    signature = signature_of(declared)

    def from_env(cls: type, /, *args: object, **options: object) -> object:
        if len(args) > 1 or (args and "prefix" in options):
            args = ()
            options.clear()
            raise signature.too_many()
        if args:
            options["prefix"], args = args[0], ()
        return signature.take(options).make(cls, options)

    return shows(declared, from_env)


def shows(declared: _Declared, function: Any) -> _Declared:
    """Gives a function the signature and the documentation of the declared one, as `functools.wraps` does."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
        setattr(function, name, getattr(declared, name))
    function.__wrapped__ = declared
    shown: _Declared = function
    return shown
