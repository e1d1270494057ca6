"""Answers of a capability: fixed ones, functions, matched ones, scripted streams."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

JSON: TypeAlias = "dict[str, Any]"
"""A JSON object."""

Function: TypeAlias = "Callable[[JSON], object]"
"""A function from an input to an output, or to a `Reply`."""


@dataclass(frozen=True)
class Reply:
    """What a function answers, with a status."""

    output: object
    """The output, or the whole body of an error."""
    status: int = 200
    """The status of the response."""


@dataclass(frozen=True)
class Answer:
    """An answer of a capability, made by `fail`, `sequence`, `matched` or `stream_of`."""

    kind: str
    fields: Mapping[str, object]


@dataclass(frozen=True)
class StreamAnswer(Answer):
    """A scripted stream, made by `stream_of`. Each method returns a longer one."""

    kind: str = "stream"
    fields: Mapping[str, object] = ()  # type: ignore[assignment]
    steps: tuple[JSON, ...] = ()
    text: str = ""
    usage: Mapping[str, float] | None = None
    is_ended: bool = False
    end: str = "complete"

    def then_text(self, text: str) -> StreamAnswer:
        """More text, one event for each word."""
        steps = [_event("text_delta", {"delta": delta}) for delta in re.findall(r"\s*\S+\s*|\s+", text)]
        return replace(self, steps=(*self.steps, *steps), text=self.text + text)

    def then_wait(self, pause: timedelta | float) -> StreamAnswer:
        """A pause, as a timedelta or in seconds."""
        return replace(self, steps=(*self.steps, {"wait_ms": milliseconds(pause)}))

    def then_event(self, name: str, data: JSON) -> StreamAnswer:
        """An event of the vocabulary."""
        return replace(self, steps=(*self.steps, _event(name, data)))

    def then_error(self, message: str, *, code: str = "EXECUTION_FAILED") -> StreamAnswer:
        """The end: the execution fails."""
        error = _event("execution_error", {"code": code, "error": {"code": code, "message": message}})
        return replace(self, steps=(*self.steps, error), is_ended=True)

    def then_await(self, tool_name: str, parameters: JSON | None = None) -> StreamAnswer:
        """The end: the execution waits for the result of a tool that the caller runs."""
        waiting = _event("await", {"toolName": tool_name, "parameters": parameters or {}})
        return replace(self, steps=(*self.steps, waiting), is_ended=True)

    def then_cut(self) -> StreamAnswer:
        """The end: the connection is reset."""
        return replace(self, is_ended=True, end="reset")

    def script(self) -> JSON:
        """The stream as the mock's configuration."""
        steps = list(self.steps)
        if not self.is_ended:
            done: JSON = {"finalOutput": self.text, "stopReason": "end_turn"}
            if self.usage is not None:
                tokens = {"input": self.usage.get("input", 0), "output": self.usage.get("output", 0)}
                done |= {"totalTokens": tokens, "totalTokensUsed": sum(tokens.values())}
                if "cost" in self.usage:
                    done["totalCost"] = self.usage["cost"]
            steps.append(_event("execution_complete", done))
        return {"kind": "stream", "steps": steps, "end": self.end}


def _event(name: str, data: JSON) -> JSON:
    return {"event": name, "data": data}


def stream_of(text: str = "", *, usage: Mapping[str, float] | None = None) -> StreamAnswer:
    """A stream of a text, word by word, with its end: `stream_of("Hello world", usage={"input": 3, "output": 2})`.

    Without a stream, a call gets the whole text, or the failure that the stream ends with.

    Args:
        text: The text.
        usage: Number of `input` and `output` tokens, and the `cost`.
    """
    unknown = set(usage or {}) - {"input", "output", "cost"}
    if unknown:
        raise ValueError(f"usage has {sorted(unknown)[0]!r}; known are 'input', 'output' and 'cost'")
    started = StreamAnswer(usage=usage, steps=(_event("execution_start", {}),))
    return started.then_text(text) if text else started


def fail(status: int = 500, error: str = "Capability execution failed", *, code: str | None = None) -> Answer:
    """An error in the form of the API's."""
    return Answer("fail", {"status": status, "error": error} | ({} if code is None else {"code": code}))


def sequence(*answers: object, repeat: bool = False) -> Answer:
    """Answers in turn: outputs, functions or answers. The last one stays, unless `repeat` starts over."""
    return Answer("sequence", {"answers": answers, "repeat": repeat})


def matched(cases: Iterable[tuple[JSON, object]], *, otherwise: object = Answer("echo", {})) -> Answer:
    """Of several answers the first whose conditions hold: `matched([(when(input={"item": "tea"}), {"eur": 2})])`.

    Args:
        cases: Conditions, made by `when`, each with an output, a function or an answer.
        otherwise: What answers if no conditions hold; by default the input.
    """
    return Answer("matched", {"cases": list(cases), "otherwise": otherwise})


def when(
    *,
    input: JSON | None = None,
    at: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
    key: str | None = None,
    call: int | Sequence[int] | None = None,
    stream: bool | None = None,
) -> JSON:
    """Conditions on a call. All that are set must hold.

    Args:
        input: Fields that the input has, with their values; it may have others.
        at: Values that the input has at JSON Pointers, such as `{"/items/0/id": 7}`.
        headers: Headers of the request.
        key: Its key, named by its plain text, its id or its name.
        call: Number of the capability's call, counted from 1, or several.
        stream: Whether it requests a stream.
    """
    conditions = {"input": input, "at": at, "headers": headers, "key": key, "call": call, "stream": stream}
    return {name: value for name, value in conditions.items() if value is not None}


def configured(answer: object, register: Callable[[Function], str]) -> JSON:
    """An answer as the mock's configuration. `register` makes a function callable for the mock, and returns its URL."""
    if isinstance(answer, StreamAnswer):
        return answer.script()
    if isinstance(answer, Answer):
        fields = dict(answer.fields)
        if "answers" in fields:
            answers = cast("Iterable[object]", fields["answers"])
            fields["answers"] = [configured(one, register) for one in answers]
        if "cases" in fields:
            cases = cast("Iterable[tuple[JSON, object]]", fields["cases"])
            fields["cases"] = [{"when": conditions, "answer": configured(one, register)} for conditions, one in cases]
            fields["otherwise"] = configured(fields["otherwise"], register)
        return {"kind": answer.kind, **fields}
    if isinstance(answer, Reply):
        return {"kind": "fixed", "output": answer.output, "status": answer.status}
    if callable(answer):
        return {"kind": "callback", "url": register(answer)}
    return {"kind": "fixed", "output": answer}


def milliseconds(pause: timedelta | float) -> int:
    """A timedelta, or a number of seconds, in whole milliseconds."""
    seconds = pause if isinstance(pause, (int, float)) else pause.total_seconds()
    return round(seconds * 1e3)
