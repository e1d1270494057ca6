"""Outputs with a type of the application."""

from __future__ import annotations

import asyncio
import enum
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003, evaluated
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, TypedDict

import pydantic
import pytest
from typing_extensions import NotRequired

from runtype_surface import CallResponse, ConfigurationError, ResponseDecodeError
from runtype_surface._output_type import Mismatch, validator
from support.agent import put

if TYPE_CHECKING:
    from runtype_mock import MockSurface


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


@dataclass
class Item:
    title: str
    level: Level = Level.LOW
    parts: list[Item] = field(default_factory=list)
    note: str | None = None


class Meta(TypedDict):
    count: int
    ratio: NotRequired[float]


@dataclass(frozen=True)
class Article:
    items: list[Item]
    meta: Meta
    kind: Literal["short", "long", 3] = "short"


class Model(pydantic.BaseModel):
    items: list[Model] = []
    title: str = ""
    at: datetime | None = None


@pydantic.dataclasses.dataclass
class Checked:
    count: int


UserId = NewType("UserId", str)


@dataclass
class WithModel:
    model: Model
    user: UserId


OUTPUT = {
    "items": [{"title": "One", "level": "high", "parts": [{"title": "Two"}], "odd": 1}],
    "meta": {"count": 1, "x": 2},
}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (str, "a", "a"),
        (bool, True, True),
        (Any, [1], [1]),
        (object, None, None),
        (type(None), None, None),
        (list, [1, "a"], [1, "a"]),
        (dict, {"a": 1}, {"a": 1}),
        (list[str], ["a"], ["a"]),
        (Sequence[int], [1], [1]),
        (Mapping[str, int], {"a": 1}, {"a": 1}),
        (dict[str, list[int]], {"a": [1]}, {"a": [1]}),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (set[int], [1, 1], {1}),
        (int | None, None, None),
        (int | list[str], ["a"], ["a"]),
        (Literal["a", 1], 1, 1),
        (Annotated[int, "seconds"], 1, 1),
        (Level, "high", Level.HIGH),
        (UserId, "u1", "u1"),
        (Item, OUTPUT["items"][0], Item("One", Level.HIGH, [Item("Two")])),  # type: ignore[index]
        (Article, OUTPUT, Article([Item("One", Level.HIGH, [Item("Two")])], {"count": 1, "x": 2})),  # type: ignore[typeddict-unknown-key]
        (
            Model,
            {"title": "a", "at": "2026-01-02T03:04:05Z"},
            Model.model_validate({"title": "a", "at": "2026-01-02T03:04:05Z"}),
        ),
        (pydantic.TypeAdapter(list[Model]), [{"title": "a"}], [Model(title="a")]),
        (Checked, {"count": 3}, Checked(3)),
        (WithModel, {"model": {"title": "a"}, "user": "u"}, WithModel(Model(title="a"), UserId("u"))),
    ],
)
def test_a_value_becomes_what_its_type_says(kind: Any, value: Any, expected: Any) -> None:
    checked = validator(kind)(value)
    assert checked == expected
    assert type(checked) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "path", "reason"),
    [
        (int, "a", "", "expected int, found str"),
        (int, True, "", "expected int, found bool"),
        (float, "a", "", "expected float, found str"),
        (str, None, "", "expected str, found None"),
        (list[str], ["a", 1], "/1", "expected str, found int"),
        (dict[str, int], {"a/b": "x"}, "/a~1b", "expected int, found str"),
        (tuple[int, str], [1], "", "expected 2 items, found 1"),
        (int | None, "a", "", "expected int or None, found str"),
        (Literal["a", 1], True, "", "expected 'a' or 1, found bool"),
        (Level, "secret", "", "expected a value of Level, found str"),
        (Item, {}, "/title", "Item needs it, and it is missing"),
        (Item, [], "", "expected Item, found list"),
        (
            Article,
            {"items": [{"title": "a"}, {"title": 1}], "meta": {"count": 1}},
            "/items/1/title",
            "expected str, found int",
        ),
        (Article, {"items": [], "meta": {"count": "a"}}, "/meta/count", "expected int, found str"),
        (Article, {"items": [], "meta": {}}, "/meta/count", "Meta needs it, and it is missing"),
        (Article | None, {"items": [{"title": 1}], "meta": {}}, "/items/0/title", "expected str, found int"),
        (Model, {"items": [{"title": 5}]}, "/items/0/title", "Input should be a valid string, found int"),
        (
            pydantic.TypeAdapter(dict[str, int]),
            {"a": "x y"},
            "/a",
            "Input should be a valid integer, unable to parse string as an integer, found str",
        ),
        (
            WithModel,
            {"model": {"title": []}, "user": "u"},
            "/model/title",
            "Input should be a valid string, found list",
        ),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_path_and_without_itself(
    kind: Any, value: Any, path: str, reason: str
) -> None:
    with pytest.raises(Mismatch) as raised:
        validator(kind)(value)
    assert (raised.value.path, raised.value.reason) == (path, reason)


class Unsupported:
    pass


@dataclass
class Dated:
    at: datetime


@dataclass
class Unknown:
    other: Nowhere  # type: ignore[name-defined] # noqa: F821


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Unsupported, "Unsupported is not supported"),
        (Dated, r"datetime \(Dated\.at\) is not supported"),
        (list[complex], "complex is not supported"),
        (dict[int, str], "is not supported"),
        (3, "3 is not supported"),
        (Unknown, "the annotations of Unknown cannot be evaluated: name 'Nowhere'"),
    ],
)
def test_a_type_that_is_not_supported_is_refused_by_name_before_anything_is_sent(
    kind: Any, text: str, runtype_mock: MockSurface
) -> None:
    client = runtype_mock.client()
    for call in (
        lambda: client.call("echo", {}, output_type=kind),
        lambda: client.call_many("echo", [{}], output_type=kind),
    ):
        with pytest.raises(ConfigurationError, match=f"output_type: .*{text}") as raised:
            call()
        assert raised.value.option == "output_type"
    assert runtype_mock.journal() == []


