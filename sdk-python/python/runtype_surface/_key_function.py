"""Runs the application's key function, on a thread that the native part starts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task
    from collections.abc import Awaitable, Callable

    from ._native import Reply

_tasks: set[Task[None]] = set()


def ask(function: Callable[[], str | Awaitable[str]], reply: Reply) -> None:
    """Calls the function and hands its answer over, whatever it is."""
    try:
        reply.give(function())
    except BaseException as error:  # noqa: BLE001, the call that asks raises it
        reply.fail(error)


def await_on_loop(awaitable: Awaitable[str], reply: Reply) -> None:
    """Awaits what an `async` key function gave, as a task of the running loop."""
    import asyncio

    task = asyncio.get_running_loop().create_task(_settle(awaitable, reply))
    # The loop itself keeps only weak references.
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _settle(awaitable: Awaitable[str], reply: Reply) -> None:
    try:
        reply.give(await awaitable)
    except BaseException as error:  # noqa: BLE001, the call that asks raises it
        reply.fail(error)
