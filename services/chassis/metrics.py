"""What a service counts. Labels are lanes, reasons and other constants of the code, never anything from a message."""

import re
from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

OUTCOMES: Final = frozenset(
    {
        "decided",
        "refused",
        "answered",
        "answered-again",
        "duplicate",
        "ignored",
        "nudged",
        "skipped",
        "conflict",
        "dead-letter",
        "put-aside",
    }
)
"""What becomes of a message. `answered-again`: a command sent again; `skipped`: an event of unknown type (law 13);
`conflict`: lost to another replica and decided again; `put-aside`: its aggregate is parked."""

STAGES: Final = frozenset({"read", "load", "decide", "save", "publish", "trim", "commit"})
"""The stages of one batch, in their order (law 5)."""

OTHER: Final = "other"
"""Stands for what is none of the above, so that no label can grow from data."""

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_CODE: Final = re.compile(r"[a-z][a-z-]{0,63}")
_BATCH: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """The counters of one process, in a registry of their own (two services can live in one test)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = self._counter("messages", "Messages by what became of them.", "lane", "outcome")
        self._batch = Histogram(
            "hesabi_batch_size", "Messages in a batch.", ("lane",), buckets=_BATCH, registry=self.registry
        )
        self._stage = Histogram(
            "hesabi_stage_seconds",
            "Time of one stage of one batch.",
            ("lane", "stage"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._dead_letters = self._counter("dead_letters", "Records and messages put aside.", "lane", "reason")
        self._pauses = self._counter("lane_pauses", "Times that a lane stopped for broken machinery.", "lane", "stage")
        self._paused = self._gauge("lane_paused", "1 while a lane waits for broken machinery.", "lane")
        self._lag = self._gauge("lag_messages", "Messages that a lane has not fetched yet.", "lane")
        self._parked = self._gauge("parked_aggregates", "Aggregates met by this process that are parked.")
        self._effects = self._gauge("effects_in_flight", "Calls that leave the house, under way.")
        self._unproven = self._gauge(
            "oldest_unproven_outbox_seconds", "Age of the oldest outbox entry not proven published."
        )
        self._fields_dropped = self._counter("log_fields_dropped", "Fields that no log line may have.")

    def outcomes(self, lane: str, outcomes: Mapping[str, int]) -> None:
        """Count messages of a lane by what became of them (`OUTCOMES`)."""
        for outcome, count in outcomes.items():
            self._messages.labels(lane, outcome if outcome in OUTCOMES else OTHER).inc(count)

    def batch(self, lane: str, size: int) -> None:
        """A batch of so many messages was read."""
        self._batch.labels(lane).observe(size)

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """A stage of a batch (`STAGES`) took so long."""
        self._stage.labels(lane, _stage(stage)).observe(seconds)

    def dead_letter(self, lane: str, reason: str) -> None:
        """A message was put aside; `reason` is a constant of the code."""
        self._dead_letters.labels(lane, reason if _CODE.fullmatch(reason) else OTHER).inc()

    def paused(self, lane: str, stage: str) -> None:
        """A lane stopped in this stage for broken machinery."""
        self._pauses.labels(lane, _stage(stage)).inc()
        self._paused.labels(lane).set(1)

    def resumed(self, lane: str) -> None:
        """A lane goes on."""
        self._paused.labels(lane).set(0)

    def lag(self, lane: str, messages: int) -> None:
        """So many messages of a lane are still unread."""
        self._lag.labels(lane).set(messages)

    def parked(self, change: int) -> None:
        """So many aggregates more (or less) are parked."""
        self._parked.inc(change)

    def effects_in_flight(self, change: int) -> None:
        """So many calls more (or less) are under way."""
        self._effects.inc(change)

    def oldest_unproven(self, seconds: float) -> None:
        """The audit's finding: the age of the oldest unproven outbox entry; 0 if there is none."""
        self._unproven.set(seconds)

    def fields_dropped(self, count: int) -> None:
        """A log line lost so many fields; for `configure_logs`."""
        self._fields_dropped.inc(count)

    def exposition(self) -> bytes:
        """Everything in Prometheus's text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"hesabi_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"hesabi_{name}", what, labels, registry=self.registry)


def _stage(name: str) -> str:
    return name if name in STAGES else OTHER
