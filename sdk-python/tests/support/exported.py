"""What the real OpenTelemetry SDK exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from runtype_mock import MockSurface

BUSY: dict[str, Any] = {"status": 429, "headers": {"retry-after-ms": "1"}, "json": {"error": "words of the server"}}


def provider() -> TracerProvider:
    """The provider of this process, which has one only."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    found = trace.get_tracer_provider()
    assert isinstance(found, TracerProvider)
    return found


class Exported:
    """The spans that were exported, and the tracer of an application."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._processor = SimpleSpanProcessor(self._exporter)
        provider().add_span_processor(self._processor)
        self.tracer = provider().get_tracer("application")

    def taken(self) -> list[ReadableSpan]:
        """The finished spans of calls, in the order in which they ended."""
        spans = [span for span in self._exporter.get_finished_spans() if span.kind == trace.SpanKind.CLIENT]
        self._exporter.clear()
        return spans

    def one(self) -> ReadableSpan:
        (span,) = self.taken()
        return span

    def shut_down(self) -> None:
        self._processor.shutdown()


def ids(span: Any) -> tuple[int, int]:
    own = span.get_span_context()
    return own.trace_id, own.span_id


def parents(mock: MockSurface) -> list[str | None]:
    """The `traceparent` of every request that the mock received."""
    return [request["headers"].get("traceparent") for request in mock.journal()]


def parent_of(span: Any) -> str:
    own = span.get_span_context()
    return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"


def attributes(span: Any) -> dict[str, Any]:
    return dict(span.attributes or {})
