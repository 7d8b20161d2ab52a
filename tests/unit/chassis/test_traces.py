"""Traces: one span a batch, links to causes, nothing personal, nothing at all when they are off."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.envelope import Envelope, from_headers, to_headers
from services.chassis import span_export
from services.chassis.span_export import MAX_LINKS, SpanExport, otlp_exporter
from services.chassis.traces import HEADER, NoTraces, carried, cause_of
from tests.collector import collecting

MARKED = "MARKED-0559998877"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Record:
    """A record of a batch, with something personal wherever that may be."""

    traceparent: bytes | None = None
    key: bytes = MARKED.encode()
    value: bytes = MARKED.encode()

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Its envelope's, and where it came from."""
        return [("ce_subject", MARKED.encode()), *([(HEADER, self.traceparent)] if self.traceparent else [])]


@dataclass
class Traced:
    """A tracer whose spans stay here."""

    spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    def __post_init__(self) -> None:
        self.tracer = SpanExport("accounts", "one", self.spans)

    def ended(self) -> list[Any]:
        """The spans that have ended."""
        self.tracer.flush()
        return list(self.spans.get_finished_spans())


@pytest.fixture
def traced() -> Iterator[Traced]:
    traced = Traced()
    yield traced
    traced.tracer.close()


def traceparent(trace: int, span: int = 1) -> bytes:
    return f"00-{trace:032x}-{span:016x}-01".encode()


def test_a_batch_is_a_span_with_the_time_of_its_stages(traced: Traced) -> None:
    with traced.tracer.batch("codes", "identity.codes", [Record(), Record()]):
        for seconds in (0.25, 0.5):
            traced.tracer.stage("codes", "save", seconds)
        traced.tracer.stage("ordinary", "save", 9.0)
    (span,) = traced.ended()
    assert span.name == "codes batch"
    assert dict(span.attributes) == {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.destination.name": "identity.codes",
        "messaging.batch.message_count": 2,
        "hesabi.lane": "codes",
        "hesabi.causes": 0,
        "hesabi.stage.save_s": 0.75,
    }
    assert MARKED not in span.to_json()


def test_a_batch_links_to_what_caused_its_records_each_once(traced: Traced) -> None:
    records = [Record(traceparent(2)), Record(traceparent(1, 7)), Record(traceparent(2)), Record(b"no traceparent")]
    with traced.tracer.batch("codes", "identity.codes", records):
        pass
    (span,) = traced.ended()
    assert [(link.context.trace_id, link.context.span_id) for link in span.links] == [(1, 7), (2, 1)]
    assert span.attributes["hesabi.causes"] == 2


def test_a_batch_of_many_causes_names_some_and_counts_all(traced: Traced) -> None:
    with traced.tracer.batch("codes", "identity.codes", [Record(traceparent(n + 1)) for n in range(500)]):
        pass
    (span,) = traced.ended()
    assert (len(span.links), span.attributes["hesabi.causes"]) == (MAX_LINKS, 500)


async def test_what_is_sent_in_a_batch_and_by_its_calls_carries_its_span(traced: Traced) -> None:
    async def later() -> list[tuple[str, bytes]]:
        return carried()

    with traced.tracer.batch("codes", "identity.codes", []):
        inside, call = carried(), asyncio.create_task(later())
    (span,) = traced.ended()
    ((name, value),) = inside
    assert name == "ce_traceparent"
    assert cause_of(inside) == (span.context.trace_id, span.context.span_id, span.context.trace_flags)
    assert await call == inside
    assert carried() == []
    assert value.decode().count("-") == 3


def test_a_batch_that_breaks_tells_nothing_of_the_error(traced: Traced) -> None:
    with pytest.raises(ValueError, match=MARKED), traced.tracer.batch("codes", "identity.codes", []):
        raise ValueError(MARKED)
    (span,) = traced.ended()
    assert (list(span.events), MARKED in span.to_json()) == ([], False)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        None,
        b"\xff",
        f"00-{TRACE}-{SPAN}".encode(),
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"ff-{TRACE}-{SPAN}-01".encode(),
    ],
)
def test_what_is_no_traceparent_is_no_cause(value: bytes | None) -> None:
    assert cause_of([(HEADER, value)]) is None
    assert cause_of([(HEADER, f"00-{TRACE}-{SPAN}-01".encode())]) == (int(TRACE, 16), int(SPAN, 16), 1)


def test_law13_a_reader_does_not_mind_the_header() -> None:
    envelope = Envelope("m-1", "web", "hesabi.identity.LogIn.v1", "flow-1", datetime(2026, 3, 1, tzinfo=UTC))
    assert from_headers(b"flow-1", [*to_headers(envelope), (HEADER, f"00-{TRACE}-{SPAN}-01".encode())]) == envelope


def test_off_costs_no_import() -> None:
    with NoTraces().batch("codes", "identity.codes", [Record()]):
        assert carried() == []
    # FastStream itself looks whether the names of attributes are there.
    script = "import sys, services.identity.__main__; print([m for m in sys.modules if m.startswith(%r)])"
    script %= (("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.trace"),)
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout == b"[]\n"


async def test_spans_go_to_a_collector_by_otlp() -> None:
    with collecting() as collector:
        tracer = SpanExport("accounts", "one", otlp_exporter(collector.address))
        with tracer.batch("codes", "identity.codes", [Record(traceparent(2))]):
            pass
        await asyncio.to_thread(tracer.close)
    (resource,), (span,) = collector.resources, collector.spans
    names = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert (names["service.name"], names["service.instance.id"]) == ("hesabi-accounts", "one")
    assert (span.name, span.links[0].trace_id) == ("codes batch", (2).to_bytes(16))
    assert MARKED.encode() not in collector.bodies[0]


class Hanging(SpanExporter):
    """To a collector that takes connections and says nothing."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.goes_on.wait()
        return SpanExportResult.SUCCESS


def test_health_a_collector_that_hangs_keeps_no_process_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_export, "CLOSE_TIMEOUT_S", 0.05)
    hanging = Hanging()
    tracer = SpanExport("accounts", "one", hanging)
    with tracer.batch("ordinary", "accounts.commands", [Record()]):
        pass
    tracer.close()
    assert not hanging.goes_on.is_set()
    hanging.goes_on.set()
