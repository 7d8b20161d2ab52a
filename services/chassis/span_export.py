"""Spans by OpenTelemetry, sent by OTLP over HTTP. Only `traces.py` imports this, and only if traces are wanted.

No instrumentation of libraries: a span is a batch, made here by hand. Its attributes are names of the code and counts,
never anything from a message.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

from services.chassis.traces import carrying, cause_of

MAX_LINKS: Final = 128
"""Different causes of one batch that are named; `hesabi.causes` says how many there were."""

EXPORT_TIMEOUT_S: Final = 5
"""A collector that is away costs a thread of its own some seconds, and the loop nothing."""

CLOSE_TIMEOUT_S: Final = 1.0
"""The library's own limits let a collector that hangs keep a process from stopping for five seconds."""


class SpanExport:
    """The tracer of one process."""

    def __init__(self, service: str, replica: str, exporter: SpanExporter) -> None:
        resource = Resource({"service.name": f"hesabi-{service}", "service.instance.id": replica})
        self._provider = TracerProvider(
            resource=resource, span_limits=SpanLimits(max_links=MAX_LINKS), shutdown_on_exit=False
        )
        self._processor = BatchSpanProcessor(exporter)
        self._provider.add_span_processor(self._processor)
        self._tracer = self._provider.get_tracer("hesabi")
        self._stages: dict[str, Counter[str]] = {}

    @contextlib.contextmanager
    def batch(self, lane: str, topic: str, records: Sequence[Any]) -> Iterator[None]:
        """One span, with links to what caused its records."""
        causes = {cause for record in records if (cause := cause_of(record.headers)) is not None}
        links = [Link(SpanContext(t, s, is_remote=True, trace_flags=TraceFlags(f))) for t, s, f in sorted(causes)]
        span = self._tracer.start_span(
            f"{lane} batch",
            kind=SpanKind.CONSUMER,
            links=links[:MAX_LINKS],
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.type": "process",
                "messaging.destination.name": topic,
                "messaging.batch.message_count": len(records),
                "hesabi.lane": lane,
                "hesabi.causes": len(causes),
            },
        )
        stages = self._stages[lane] = Counter()
        context = span.get_span_context()
        try:
            with carrying(context.trace_id, context.span_id, context.trace_flags):
                yield
        finally:
            del self._stages[lane]
            span.set_attributes({f"hesabi.stage.{stage}_s": round(seconds, 6) for stage, seconds in stages.items()})
            span.end()

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """Added up over the rounds of the batch."""
        if lane in self._stages:
            self._stages[lane][stage] += seconds  # type: ignore[assignment]

    def flush(self) -> None:
        """Send what has ended."""
        self._provider.force_flush()

    def close(self) -> None:
        """Send what has ended, for at most a second, and stop."""
        closing = threading.Thread(target=self._shut, daemon=True)
        closing.start()
        closing.join(CLOSE_TIMEOUT_S)

    def _shut(self) -> None:
        self.flush()
        self._provider.shutdown()


def otlp_exporter(endpoint: str) -> SpanExporter:
    """Sends to a collector's address for traces."""
    return OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S)
