"""Python objects to JSON and back."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import json
import math
import pathlib
import random
import types
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import pydantic
import pytest

from runtype_surface import ConfigurationError, ResponseDecodeError

if TYPE_CHECKING:
    from runtype_mock import MockSurface


class Colour(str, enum.Enum):
    RED = "red"


class Mood(enum.Enum):
    GOOD = 1


class Level(enum.IntEnum):
    HIGH = 3


class Word(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "another text"


class Point(NamedTuple):
    x: int
    y: int


class Share(float):
    __slots__ = ()

    def __repr__(self) -> str:
        return "another number"


def test_every_json_value_arrives_as_it_is(runtype_mock: MockSurface) -> None:
    value: dict[str, Any] = {
        "none": None,
        "truths": [True, False],
        "numbers": [0, -1, 2**63 - 1, -(2**63), 2**64, 10**300, 0.1, -0.0, 1e300, 5e-324, 1.7976931348623157e308],
        "texts": ["", "plain", 'quote " slash \\ line \n tab \t nul \0 del \x7f', "ümläut 漢字 🎈 \u2028"],
        "empty": [{}, [], ()],
        'key "quoted"': {"deeper": [[[[1]]]]},
    }
    # The mock hands a body on as JSON text, so that what is read here is what was sent.
    runtype_mock.client().call("echo", value)
    sent = runtype_mock.journal()[0]["body"]
    expected = json.loads(json.dumps(value))
    # Its JSON reader turns integers beyond 64 bits into floats.
    assert sent.pop("numbers") == pytest.approx(expected.pop("numbers"), rel=0, abs=0)
    assert sent == expected


def test_subclasses_are_written_as_what_they_extend(runtype_mock: MockSurface) -> None:
    output = runtype_mock.client().call(
        "echo",
        collections.OrderedDict(
            colour=Colour.RED,
            level=Level.HIGH,
            word=Word("a text"),
            share=Share(0.5),
            point=Point(1, 2),
            proxy=types.MappingProxyType({"a": 1}),
        ),
    )
    assert output == {
        "colour": "red",
        "level": 3,
        "word": "a text",
        "share": 0.5,
        "point": [1, 2],
        "proxy": {"a": 1},
    }


class Letter(pydantic.BaseModel):
    text: str


@dataclasses.dataclass
class Article:
    text: str


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": [1, math.nan]}, r'input: at \["a"\]\[1\]: NaN has no JSON form: pass None or a string'),
        ({"a": -math.inf}, r'input: at \["a"\]: -infinity has no JSON form'),
        ({"a": {1: 2}}, r'input: at \["a"\]: a key is int, where JSON has strings only: pass str\(key\)'),
        ({"a": "\ud800"}, r'input: at \["a"\]: the text has a lone surrogate'),
        ({"a": {"\udc80": 1}}, r'input: at \["a"\]: the text has a lone surrogate'),
        ({"a": Article("x")}, r'input: at \["a"\]: Article has no JSON form: pass dataclasses\.asdict\(it\)'),
        ({"a": b"bytes"}, r'input: at \["a"\]: bytes has no JSON form: pass its text, or base64 of it'),
        ({"a": {1, 2}}, r'input: at \["a"\]: set has no JSON form: pass a list of it'),
        ({"a": dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)}, r"datetime has no JSON form: pass its isoformat\(\)"),
        ({"a": dt.date(2026, 1, 2)}, r"date has no JSON form: pass its isoformat\(\)"),
        ({"a": dt.timedelta(1)}, r"timedelta has no JSON form: pass its total_seconds\(\)"),
        (
            {"a": decimal.Decimal("0.1")},
            r"Decimal has no JSON form: pass str\(it\), or float\(it\) where digits may be lost",
        ),
        ({"a": fractions.Fraction(1, 3)}, r"Fraction has no JSON form: pass str\(it\), or float\(it\)"),
        ({"a": uuid.UUID(int=1)}, r"UUID has no JSON form: pass str\(it\)"),
        ({"a": Mood.GOOD}, r"Mood has no JSON form: pass its value"),
        ({"a": pathlib.PurePath("a")}, r"Path has no JSON form: pass str\(it\)"),
        ({"a": Letter(text="x")}, r'Letter has no JSON form: pass its model_dump\(mode="json"\)'),
        ({"a": array.array("d", [1.0])}, r"array has no JSON form: pass its tolist\(\)"),
        ({"a": object()}, r"object has no JSON form: pass a dict, list, tuple, str, int, float, bool or None"),
        ({"a": 10**5000}, r'input: at \["a"\]: not serializable as JSON: '),
        ([1], "input: it must be a JSON object, such as .*, not an array"),
        ("text", "input: it must be a JSON object, such as .*, not a string"),
        (Article("x"), "input: Article has no JSON form"),
    ],
)
def test_what_has_no_json_form_is_refused_with_its_place(runtype_mock: MockSurface, value: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        runtype_mock.client().call("echo", value)
    assert caught.value.option == "input"
    assert runtype_mock.journal() == []


def test_a_cycle_is_refused(runtype_mock: MockSurface) -> None:
    cycle: dict[str, Any] = {}
    cycle["again"] = [cycle]
    with pytest.raises(ConfigurationError, match="contains itself"):
        runtype_mock.client().call("echo", cycle)


def decoded(mock: MockSurface, text: str) -> Any:
    mock.clear_faults()
    mock.inject("status", status=200, headers={"Content-Type": "application/json"}, text=text)
    return mock.client().call("echo")


def test_numbers_come_back_exactly(runtype_mock: MockSurface) -> None:
    chance = random.Random(7)
    floats = [chance.uniform(-1, 1) * 10 ** chance.randint(-300, 300) for _ in range(2_000)]
    floats += [1.2349999999999999, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -0.0]
    assert decoded(runtype_mock, json.dumps(floats)) == floats
    whole = [2**53 + 1, 2**64, -(2**70), 10**400]
    assert decoded(runtype_mock, json.dumps(whole)) == whole
    assert decoded(runtype_mock, "1e400") == math.inf


def test_a_lone_surrogate_and_deep_nesting_come_back(runtype_mock: MockSurface) -> None:
    assert decoded(runtype_mock, '"\\ud800"') == "\ud800"
    deep = decoded(runtype_mock, "[" * 500 + "]" * 500)
    for _ in range(499):
        (deep,) = deep
    assert deep == []


@pytest.mark.parametrize("text", ["", "NaN", '{"a": Infinity}', "[1,]", "{'a': 1}", "1 2", "nul", "\ufeff1"])
def test_what_is_not_json_is_an_error_with_the_body(runtype_mock: MockSurface, text: str) -> None:
    with pytest.raises(ResponseDecodeError) as caught:
        decoded(runtype_mock, text)
    assert caught.value.body == text.encode()
    assert caught.value.may_have_executed
