"""The requests in a mock's journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence


class MockRequest(TypedDict):
    """A request that the mock received. Keys appear as hints."""

    n: int
    """Number, counted from 1 since the mock's start."""
    time: str
    """When it was received, as an ISO 8601 time."""
    method: str
    path: str
    query: str
    """The query, without its question mark."""
    headers: dict[str, str]
    body: Any
    """JSON if it is that, else text; the first 64 KiB."""
    body_bytes: int
    """Length of the body."""
    connection: int
    """Number of its connection."""
    lane: int | None
    """Number of its connection on the surface."""
    surface: str | None
    capability: str | None
    """The capability that it named."""
    auth: Literal["bearer", "x-api-key"] | None
    """The header that carried the key."""
    key_hint: str | None
    key_id: str | None
    """The key's id, if the key is valid."""
    status: int | None
    """The response's status; `None` if none was sent."""
    reached: bool
    """Whether the capability ran."""
    call: int | None
    """Number of the capability's call, counted from 1, if it ran."""
    stream: bool
    """Whether it ran for a stream."""
    fault: str | None
    """The kind of the fault that applied."""
    request_id: str
    execution_id: str | None
    answered_by: str
    """Which part of the mock responded."""
    outcome: Literal["open", "delivered", "client_closed"]
    """Whether the response is still in flight, was delivered, or the client closed before."""
    ended: str | None
    client_closed_at: str | None


_SHOWN = 5


def summary(requests: Sequence[MockRequest]) -> str:
    """The last requests, one short line for each."""
    lines = [
        f"  {request['n']}: {request['method']} {request['capability'] or request['path']} {request['status'] or '---'}"
        + (f" fault={request['fault']}" if request["fault"] else "")
        + (f" {request['outcome']}" if request["outcome"] != "delivered" else "")
        for request in requests[-_SHOWN:]
    ]
    hidden = len(requests) - len(lines)
    return "\n".join(([f"  ({hidden} earlier ones)"] if hidden else []) + (lines or ["  none"]))
