"""Arguments that nobody should give: each is refused by an error of this package or a `TypeError`, in short words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import ConfigurationError, Endpoint, StreamEvent, SurfaceError, capability_slug

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtype_mock import MockSurface
    from runtype_surface import Client


class VexedError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class VexingText(str):
    __slots__ = ()

    def __str__(self) -> str:
        raise VexedError

    __repr__ = __str__

    def __len__(self) -> int:
        raise VexedError


class VexingNumber(float):
    def __repr__(self) -> str:
        raise VexedError

    __str__ = __repr__


class Vexing:
    """What raises whatever is done with it."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            # pytest asks.
            return Vexing
        raise VexedError

    def __call__(self) -> Any:
        raise VexedError

    def __float__(self) -> float:
        raise VexedError

    def __iter__(self) -> Iterator[Any]:
        raise VexedError

    def __repr__(self) -> str:
        raise VexedError

    def __fspath__(self) -> str:
        raise VexedError


class VexingIterator:
    def __iter__(self) -> VexingIterator:
        return self

    def __next__(self) -> Any:
        raise VexedError


class VexingMapping(Mapping[Any, Any]):
    def __init__(self, items: Callable[[], Any]) -> None:
        self._items = items

    def __getitem__(self, key: Any) -> Any:
        raise VexedError

    def __iter__(self) -> Iterator[Any]:
        raise VexedError

    def __len__(self) -> int:
        return 1

    def items(self) -> Any:
        return self._items()


class Endless(Mapping[str, Any]):
    """It holds itself, as long as one looks."""

    def __getitem__(self, key: str) -> Endless:
        return self

    def __iter__(self) -> Iterator[str]:
        return iter("a")

    def __len__(self) -> int:
        return 1


