"""No frame of this package shows a key when an error leaves it: not to `traceback`, to pytest, or to Sentry."""

from __future__ import annotations

import asyncio
import functools
import json
import pickle
import subprocess
import sys
import textwrap
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sentry_sdk
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.transport import Transport
from sentry_sdk.utils import event_from_exception

import runtype_surface
from runtype_surface import AsyncClient, Client, SurfaceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentry_sdk.envelope import Envelope

    from runtype_mock import MockSurface

SECRET = "do_not_show_5f2c"  # noqa: S105, no secret of anybody
PACKAGE = str(Path(runtype_surface.__file__).parent)

IDS: dict[str, Any] = {"product_id": "prod_1", "surface_id": "surf_1"}
WRONG: dict[str, dict[str, Any]] = {
    "a time below zero": {"timeout": -1},
    "a time that is a text": {"timeout": "soon"},
    "no option": {"tiemout": 1},
    "a header of the client's": {"headers": {"Authorization": "Bearer x"}},
    "a lone surrogate": {"base_url": "\ud800"},
    "two keys": {"api_key_variable": "MY_KEY"},
}
TEXT_OPTIONS = (
    "api_key_file",
    "auth_header",
    "base_url",
    "endpoint_url",
    "env_prefix",
    "product_id",
    "proxy",
    "response_format",
    "retry_mode",
    "root_certificates",
    "surface_id",
    "timeout",
)


class Bland:
    """What holds a key for a test, whose own frames shall not show it."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    def __repr__(self) -> str:
        return "<bland>"


def key() -> str:
    return f"papi_{SECRET}"


MAKERS: dict[str, Callable[[Bland], object]] = {
    "Client": lambda given: Client(**given.options),
    "AsyncClient": lambda given: AsyncClient(**given.options),
    "Client.from_env": lambda given: Client.from_env("STAGING", **given.options),
    "AsyncClient.from_env": lambda given: AsyncClient.from_env("STAGING", **given.options),
}


class Collected(Transport):
    """Keeps in memory what Sentry would send."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.extend(json.dumps(item.payload.json) for item in envelope.items)


def seen_by_sentry(error: BaseException) -> str:
    """An error as Sentry sends it, with nothing scrubbed that is called like a key."""
    transport = Collected()
    client = sentry_sdk.Client(
        dsn="https://public@sentry.invalid/1",
        transport=transport,
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=True,
        include_source_context=False,
        max_request_body_size="always",
        event_scrubber=EventScrubber(denylist=[]),
    )
    event, hint = event_from_exception(error, client_options=client.options)
    client.capture_event(event, hint, sentry_sdk.Scope(client=client))
    client.close()
    assert transport.sent
    return "".join(transport.sent)