def test_a_call_returns_its_type(runtype_mock: MockSurface) -> None:
    client = runtype_mock.client()
    assert client.call("echo", {"title": "One"}, output_type=Item, timeout=9) == Item("One")
    response = client.call_with_response("echo", {"title": "One"}, output_type=Item)
    assert (type(response), response.output.title, response.status) == (CallResponse, "One", 200)
    results = client.call_many("echo", [{"title": "One"}, {"title": 2}], output_type=Item)
    first, second = results
    assert first.output == Item("One")
    assert isinstance(second.error, ResponseDecodeError)
    assert second.error.path == "/title"


def test_an_async_call_returns_its_type(runtype_mock: MockSurface) -> None:
    async def main() -> None:
        async with runtype_mock.async_client() as client:
            assert await client.call("echo", {"title": "One"}, output_type=Model) == Model(title="One")
            response = await client.call_with_response("echo", {"a": 1}, output_type=dict[str, int])
            assert response.output == {"a": 1}
            results = client.call_many("echo", [{"title": "One"}], output_type=Item)
            assert [result.output async for result in results] == [Item("One")]
            with pytest.raises(ResponseDecodeError, match="at /a: expected str, found int"):
                await client.call("echo", {"a": 1}, output_type=dict[str, str])

    asyncio.run(main())


def test_an_output_of_another_type_says_where_and_has_the_response(runtype_mock: MockSurface) -> None:
    private = {"items": [{"title": ["a private text"]}], "meta": {"count": 1}}
    for kind in (Article, Model):
        with pytest.raises(ResponseDecodeError) as raised:
            runtype_mock.client().call("echo", private, output_type=kind)
        error = raised.value
        assert (
            str(error)
            .splitlines()[0]
            .startswith("echo: the output does not have the expected shape at /items/0/title: ")
        )
        assert str(error).splitlines()[0].endswith("found list")
        assert (error.path, error.status, error.may_have_executed, len(error.attempts)) == (
            "/items/0/title",
            200,
            True,
            1,
        )
        assert "private" not in str(error)
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None