class Changing(Mapping[str, int]):
    """It changes the dict that it stands in, once it is read."""

    def __init__(self, outer: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> None:
        self.outer, self.change = outer, change

    def __getitem__(self, key: str) -> int:
        return 1

    def __iter__(self) -> Iterator[str]:
        self.change(self.outer)
        return iter("a")

    def __len__(self) -> int:
        return 1


def changing(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    outer: dict[str, Any] = {}
    outer.update(first=Changing(outer, change), second=2, third=3)
    return outer


def swap_keys(outer: dict[str, Any]) -> None:
    outer.clear()
    outer.update(one=1, two=2, three=3)


def deep() -> dict[str, Any]:
    outer: dict[str, Any] = {}
    inner = outer
    for _ in range(100_000):
        inner["a"] = {}
        inner = inner["a"]
    return outer


def cyclic() -> dict[str, Any]:
    outer: dict[str, Any] = {}
    outer["a"] = [outer]
    return outer


def raise_vexed() -> Any:
    raise VexedError


NUMBERS = [10**400, -(10**400), float("nan"), float("inf"), -1, True, VexingNumber(-1), Vexing(), 1j, b"1", "1"]
TEXTS = ["\ud800papi_x", "a\0b", VexingText("\ud800"), b"text", bytearray(b"x"), Vexing(), 7]
MAPPINGS: list[Any] = [
    VexingMapping(raise_vexed),
    VexingMapping(lambda: [1, 2]),
    VexingMapping(lambda: [(1, 2, 3)]),
    VexingMapping(lambda: 7),
    VexingMapping(lambda: VexingIterator()),
    Vexing(),
    [1],
    {1: "a"},
    {"x-a": 1},
    {"x-a": "\ud800"},
    {"\ud800": "a"},
    {"x-a": "a\r\nb: c"},
    {"a b": "c"},
]
INPUTS: dict[str, Callable[[], Any]] = {
    "a cycle": cyclic,
    "a cycle of mappings": Endless,
    "a deep one": deep,
    "a generator": lambda: (n for n in range(3)),
    "a generator inside": lambda: {"a": (n for n in range(3))},
    "a key that is no text": lambda: {1: 2},
    "a lone surrogate": lambda: {"a": "\ud800"},
    "a lone surrogate in a key": lambda: {"\ud800": 1},
    "a set": lambda: {"a": {1}},
    "bytes": lambda: {"a": b"x"},
    "a class": lambda: {"a": dict},
    "NaN": lambda: {"a": float("nan")},
    "a mapping that raises": lambda: {"a": VexingMapping(raise_vexed)},
    "a mapping of no pairs": lambda: {"a": VexingMapping(lambda: [1])},
    "what raises at every touch": lambda: {"a": Vexing()},
    "a dict that grows": lambda: changing(lambda outer: outer.update(dict.fromkeys("abcdefgh"))),
    "a dict that shrinks": lambda: changing(lambda outer: outer.pop("third")),
}


def refused(work: Callable[[], object]) -> Exception:
    with pytest.raises((SurfaceError, TypeError)) as caught:
        work()
    error = caught.value
    assert "internal error" not in str(error)
    assert len(str(error)) < 600
    assert "papi_x" not in repr((error.args, vars(error), error.__cause__ and error.__cause__.args))
    return error


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
@pytest.mark.parametrize(
    "option", ["timeout", "attempt_timeout", "max_retries", "max_response_bytes", "stream_idle_timeout", "concurrency"]
)
def test_a_number_that_is_none_is_refused(runtype_mock: MockSurface, option: str, number: Any) -> None:
    client: Any = runtype_mock.client()
    error = refused(lambda: client.call_many("echo", [{}], **{option: number}))
    assert option in str(error) or option.replace("_", " ") in str(error)
    assert runtype_mock.journal() == []


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize(
    "option",
    [
        "api_key",
        "auth_header",
        "base_url",
        "endpoint_url",
        "proxy",
        "root_certificates",
        "retry_mode",
        "before_attempt",
    ],
)
def test_a_text_that_is_none_is_refused(runtype_mock: MockSurface, option: str, text: Any) -> None:
    make: Any = runtype_mock.client
    if type(text) is Vexing and option in ("api_key", "before_attempt"):
        # It can be called, and what it does then is not known yet.
        assert not make(**{option: text}).is_closed
    else:
        refused(lambda: make(**{option: text}))


@pytest.mark.parametrize("headers", MAPPINGS, ids=range(len(MAPPINGS)))
def test_headers_that_are_none_are_refused(runtype_mock: MockSurface, headers: Any) -> None:
    client = runtype_mock.client()
    for work in (lambda: client.call("echo", headers=headers), lambda: runtype_mock.client(headers=headers)):
        error = refused(work)
        assert "header" in str(error)
    assert runtype_mock.journal() == []


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_that_has_no_json_form_is_refused(runtype_mock: MockSurface, name: str) -> None:
    client = runtype_mock.client()
    assert isinstance(refused(lambda: client.call("echo", INPUTS[name]())), ConfigurationError)
    (result,) = client.call_many("echo", [INPUTS[name]()])
    assert isinstance(result.error, ConfigurationError)
    assert runtype_mock.journal() == []


def test_a_dict_whose_keys_are_swapped_while_it_is_written_is_no_bug(runtype_mock: MockSurface) -> None:
    # Whether Python's iterator notices is not ours to say: it is an input then, or refused.
    (result,) = runtype_mock.client().call_many("echo", [changing(swap_keys)])
    if result.response is None:
        assert "changed while it was written" in str(result.error)
    else:
        assert len(result.output) == 3


def test_an_input_of_odd_subclasses_is_taken_by_its_value(runtype_mock: MockSurface) -> None:
    sent = {"text": VexingText("a"), "number": VexingNumber(1.5)}
    assert runtype_mock.client().call("echo", sent) == {"text": "a", "number": 1.5}


SLUGS: list[Callable[[Client, Any], object]] = [
    lambda client, slug: client.call(slug),
    lambda client, slug: client.stream(slug).__enter__(),
    lambda client, slug: client.call_many(slug, []),
    lambda client, slug: client.endpoint_url(slug),
    lambda _, slug: Endpoint(slug),
    lambda _, slug: capability_slug(slug),
    lambda _, slug: StreamEvent(slug, {}),
    lambda _, slug: StreamEvent("a", {}, slug),
]


@pytest.mark.parametrize("slug", ["\ud800papi_x", b"echo", 7, Vexing()], ids=["surrogate", "bytes", "int", "vexing"])
@pytest.mark.parametrize("work", SLUGS, ids=range(len(SLUGS)))
def test_a_name_that_is_none_is_refused(runtype_mock: MockSurface, work: Any, slug: Any) -> None:
    client = runtype_mock.client()
    refused(lambda: work(client, slug))
    assert runtype_mock.journal() == []


@pytest.mark.parametrize("name", ["\ud800", "a" * 10_000, "", "self.x"])
def test_an_option_of_an_odd_name_is_refused(runtype_mock: MockSurface, name: str) -> None:
    client: Any = runtype_mock.client()
    make: Any = runtype_mock.client
    assert isinstance(refused(lambda: client.call("echo", **{name: 1})), TypeError)
    assert isinstance(refused(lambda: make(**{name: 1})), TypeError)


RUBBISH = [b"papi_x", bytearray(b"papi_x"), 7, Vexing, lambda: 7, "\ud800papi_x", VexingText("")]


@pytest.mark.parametrize("given", RUBBISH, ids=range(len(RUBBISH)))
def test_a_key_function_that_gives_rubbish_fails_its_call(runtype_mock: MockSurface, given: Any) -> None:
    refused(lambda: runtype_mock.client(api_key=lambda: given).call("echo"))


@pytest.mark.parametrize("raised", [VexedError(), SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_a_key_function_that_raises_anything_fails_its_call_only(
    runtype_mock: MockSurface, raised: BaseException
) -> None:
    def ask() -> str:
        raise raised

    error = refused(lambda: runtype_mock.client(api_key=ask).call("echo"))
    assert str(error.__cause__).startswith(type(raised).__name__)
