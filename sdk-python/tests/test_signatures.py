"""Every option is visible: to `help`, to `inspect`, to `typing`, to completion, and in the public types."""

from __future__ import annotations

import asyncio
import inspect
import pydoc
import re
import typing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

import jedi
import pydantic
import pytest

import runtype_surface
from runtype_surface import (
    AsyncClient,
    AsyncClientOptions,
    CallManyOptions,
    CallOptions,
    CallResponse,
    Client,
    ClientOptions,
    NotGiven,
    StreamEventName,
    StreamOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = (Client, AsyncClient)
REQUEST = {"timeout", "attempt_timeout", "max_retries", "max_retry_wait", "retry_mode", "headers"}
CALL = REQUEST | {"max_response_bytes", "response_format", "via_dispatch"}
STREAM = REQUEST | {"stream_idle_timeout", "stream_timeout", "max_event_bytes", "max_response_bytes", "via_dispatch"}
CLIENT = (CALL | STREAM) - {"via_dispatch"} | {
    "after_attempt",
    "allow_insecure_http",
    "api_key",
    "api_key_file",
    "api_key_prefix",
    "api_key_variable",
    "auth_header",
    "base_url",
    "before_attempt",
    "connect_timeout",
    "endpoint_url",
    "env_prefix",
    "product_id",
    "proxy",
    "root_certificates",
    "surface_id",
}
OPTIONS: dict[str, set[str]] = {
    "": CLIENT,
    "from_env": CLIENT - {"env_prefix"},
    "call": CALL,
    "call_with_response": CALL,
    "stream": STREAM,
    "call_many": CALL | {"concurrency", "in_order", "max_window_wait"},
    "openapi": REQUEST | {"max_response_bytes"},
    "openapi_with_response": REQUEST | {"max_response_bytes"},
}
FUNCTIONS = [pytest.param(client, name, id=f"{client.__name__}.{name}") for client in CLIENTS for name in OPTIONS]


CALLS: dict[str, Callable[[Client, dict[str, Any]], object]] = {
    "call": lambda client, options: client.call("echo", **options),
    "call_with_response": lambda client, options: client.call_with_response("echo", **options),
    "stream": lambda client, options: client.stream("echo", **options).text(),
    "call_many": lambda client, options: next(client.call_many("echo", [{}], **options)).output,
    "openapi": lambda client, options: client.openapi(**options),
    "openapi_with_response": lambda client, options: client.openapi_with_response(**options),
}


def function_of(client: type[Any], name: str) -> Any:
    return getattr(client, name) if name else client


@pytest.mark.parametrize(("client", "name"), FUNCTIONS)
def test_the_signature_lists_every_option_with_a_type_that_resolves(client: type[Any], name: str) -> None:
    signature = inspect.signature(function_of(client, name), eval_str=True)
    options = {one.name: one for one in signature.parameters.values() if one.kind is inspect.Parameter.KEYWORD_ONLY}
    assert set(options) == OPTIONS[name]
    assert not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in signature.parameters.values())
    assert not any(isinstance(one.annotation, str) for one in signature.parameters.values())
    declared = function_of(client, name) if name else client.__init__
    hints = get_type_hints(declared)
    assert OPTIONS[name] | {"return"} <= set(hints)
    durations = {option for option in options if option.endswith(("timeout", "_wait"))}
    assert len(durations) >= 3
    assert all(set(get_args(hints[option])) == {float, timedelta, type(None), NotGiven} for option in durations)
    assert set(get_args(hints["retry_mode"])) == {Literal["safe", "idempotent"], type(None)}


@pytest.mark.parametrize(("client", "name"), FUNCTIONS)
def test_help_lists_every_option(client: type[Any], name: str) -> None:
    text = pydoc.render_doc(function_of(client, name), renderer=pydoc.plaintext)  # type: ignore[attr-defined]
    assert [option for option in OPTIONS[name] if f"{option}: " not in text] == []
    if name in ("", "call", "stream"):
        documented = inspect.getdoc(function_of(client, name)) or ""
        assert [option for option in OPTIONS[name] if f"\n    {option}: " not in documented] == []


SOURCE = """
import runtype_surface
client = runtype_surface.{client}()
{call}(
"""


def calls(client: type[Any], name: str) -> str:
    return f"client.{name}" if name else f"runtype_surface.{client.__name__}"


@pytest.mark.parametrize(("client", "name"), FUNCTIONS)
def test_an_editor_completes_every_option(client: type[Any], name: str) -> None:
    source = SOURCE.format(client=client.__name__, call=calls(client, name)).rstrip("\n")
    script = jedi.Script(source)
    line, column = len(source.split("\n")), len(source.split("\n")[-1])
    completed = {one.name.rstrip("=") for one in script.complete(line, column) if one.name.endswith("=")}
    assert OPTIONS[name] <= completed
    (signature,) = script.get_signatures(line, column)
    assert OPTIONS[name] <= {one.name for one in signature.params}