def seen_by_traceback(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def assert_shows_no_key(error: BaseException) -> None:
    text = seen_by_traceback(error)
    assert PACKAGE in text, "the error came through no frame of this package"
    assert SECRET not in text
    assert SECRET not in seen_by_sentry(error)
    assert SECRET.encode() not in pickle.dumps(error)
    assert SECRET not in repr(vars(error))


def error_of(work: Callable[[], object]) -> Exception:
    with pytest.raises((SurfaceError, TypeError)) as caught:
        work()
    return caught.value


def test_the_judges_see_a_key_in_a_frame() -> None:
    def shows_it() -> None:
        api_key = key()
        raise ValueError(len(api_key))

    with pytest.raises(ValueError, match=r"\d") as caught:
        shows_it()
    assert SECRET in seen_by_traceback(caught.value)
    assert SECRET in seen_by_sentry(caught.value)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("end", ["", "\n", " and more"])
def test_a_client_that_cannot_be_made_shows_no_key(make: str, wrong: str, end: str) -> None:
    given = Bland(api_key=key() + end, **IDS, **WRONG[wrong])
    assert_shows_no_key(error_of(lambda: MAKERS[make](given)))


@pytest.mark.parametrize("option", TEXT_OPTIONS)
@pytest.mark.parametrize("make", MAKERS)
def test_a_key_given_as_another_option_is_not_shown(make: str, option: str) -> None:
    given = Bland(**{"api_key": 7, **IDS, option: key()})
    assert_shows_no_key(error_of(lambda: MAKERS[make](given)))


@pytest.mark.parametrize("class_", [Client, AsyncClient])
def test_a_key_given_as_the_prefix_of_the_variables_is_not_shown(class_: type[Client | AsyncClient]) -> None:
    given = Bland(prefix=key(), timeout=-1, **IDS)
    assert_shows_no_key(error_of(lambda: class_.from_env(**given.options)))


def test_a_key_that_is_passed_by_position_is_not_shown(runtype_mock: MockSurface) -> None:
    given, call = Bland(key=key()), runtype_mock.client().call
    for work in (
        lambda: Client(*given.options.values()),
        lambda: AsyncClient.from_env("STAGING", *given.options.values()),
        lambda: Client.from_env(*given.options.values(), timeout=-1, **IDS),
        lambda: call("echo", {}, *given.options.values()),
    ):
        assert_shows_no_key(error_of(work))


def test_a_client_of_the_mock_that_cannot_be_made_shows_no_key(runtype_mock: MockSurface) -> None:
    given = Bland(api_key=key(), timeout=-1)
    assert_shows_no_key(error_of(lambda: runtype_mock.client(**given.options)))
    assert_shows_no_key(error_of(lambda: runtype_mock.async_client(**given.options)))


CALLS: dict[str, Callable[[Client, Bland], object]] = {
    "call": lambda client, given: client.call("echo", **given.options),
    "call_with_response": lambda client, given: client.call_with_response("echo", **given.options),
    "stream": lambda client, given: next(client.stream("support-agent", **given.options)),
    "stream's text": lambda client, given: client.stream("support-agent", **given.options).text(),
    "stream, entered": lambda client, given: client.stream("support-agent", **given.options).__enter__(),
    "call_many": lambda client, given: list(client.call_many("echo", [{}], **given.options)),
    "call_many of no inputs": lambda client, given: client.call_many("echo", 7, **given.options),  # type: ignore[arg-type]
    "openapi": lambda client, given: client.openapi(**given.options),
    "openapi_with_response": lambda client, given: client.openapi_with_response(**given.options),
}


async def all_of(many: Any) -> list[Any]:
    return [result async for result in many]


ASYNC_CALLS: dict[str, Callable[[AsyncClient, Bland], Any]] = {
    "call": lambda client, given: client.call("echo", **given.options),
    "call_with_response": lambda client, given: client.call_with_response("echo", **given.options),
    "stream": lambda client, given: all_of(client.stream("support-agent", **given.options)),
    "stream's text": lambda client, given: client.stream("support-agent", **given.options).text(),
    "call_many": lambda client, given: all_of(client.call_many("echo", [{}], **given.options)),
    "call_many of no inputs": lambda client, given: all_of(client.call_many("echo", 7, **given.options)),  # type: ignore[arg-type]
    "openapi": lambda client, given: client.openapi(**given.options),
    "openapi_with_response": lambda client, given: client.openapi_with_response(**given.options),
}


async def awaited(client: AsyncClient, name: str, given: Bland) -> object:
    return await ASYNC_CALLS[name](client, given)


@pytest.mark.parametrize("wrong", [{"timeout": -1}, {"no_option": 1}], ids=["a wrong value", "no option"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_cannot_be_sent_shows_no_key_of_its_options(
    runtype_mock: MockSurface, name: str, wrong: dict[str, Any]
) -> None:
    given = Bland(headers={"X-Tenant-Key": key()}, **wrong)
    client = runtype_mock.client()
    assert_shows_no_key(error_of(lambda: CALLS[name](client, given)))


@pytest.mark.parametrize("wrong", [{"timeout": -1}, {"no_option": 1}], ids=["a wrong value", "no option"])
@pytest.mark.parametrize("name", ASYNC_CALLS)
def test_an_asynchronous_call_that_cannot_be_sent_shows_no_key_of_its_options(
    runtype_mock: MockSurface, name: str, wrong: dict[str, Any]
) -> None:
    given = Bland(headers={"X-Tenant-Key": key()}, **wrong)
    client = runtype_mock.async_client()
    assert_shows_no_key(error_of(lambda: asyncio.run(awaited(client, name, given))))


def gives_a_refused_key() -> str:
    return key()


def gives_a_key_in_bytes() -> Any:
    return key().encode()


def gives_a_key_with_a_lone_surrogate() -> str:
    return key() + "\ud800"


def raises() -> str:
    raise LookupError("the vault is sealed")


FUNCTIONS = [gives_a_refused_key, gives_a_key_in_bytes, gives_a_key_with_a_lone_surrogate, raises]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", [name for name in CALLS if "of no inputs" not in name])
def test_a_key_function_leaves_no_key_in_frames(
    runtype_mock: MockSurface, name: str, function: Callable[[], str]
) -> None:
    client = runtype_mock.client(api_key=function)

    def work() -> None:
        results = CALLS[name](client, Bland())
        if isinstance(results, list):
            (result,) = results
            result.output  # noqa: B018, it raises

    assert_shows_no_key(error_of(work))


class Vault:
    """A key function whose `repr`, as that of a dataclass, shows what it holds."""

    def __init__(self, function: Callable[[], str]) -> None:
        self.function = function

    def __call__(self) -> str:
        return self.function()

    def __repr__(self) -> str:
        return f"Vault(key={key()!r})"


class ShownAwaitable:
    def __await__(self) -> Any:
        raises()
        yield

    def __repr__(self) -> str:
        return f"ShownAwaitable({key()!r})"


def frames_of_this_package(error: BaseException) -> str:
    """The local variables of this package's frames, through causes and contexts. Other frames are the application's."""
    shown: list[str] = []
    seen: list[BaseException] = [error]
    for one in seen:
        stack = traceback.TracebackException.from_exception(one, capture_locals=True).stack
        shown.extend(f"{frame.name} {frame.locals}" for frame in stack if frame.filename.startswith(PACKAGE))
        seen.extend(link for link in (one.__cause__, one.__context__) if link is not None and link not in seen)
    return "\n".join(shown)


@pytest.mark.parametrize("function", [Vault(raises), functools.partial(Vault(raises)), lambda: ShownAwaitable()])
def test_a_key_function_itself_is_in_no_frame(runtype_mock: MockSurface, function: Callable[[], str]) -> None:
    client = runtype_mock.async_client(api_key=function)
    error = error_of(lambda: asyncio.run(client.call("echo")))
    assert str(error.__cause__).startswith("LookupError")
    assert SECRET not in frames_of_this_package(error)


class Observer:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *_: object) -> None:
        raise self.error

    def __repr__(self) -> str:
        return f"Observer(key={key()!r})"


def test_a_hook_itself_is_in_no_frame(runtype_mock: MockSurface, caplog: pytest.LogCaptureFixture) -> None:
    make: Any = runtype_mock.client
    for hook in ("before_attempt", "after_attempt"):
        with pytest.raises(KeyboardInterrupt) as caught:
            make(**{hook: Observer(KeyboardInterrupt())}).call("echo")
        assert SECRET not in frames_of_this_package(caught.value)
        make(**{hook: Observer(LookupError())}).call("echo")
    assert len(caplog.records) == 2
    assert SECRET not in caplog.text


def test_a_client_that_is_made_again_from_a_pickle_shows_no_option() -> None:
    client = Client(api_key=gives_a_refused_key, headers={"X-Tenant": SECRET}, product_id="prod_1", surface_id="surf_1")
    remade: Any = client.__reduce__()
    make, given = remade[0], Bland(kind=Client, options={**remade[1][1], "timeout": -1})
    del remade
    assert_shows_no_key(error_of(lambda: make(*given.options.values())))


HALF_MADE = [
    getattr(runtype_surface, name)
    for name in runtype_surface.__all__
    if isinstance(getattr(runtype_surface, name), type)
    and name not in ("Endpoint", "StreamEvent", "NotGiven")
    and not name.endswith("Options")
]


@pytest.mark.parametrize("class_", HALF_MADE)
def test_what_was_never_made_prints_itself(class_: Any) -> None:
    assert class_.__name__ in repr(class_.__new__(class_))


def test_a_subclass_that_fails_before_it_is_made_prints_itself() -> None:
    class Ours(Client):
        def __init__(self) -> None:
            raise ValueError("not yet")

    with pytest.raises(ValueError, match="not yet") as caught:
        Ours()
    assert "<Ours, not made>" in seen_by_traceback(caught.value)


def test_pytest_prints_no_key(tmp_path: Path) -> None:
    (tmp_path / "held.py").write_text(
        textwrap.dedent(f"""
        class Held:
            options = dict(api_key="papi_" + {SECRET!r}, product_id="papi_" + {SECRET!r}, surface_id="surf_1")
            per_call = dict(headers=dict(key="papi_" + {SECRET!r}), timeout=-1)
            def __repr__(self):
                return "<held>"
        """)
    )
    test = tmp_path / "test_failing.py"
    test.write_text(
        textwrap.dedent("""
        import asyncio
        import held, pytest
        from runtype_surface import AsyncClient, Client

        HELD = held.Held()
        CLASSES = (Client, AsyncClient)

        @pytest.mark.parametrize("make", [*CLASSES, *(one.from_env for one in CLASSES)], ids=range(4))
        def test_making(make):
            make(**HELD.options, timeout=-1)

        def test_calling():
            Client(api_key=lambda: "", product_id="prod_1", surface_id="surf_1").call("echo", **HELD.per_call)

        def test_awaiting():
            client = AsyncClient(api_key=lambda: "", product_id="prod_1", surface_id="surf_1")
            asyncio.run(client.call("echo", **HELD.per_call))
        """)
    )
    command = [sys.executable, "-m", "pytest", "--showlocals", "--tb=long", "-vv", "-p", "no:cacheprovider", str(test)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "6 failed" in ended.stdout
    assert ended.stdout.count("_client.py") > 6
    assert SECRET not in ended.stdout + ended.stderr
