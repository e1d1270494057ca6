"""The span of a call, by the application's own OpenTelemetry. Loaded only where that is, which it never imports."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from opentelemetry import context, trace
else:
    context, trace = sys.modules["opentelemetry.context"], sys.modules["opentelemetry.trace"]


class Span:
    """One span, and what its requests send of it."""

    __slots__ = ("_span", "is_recording", "traceparent", "tracestate")

    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self.is_recording = span.is_recording()
        """Whether its end needs a report."""
        own = span.get_span_context()
        self.traceparent = f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags & 0xFF:02x}"
        self.tracestate = own.trace_state.to_header() if own.trace_state else None

    def end(self, report: dict[str, Any] | None) -> None:
        """Ends it, with what the core reports of a call that has ended."""
        if report is None:
            self._span.end()
            return
        end = report["end"]
        try:
            self._span.set_attributes(report["attributes"])
            for event in report["events"]:
                self._span.add_event(event["name"], event["attributes"], _nanoseconds(event["time"]))
            status = report["status"]
            if status["code"] == "error":
                self._span.set_status(trace.Status(trace.StatusCode.ERROR, status["description"]))
        finally:
            self._span.end(None if end is None else _nanoseconds(end))


class _Tracer:
    """The tracer of the current provider, which is kept: making one takes longer than a span."""

    def __init__(self) -> None:
        self._provider: object = None
        self._tracer: trace.Tracer | None = None

    def get(self, name: str, version: str) -> trace.Tracer:
        provider = trace.get_tracer_provider()
        if self._tracer is None or provider is not self._provider:
            self._tracer = provider.get_tracer(name, version)
            self._provider = provider
        return self._tracer


_tracer = _Tracer()


def _nanoseconds(time: list[int]) -> int:
    return time[0] * 1_000_000_000 + time[1]


def start(report: dict[str, Any]) -> Span | None:
    """Starts the span of a call that is about to be sent, as a child of the current one."""
    if context.get_value("suppress_instrumentation"):
        return None
    tracer = _tracer.get(**report["tracer"])
    return Span(tracer.start_span(report["name"], kind=trace.SpanKind.CLIENT, attributes=report["attributes"]))
