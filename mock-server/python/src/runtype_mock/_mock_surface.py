"""A mock surface, and the control of it."""

from __future__ import annotations

import contextlib
import json
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ._answer import JSON, configured, milliseconds, when
from ._function_server import FunctionServer
from ._journal import MockRequest, summary
from ._mock_process import MockError, MockProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType, TracebackType

    from runtype_surface import AsyncClient, AsyncClientOptions, Client, ClientOptions
    from typing_extensions import Self, Unpack


class MockSurface:
    """A mock surface on a free port of this machine: a server of its own, stopped by `close` or with this object.

    In a process that `runtype-mock run` started, it is a new surface of that mock instead, unless there is an argument.

    It begins as the demo surface: the capabilities `echo`, `summarize-article`, `support-agent`, `fails` and `slow`,
    and the keys `papi_demo_full`, `papi_demo_scoped`, `papi_demo_revoked`, `papi_demo_expired` and `papi_demo_limited`.

    Args:
        config: A TOML file that says what is mocked, which replaces the demo surface.
        seed: Random seed: the same seed injects the same faults.
        binary: The mock's binary; by default `find_binary` looks for it.

    Raises:
        MockError: The mock did not start.
        FileNotFoundError: There is no binary.
    """

    def __init__(
        self, *, config: Path | str | None = None, seed: int | None = None, binary: Path | str | None = None
    ) -> None:
        running = MockProcess.running() if config is None and seed is None and binary is None else None
        if running is not None:
            self._join(running)
            return
        options = [] if config is None else ["--config", str(config)]
        if seed is not None:
            options += ["--seed", str(seed)]
        self._begin(MockProcess.start(binary, options), None)

    def _begin(self, process: MockProcess, env: dict[str, str] | None) -> None:
        self._process = process
        self._functions: FunctionServer | None = None
        self._is_added = env is not None
        self._is_closed = False
        self.env: dict[str, str] = process.env if env is None else env
        """The variables that configure a client for this mock, such as for `monkeypatch.setenv` or a child process."""

    def _join(self, process: MockProcess) -> None:
        """Becomes a new surface of a mock, as its first surface began."""
        status, content = process.ask("GET", "state")
        state = _decoded("GET state", status, content)
        status, content = process.ask("POST", "surfaces", {"copy_of": state["default_surface"]})
        self._begin(process, _decoded("POST surfaces", status, content)["env"])

    @classmethod
    def _of(cls, process: MockProcess) -> MockSurface:
        surface = cls.__new__(cls)
        surface._join(process)  # noqa: SLF001, its own
        return surface

    def new_surface(self) -> MockSurface:
        """Returns another surface of the same mock, as its first surface began. They share only the process."""
        return self._of(self._process)

    # Clients

    def client(self, **options: Unpack[ClientOptions]) -> Client:
        """Returns a client of the mock with an unrestricted key. Options are those of `Client`.

        Raises:
            ImportError: The package runtype-surface is not installed.
        """
        return self._make("Client", options)  # type: ignore[no-any-return]

    def async_client(self, **options: Unpack[AsyncClientOptions]) -> AsyncClient:
        """Returns an asyncio client of the mock with an unrestricted key. Options are those of `AsyncClient`.

        Raises:
            ImportError: The package runtype-surface is not installed.
        """
        return self._make("AsyncClient", options)  # type: ignore[no-any-return]

    def _make(self, kind: str, options: Any) -> Any:
        surface = {"base_url": self.base_url, "product_id": self.product_id, "surface_id": self.surface_id}
        try:
            return getattr(_sdk(), kind)(**surface | {"api_key": self.api_key} | options)
        finally:
            # An error's frames show no key.
            options.clear()

    @property
    def base_url(self) -> str:
        """Where the mock listens."""
        return self.env["RUNTYPE_BASE_URL"]

    @property
    def product_id(self) -> str:
        """The mock product's id."""
        return self.env["RUNTYPE_PRODUCT_ID"]

    @property
    def surface_id(self) -> str:
        """The mock surface's id."""
        return self.env["RUNTYPE_SURFACE_ID"]

    @property
    def api_key(self) -> str:
        """An unrestricted key."""
        return self.env["RUNTYPE_PRODUCT_API_KEY"]

    # What it does

    def answer(self, slug: str, answer: object, **fields: Any) -> None:
        """Sets what a capability answers; adds or replaces the capability.

        Args:
            slug: The capability.
            answer: An output, a function from an input to an output, or what `fail`, `sequence`, `matched` and
                `stream_of` return. A function runs in a thread of this process; an exception becomes a 500.
            fields: Other fields of the capability, such as `latency_ms`.
        """
        self.put_capability(slug, answer=configured(answer, self._register), **fields)

    def _register(self, function: Callable[[JSON], object]) -> str:
        if self._functions is None:
            self._functions = FunctionServer()
        return self._functions.register(function)

    def put_capability(self, slug: str, **fields: Any) -> JSON:
        """Adds or replaces a capability, such as `answer={"kind": "fixed", "output": {"words": 3}}`."""
        return self.control("PUT", f"capabilities/{quote(slug, safe='')}", _plain(fields))

    def remove_capability(self, slug: str) -> None:
        """Removes a capability."""
        self.control("DELETE", f"capabilities/{quote(slug, safe='')}")

    def pause(self) -> None:
        """Pauses the surface."""
        self.control("PATCH", f"surfaces/{self.surface_id}", {"status": "paused"})

    def resume(self) -> None:
        """Ends the pause."""
        self.control("PATCH", f"surfaces/{self.surface_id}", {"status": "active"})

    def mint_key(
        self,
        *,
        scopes: Iterable[str] | None = None,
        expires_at: datetime | timedelta | str | None = None,
        **fields: Any,
    ) -> str:
        """Creates a key, unrestricted or for the capabilities in `scopes`, and returns it in plain.

        Args:
            scopes: The capabilities that it may call.
            expires_at: When it expires: a time, or how long from now by the mock's clock.
            fields: `key`, `name`, `environment`, `rate_limit_per_minute`, `rate_limit_per_day`, `revoked`.
        """
        if scopes is not None:
            fields["scopes"] = list(scopes)
        if isinstance(expires_at, timedelta):
            expires_at = self.now() + expires_at
        if expires_at is not None:
            fields["expires_at"] = expires_at
        return str(self.control("POST", "keys", _plain(fields))["key"])

    def revoke_key(self, key: str | None = None) -> None:
        """Revokes a key at once; without one, the key that the clients of this mock have."""
        self.control("POST", f"keys/{quote(key or self.api_key, safe='')}/revoke")

    def inject(self, kind: str, **fields: Any) -> str:
        """Injects a fault, such as `"status", status=503, times=2` or `"reset", capability="echo"`; returns its id.

        Durations, such as `latency_ms`, are numbers of milliseconds or timedeltas.
        """
        made = self.control("POST", "faults", {"kind": kind, **_plain(fields)})
        return str(made["ids"][0])

    def clear_faults(self) -> None:
        """Removes all faults."""
        self.control("DELETE", "faults")

    def advance_clock(self, seconds: float | timedelta) -> None:
        """Moves the surface's clock forward, by seconds or a timedelta, such as past a key's expiry."""
        self.control("POST", "clock", {"advance_ms": milliseconds(seconds)})

    def now(self) -> datetime:
        """The time of the surface's clock."""
        # Python 3.10 does not know the Z of UTC.
        return datetime.fromisoformat(str(self.control("GET", "clock")["now"]).replace("Z", "+00:00"))

    def reset(self) -> None:
        """Goes back to how it began: capabilities, keys, faults, clock, journal."""
        self.control("POST", "reset")

    # What it saw

    def journal(self, capability: str | None = None) -> list[MockRequest]:
        """The requests that came, oldest first; keys stand in them as hints."""
        query = {} if capability is None else {"capability": capability}
        requests: list[MockRequest] = []
        after: int | None = 0
        while after is not None:
            page = self.control("GET", "journal", query=query | {"after": str(after)})
            requests += page["requests"]
            after = page["next"]
        return requests

    def verify(
        self,
        capability: str | None = None,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        status: int | None = None,
        ran: bool | None = None,
        input: JSON | None = None,
        at: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        call: int | Sequence[int] | None = None,
        stream: bool | None = None,
    ) -> int:
        """Verifies a number of calls, by default at least one, and returns it.

        Args:
            capability: The capability that they name.
            times: Their exact number.
            at_least: Their lowest number.
            at_most: Their highest number.
            status: The status of their responses.
            ran: Whether they ran the capability.
            input: Fields that the input has, with their values, as in `when`.
            at: Values that the input has at JSON Pointers.
            headers: Headers of the requests.
            key: Their key, named by its plain text, its id or its name.
            call: Numbers of the capability's calls.
            stream: Whether they requested a stream.

        Raises:
            AssertionError: What was expected, what came, and the nearest request.
        """
        __tracebackhide__ = True
        bounds = {"at_least": at_least, "at_most": at_most}
        if times is not None and (at_least is not None or at_most is not None):
            raise ValueError("set either times, or at_least and at_most")
        wanted = {
            "capability": capability,
            "times": {name: bound for name, bound in bounds.items() if bound is not None} if times is None else times,
            "status": status,
            "ran": ran,
        }
        body = {name: value for name, value in wanted.items() if value is not None and value != {}}
        body["when"] = when(input=input, at=at, headers=headers, key=key, call=call, stream=stream)
        code, content = self._process.ask("POST", f"verify?{urlencode({'surface': self.surface_id})}", body)
        if code == 409:
            raise AssertionError(json.loads(content)["error"])
        return int(_decoded("POST verify", code, content)["seen"])

    def wait_for(self, condition: Callable[[list[MockRequest]], bool], *, seconds: float = 5.0) -> list[MockRequest]:
        """Waits until the journal is as wanted, and returns it.

        Raises:
            MockError: It is not, after so many seconds; the text has the last requests.
        """
        deadline = time.monotonic() + seconds
        while True:
            journal = self.journal()
            if condition(journal):
                return journal
            if time.monotonic() > deadline:
                raise MockError(f"the journal is not as wanted after {seconds} s:\n{summary(journal)}")
            time.sleep(0.002)

    def control(self, method: str, path: str, body: object = None, *, query: dict[str, str] | None = None) -> JSON:
        """Sends a request to the mock's control interface, for what has no method of its own here."""
        # These concern no surface, or name it in the path.
        is_general = path.split("/")[0] == "surfaces" or (method, path) == ("PUT", "state")
        parameters = ({} if is_general else {"surface": self.surface_id}) | (query or {})
        target = f"{path}?{urlencode(parameters)}" if parameters else path
        status, content = self._process.ask(method, target, body)
        return _decoded(f"{method} {path}", status, content)

    def close(self) -> None:
        """Stops the mock, or removes this surface from a mock that others use too."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._functions is not None:
            self._functions.close()
        if not self._is_added:
            self._process.stop()
            return
        # The mock may have stopped already.
        with contextlib.suppress(OSError):
            self.control("DELETE", f"surfaces/{self.surface_id}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<MockSurface at {self.base_url}>"


def _decoded(request: str, status: int, content: bytes) -> JSON:
    if status >= 300:
        raise MockError(f"{request}: {status} {content.decode(errors='replace')}")
    decoded: JSON = json.loads(content) if content else {}
    return decoded


def _plain(fields: Mapping[str, Any]) -> JSON:
    """Fields with their times and durations as the control interface has them."""
    return {name: _plain_value(name, value) for name, value in fields.items()}


def _plain_value(name: str, value: object) -> object:
    if isinstance(value, timedelta):
        if not name.endswith("_ms"):
            raise TypeError(f"{name} is a timedelta; durations are the fields whose names end in _ms")
        return milliseconds(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} is {value!r}, without a time zone; add one, such as datetime.timezone.utc")
        return value.isoformat()
    return value


def _sdk() -> ModuleType:
    """The SDK, which only the methods that make its clients need."""
    try:
        import runtype_surface
    except ModuleNotFoundError as error:
        if error.name != "runtype_surface":
            raise
        raise ImportError(
            "this method returns a client of the package runtype-surface, which is not installed: "
            "`pip install runtype-surface`, or use another HTTP client with the variables in MockSurface.env",
            name="runtype_surface",
        ) from None
    return runtype_surface
