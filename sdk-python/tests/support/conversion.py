"""The conformance suite's options and facts, which have no language's names and units, from and to Python's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from runtype_surface import Client, StreamEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtype_surface import AsyncClient, Attempt, AttemptStart, CallResponse, SurfaceError


def options_of(given: dict[str, Any], kind: type[Client | AsyncClient], application: Application) -> dict[str, Any]:
    """Options as Python has them: seconds for milliseconds, a function for a list of keys."""
    options: dict[str, Any] = {}
    for name, value in given.items():
        if name == "hooks":
            options |= {"before_attempt": application.before, "after_attempt": application.after}
        elif name.endswith("_ms") and isinstance(value, (int, float)):
            options[name.removesuffix("_ms")] = value / 1e3
        else:
            options[name.removesuffix("_ms")] = (
                key_function(value, kind, application) if isinstance(value, dict) else value
            )
    return options | ({"headers": given["headers"]} if "headers" in given else {})


class Application:
    """What a client asks and tells the application."""

    def __init__(self) -> None:
        self.asked = 0
        """How often the key function was called."""
        self.told: list[Any] = []
        """What the hooks were told."""

    def before(self, start: AttemptStart) -> None:
        self.told.append({"start": facts(start), "end": None})

    def after(self, start: AttemptStart, end: Attempt) -> None:
        self.told.append({"start": facts(start), "end": facts(end)})


def key_function(
    given: dict[str, Any], kind: type[Client | AsyncClient], application: Application
) -> Callable[[], Any]:
    """A key function that gives its keys in turn, then the last one again, or fails."""

    def ask() -> str:
        application.asked += 1
        if "function_error" in given:
            raise LookupError(given["function_error"])
        keys: list[str] = given["function"]
        return keys[min(application.asked, len(keys)) - 1]

    async def ask_later() -> str:
        await asyncio.sleep(0)
        return ask()

    return ask if kind is Client else ask_later


def facts(of: CallResponse | SurfaceError | AttemptStart | Attempt | StreamEvent) -> dict[str, Any]:
    """The fields of a response, an error, an attempt or an event, as the suite names them."""
    found: dict[str, Any] = {}
    for name in (name for name in dir(of) if not name.startswith("_")):
        value = getattr(of, name, None)
        if isinstance(value, StreamEvent):
            found[name] = facts(value)
        elif name in ("elapsed", "waited", "started", "retry_after", "duration") and value is not None:
            found[f"{name}_ms"] = value * 1e3
        elif name == "attempts":
            found[name] = [facts(attempt) for attempt in value or ()]
        elif name == "headers":
            found[name] = dict(value or ())
        elif name == "usage" and value is not None:
            found[name] = facts(value)
        elif name in ("rate_limit", "quota") and value is not None:
            found[name] = {part: getattr(value, part) for part in value.__slots__}
        elif isinstance(value, bytes):
            found[name] = value.decode(errors="replace")
        else:
            found[name] = value
    return found