def test_the_final_output_of_a_stream_has_its_type(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    with runtype_mock.client().stream("agent") as events:
        assert events.final_output(dict[str, str]) == {"response": "Hello world"}
        assert events.final_output() == {"response": "Hello world"}
        with pytest.raises(ResponseDecodeError, match="at /response: expected int, found str") as raised:
            events.final_output(dict[str, int])
        assert (raised.value.path, raised.value.status) == ("/response", 200)

    async def main() -> None:
        async with runtype_mock.async_client() as client, client.stream("agent") as events:
            assert await events.final_output(dict[str, str]) == {"response": "Hello world"}
            with pytest.raises(ResponseDecodeError):
                await events.final_output(output_type=list)

    asyncio.run(main())


def test_what_a_type_itself_raises_is_raised(runtype_mock: MockSurface) -> None:
    @dataclass
    class Picky:
        a: int

        def __post_init__(self) -> None:
            raise LookupError("a bug")

    with pytest.raises(LookupError, match="a bug"):
        runtype_mock.client().call("echo", {"a": 1}, output_type=Picky)


def test_the_package_needs_neither_typing_nor_pydantic_until_a_type_is_given() -> None:
    code = "import sys, runtype_surface; print([n for n in ('typing', 'pydantic', 'dataclasses') if n in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "[]"


TYPED = """
from dataclasses import dataclass
from typing import TypedDict
import pydantic
from runtype_surface import AsyncClient, Client

@dataclass
class Item:
    title: str

class Meta(TypedDict):
    count: int

class Model(pydantic.BaseModel):
    title: str

def sync(client: Client) -> None:
    reveal_type(client.call("a"))
    reveal_type(client.call("a", {}, output_type=Item))
    reveal_type(client.call("a", output_type=Meta, timeout=3))
    reveal_type(client.call("a", output_type=Model, headers={"a": "b"}))
    reveal_type(client.call("a", output_type=list[str]))
    reveal_type(client.call("a", output_type=pydantic.TypeAdapter(dict[str, int])))
    reveal_type(client.call_with_response("a", output_type=Item).output)
    reveal_type(client.call_with_response("a").output)
    for result in client.call_many("a", [{}], output_type=Item, concurrency=3):
        reveal_type(result.output)
    reveal_type(client.stream("a").final_output(Item))
    reveal_type(client.stream("a").final_output())

async def asynchronous(client: AsyncClient) -> None:
    reveal_type(await client.call("a", output_type=Item))
    reveal_type((await client.call_with_response("a", output_type=Item)).output)
    async for result in client.call_many("a", [{}], output_type=Item):
        reveal_type(result.output)
    reveal_type(await client.stream("a").final_output(Item))
"""
EXPECTED = [
    "Any", "Item", "Meta", "Model", "list[str]", "dict[str, int]", "Item", "Any", "Item", "Item", "Any",
    "Item", "Item", "Item", "Item",
]  # fmt: skip


def test_mypy_infers_the_type_of_an_output(tmp_path: Path) -> None:
    file = tmp_path / "typed.py"
    file.write_text(TYPED)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--cache-dir",
        str(tmp_path / "c"),
        str(file),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    revealed = [
        line.split('"')[1].removeprefix("typed.") for line in ended.stdout.splitlines() if "Revealed type" in line
    ]
    assert [
        name.removeprefix("TypedDict(typed.").split(",")[0] if "TypedDict" in name else name for name in revealed
    ] == EXPECTED
    assert "error" not in ended.stdout


PYRIGHT = Path(__file__).parents[2] / ".ci/node_modules/.bin/pyright"


def test_pyright_infers_the_type_of_an_output(tmp_path: Path) -> None:
    (tmp_path / "typed.py").write_text(TYPED)
    command = [str(PYRIGHT), "--outputjson", "--pythonpath", sys.executable, str(tmp_path / "typed.py")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    found = json.loads(ended.stdout)["generalDiagnostics"]
    revealed = [one["message"].split('"')[-2] for one in found if one["severity"] == "information"]
    assert revealed == EXPECTED, ended.stdout
    assert [one for one in found if one["severity"] == "error"] == []
