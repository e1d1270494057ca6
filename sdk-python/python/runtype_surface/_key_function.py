"""Awaits what the application's `async` key function returned. No frame here holds the function, or its result."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Task

    from ._native import KeyRequest

_tasks: set[Task[None]] = set()


def await_on_loop(request: KeyRequest) -> None:
    """Awaits what the function returned, as a task of the running loop."""
    import asyncio

    task = asyncio.get_running_loop().create_task(_settle(request))
    # The loop itself keeps only weak references.
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _settle(request: KeyRequest) -> None:
    try:
        request.give(await request.awaitable())
    except BaseException as error:  # noqa: BLE001, the call that asks raises it
        request.fail(error)
