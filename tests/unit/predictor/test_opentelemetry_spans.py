"""Spans as a collector gets them."""

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from predictor.opentelemetry_spans import OpenTelemetrySpans

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_request_is_a_span_in_its_clients_trace_named_by_its_route():
    kept = InMemorySpanExporter()
    spans = OpenTelemetrySpans(SimpleSpanProcessor(kept))
    span = spans.begin("http", "7f3a", f"00-{TRACE}-{PARENT}-01")
    named = span.traceparent
    span.end("/score", "200")
    (sent,) = kept.get_finished_spans()
    assert named == f"00-{TRACE}-{sent.context.span_id:016x}-01"
    assert (f"{sent.context.trace_id:032x}", f"{sent.parent.span_id:016x}") == (TRACE, PARENT)
    assert (sent.name, sent.status.status_code) == ("/score", StatusCode.UNSET)
    assert dict(sent.attributes) == {
        "rpc.system": "http",
        "blink.request_id": "7f3a",
        "blink.route": "/score",
        "blink.status": "200",
    }
    spans.close()


def test_without_a_parent_a_trace_begins_and_a_fault_of_ours_is_an_error():
    kept = InMemorySpanExporter()
    spans = OpenTelemetrySpans(SimpleSpanProcessor(kept))
    spans.begin("grpc", "7f3b", None).end("ModelInfer", "INTERNAL")
    (sent,) = kept.get_finished_spans()
    assert (sent.parent, sent.status.status_code) == (None, StatusCode.ERROR)
    spans.close()
