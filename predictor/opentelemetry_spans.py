"""Spans by OpenTelemetry (extra `trace`); no other module knows it, and only a server that is told to imports this."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SERVICE = "blink-predictor"

_FAULTS = frozenset({"500", "INTERNAL", "UNKNOWN"})


class OpenTelemetrySpans:
    """`predictor.spans.Spans`, sent in batches from a thread of its own."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(resource=Resource({"service.name": SERVICE}), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer(SERVICE)
        self._propagator = TraceContextTextMapPropagator()

    @classmethod
    def sent_to(cls, endpoint: str) -> "OpenTelemetrySpans":
        """Spans for the collector at `endpoint`, the base URL of OTLP over HTTP."""
        return cls(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))

    def begin(self, protocol: str, request_id: str, traceparent: str | None) -> "OpenTelemetrySpan":
        """As `Spans.begin`."""
        parent = self._propagator.extract({"traceparent": traceparent}) if traceparent else None
        attributes = {"rpc.system": protocol, "blink.request_id": request_id}
        started = self._tracer.start_span(protocol, context=parent, kind=SpanKind.SERVER, attributes=attributes)
        return OpenTelemetrySpan(started)

    def close(self) -> None:
        """As `Spans.close`."""
        self._provider.shutdown()


class OpenTelemetrySpan:
    """`predictor.spans.Span`."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """As `Span.traceparent`."""
        context = self._span.get_span_context()
        flags = f"{context.trace_flags:02x}"
        return f"00-{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}-{flags}"

    def end(self, route: str, status: str) -> None:
        """As `Span.end`."""
        self._span.update_name(route)
        self._span.set_attribute("blink.route", route)
        self._span.set_attribute("blink.status", status)
        if status in _FAULTS:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()