@pytest.mark.parametrize(("client", "name"), FUNCTIONS)
def test_a_notebook_completes_every_option(client: type[Any], name: str) -> None:
    made = client(api_key="papi_of_nobody_a1b2", product_id="prod_1", surface_id="surf_1")
    names = {"client": made, "runtype_surface": runtype_surface}
    completed = jedi.Interpreter(f"{calls(client, name)}(", [names]).complete()
    assert OPTIONS[name] <= {one.name.rstrip("=") for one in completed if one.name.endswith("=")}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (ClientOptions, CLIENT),
        (AsyncClientOptions, CLIENT),
        (CallOptions, CALL),
        (CallManyOptions, OPTIONS["call_many"]),
        (StreamOptions, STREAM),
    ],
)
def test_the_public_types_have_every_option(options: Any, expected: set[str]) -> None:
    hints = get_type_hints(options)
    assert set(hints) == expected
    assert options.__required_keys__ == frozenset()
    assert typing.is_typeddict(options)


def test_every_type_of_an_option_can_be_imported() -> None:
    # The types that annotations name, but for those of other packages.
    assert set(runtype_surface._types.__all__) - {"Any", "Self"} <= set(runtype_surface.__all__)


def test_the_names_of_events_are_those_of_the_core() -> None:
    core = Path(__file__).parents[2] / "sdk-core/src/stream/event_kind.rs"
    assert list(get_args(StreamEventName)) == re.findall(r'^    \w+ = "(\w+)",$', core.read_text(), re.MULTILINE)


VALUES: dict[str, Any] = {
    "api_key": lambda: "papi_of_nobody_a1b2",
    "api_key_file": __file__,
    "api_key_prefix": "papi_",
    "api_key_variable": "RUNTYPE_KEY_FOR_TESTS",
    "product_id": "prod_1",
    "surface_id": "surf_1",
    "endpoint_url": "http://127.0.0.1:9/v1/products/prod_1/surfaces/surf_1/api",
    "base_url": "http://127.0.0.1:9",
    "auth_header": "x-api-key",
    "retry_mode": "idempotent",
    "response_format": "raw",
    "headers": {"X-A": "b"},
    "proxy": "http://127.0.0.1:9",
    "root_certificates": [],
    "env_prefix": "NOBODYS_RUNTYPE",
    "before_attempt": print,
    "after_attempt": print,
    "allow_insecure_http": True,
    "via_dispatch": True,
    "in_order": False,
    "max_retries": 0,
}
"""What an option may be; of all others 1."""
ADDRESS: dict[str, Any] = {"product_id": "prod_1", "surface_id": "surf_1", "base_url": "http://127.0.0.1:9"}


@pytest.mark.parametrize("option", sorted(CLIENT))
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_takes_every_declared_option(client: type[Any], option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTYPE_KEY_FOR_TESTS", "papi_of_nobody_a1b2")
    given = ADDRESS | {"api_key": "papi_of_nobody_a1b2", option: VALUES.get(option, 1)}
    if option in ("api_key_file", "api_key_variable"):
        del given["api_key"]
    if option == "api_key_file":
        # It was read, and holds no key.
        with pytest.raises(runtype_surface.ConfigurationError, match="api_key"):
            client(**given)
    else:
        assert not client(**given).is_closed


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name in OPTIONS if name in CALLS for option in sorted(OPTIONS[name])]
)
def test_a_call_takes_every_declared_option(name: str, option: str) -> None:
    client = Client(api_key="papi_of_nobody_a1b2", max_retries=0, **ADDRESS)
    # Nobody listens there: so far comes only what was accepted.
    with pytest.raises(runtype_surface.APIConnectionError):
        CALLS[name](client, {option: VALUES.get(option, 1)})


def test_a_call_is_still_a_coroutine_function_and_names_what_it_returns() -> None:
    assert inspect.iscoroutinefunction(AsyncClient.call)
    assert asyncio.iscoroutinefunction(AsyncClient.openapi_with_response)
    assert not inspect.iscoroutinefunction(AsyncClient.stream)
    assert get_type_hints(Client.call_with_response)["return"] is CallResponse
    assert (Client.call.__name__, Client.call.__qualname__) == ("call", "Client.call")
    assert Client.call.__module__ == "runtype_surface._client"


def test_every_public_annotation_resolves() -> None:
    for name in runtype_surface.__all__:
        value = getattr(runtype_surface, name)
        if not isinstance(value, type) or value.__module__.endswith("_native"):
            continue
        get_type_hints(value)
        for member in vars(value).values():
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if inspect.isfunction(function) and not function.__name__.startswith("_"):
                assert "return" in get_type_hints(function), (name, function)


def test_pydantic_validates_calls(runtype_mock: Any) -> None:
    call = pydantic.validate_call(runtype_mock.client().call)
    assert call("echo", {"a": 1}, timeout="20", max_retries="1") == {"a": 1}
    with pytest.raises(pydantic.ValidationError, match="retry_mode"):
        call("echo", retry_mode="never")
