"""How a stream ends, in the ways of Python. What the languages share is in the conformance suite."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from runtype_surface import APITimeoutError, StreamError, Usage
from support.agent import HELLO, put

if TYPE_CHECKING:
    from runtype_mock import MockSurface

KEY = "papi_a_secret_that_nobody_sees_a1b2"
COMPLETE: dict[str, Any] = {
    "event": "execution_complete",
    "data": {
        "success": True,
        "durationMs": 1250,
        "stopReason": "end_turn",
        "totalTokens": {"input": 11, "output": 7},
        "totalTokensUsed": 18,
        "totalCost": 0.0125,
        "iterations": 2,
    },
}
USAGE = Usage(
    cost=0.0125,
    duration=1.25,
    input_tokens=11,
    iterations=2,
    output_tokens=7,
    stop_reason="end_turn",
    total_tokens=18,
)
FAILED: dict[str, Any] = {
    "event": "execution_error",
    "data": {"error": {"message": f"no {KEY}", "code": "E1"}, "finalOutput": {"part": KEY}, "stopReason": "quota"},
    "id": "9",
}


def test_the_usage_is_there_once_the_stream_has_ended(runtype_mock: MockSurface) -> None:
    put(runtype_mock, [*HELLO[:2], COMPLETE])
    with runtype_mock.client().stream("agent") as stream:
        assert (stream.outcome, stream.usage) == (None, None)
        for _ in stream:
            pass
        assert (stream.outcome, stream.usage) == ("completed", USAGE)
    assert (stream.outcome, stream.usage) == ("completed", USAGE)
    assert runtype_mock.client().stream("agent").usage is None
    assert pickle.loads(pickle.dumps(USAGE)) == USAGE  # noqa: S301, our own


def test_the_async_stream_has_its_usage_too(runtype_mock: MockSurface) -> None:
    put(runtype_mock, [*HELLO[:2], COMPLETE])

    async def run() -> None:
        stream = runtype_mock.async_client().stream("agent")
        assert (stream.outcome, stream.usage) == (None, None)
        assert await stream.text() == "Hello "
        assert (stream.outcome, stream.usage) == ("completed", USAGE)

    asyncio.run(run())


def test_a_failure_survives_pickle_and_copy_with_all_its_fields_and_without_the_key(runtype_mock: MockSurface) -> None:
    runtype_mock.mint_key(key=KEY)
    put(runtype_mock, [*HELLO[:2], FAILED])
    with pytest.raises(StreamError) as caught:
        runtype_mock.client(api_key=KEY).stream("agent").text()
    for error in (
        caught.value,
        pickle.loads(pickle.dumps(caught.value)),  # noqa: S301, our own
        copy.copy(caught.value),
        copy.deepcopy(caught.value),
    ):
        assert (error.partial_text, error.partial_output, error.stop_reason) == (
            "Hello ",
            {"part": "papi_…a1b2"},
            "quota",
        )
        assert error.event is not None
        assert (error.event.name, error.event.id, error.event.code) == ("execution_error", "9", "E1")
        assert error.event == caught.value.event
        assert "nobody_sees" not in repr(error.__dict__)
    assert b"nobody_sees" not in pickle.dumps(caught.value)


def test_a_stream_that_falls_silent_tells_the_text_until_then(runtype_mock: MockSurface) -> None:
    put(runtype_mock, HELLO[:2], end="stall")
    with pytest.raises(APITimeoutError) as caught:
        runtype_mock.client(stream_idle_timeout=0.1).stream("agent").text()
    assert (caught.value.partial_text, caught.value.events_seen) == ("Hello ", 2)


def test_a_text_that_was_too_large_is_no_end_of_the_stream(runtype_mock: MockSurface) -> None:
    put(runtype_mock)
    stream = runtype_mock.client().stream("agent", max_response_bytes=8)
    for _ in range(2):
        with pytest.raises(StreamError, match="max_response_bytes"):
            stream.text()
    assert stream.final_output() == {"response": "Hello world"}
