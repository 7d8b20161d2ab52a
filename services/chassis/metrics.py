"""What a service counts. Labels are lanes, reasons and other constants of the code, never anything from a message."""

import re
from collections.abc import Mapping, Sequence
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
        "dropped",
        "unparked",
    }
)
"""What becomes of a message. `answered-again`: a command sent again; `skipped`: an event of unknown type (law 13);
`conflict`: lost to another replica and decided again; `put-aside`: its aggregate is parked; `dropped` and `unparked`:
an operator's order."""

STAGES: Final = frozenset({"read", "load", "decide", "hold", "save", "publish", "trim", "commit"})
"""The stages of one batch, in their order (law 5)."""

OTHER: Final = "other"
"""Stands for what is none of the above, so that no label can grow from data."""

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_CODE: Final = re.compile(r"[a-z][a-z-]{0,63}")
_BATCH: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_CALL_SECONDS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 60)
_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """The counters of one process, in a registry of their own (two services can live in one test)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = self._counter("messages", "Messages by what became of them.", "lane", "outcome")
        self._batch = self._histogram("batch_size", "Messages in a batch.", _BATCH, "lane")
        self._stage = self._histogram("stage_seconds", "Time of one stage of one batch.", _SECONDS, "lane", "stage")
        self._dead_letters = self._counter("dead_letters", "Records and messages put aside.", "lane", "reason")
        self._pauses = self._counter("lane_pauses", "Times that a lane stopped for broken machinery.", "lane", "stage")
        self._paused = self._gauge("lane_paused", "1 while a lane waits for broken machinery.", "lane")
        self._lag = self._gauge("lag_messages", "Messages that a lane has not fetched yet.", "lane")
        self._parked = self._gauge("parked_aggregates", "Parked aggregates of this process's partitions.")
        self._halted = self._gauge(
            "halted_partitions", "Partitions that stand still until somebody acts.", "lane", "reason"
        )
        self._skipped = self._counter("skipped_records", "Unreadable records passed over by order.", "lane")
        self._effects = self._gauge("effects_in_flight", "Calls that leave the house, under way.")
        self._calls = self._histogram(
            "call_seconds",
            "From the broker's stamp of the message that asked for a call to the acknowledgement of its result.",
            _CALL_SECONDS,
            "effect",
        )
        self._call_outcomes = self._counter("call_outcomes", "Calls by what they came to.", "effect", "outcome")
        self._oldest_send = self._gauge("oldest_send_seconds", "How long something sent waits to be acknowledged.")
        self._unproven = self._gauge(
            "oldest_unproven_outbox_seconds", "Age of the oldest outbox entry not proven published."
        )
        self._loop_late = self._histogram(
            "loop_late_seconds", "How much later than asked the event loop came round, once a second.", _SECONDS
        )
        self._ended_sessions = self._gauge("ended_sessions", "Ended sessions that this process remembers.")
        self._fields_dropped = self._counter("log_fields_dropped", "Fields that no log line may have.")

    def begin(self, lanes: Sequence[str], reasons: Sequence[str], effects: Sequence[str]) -> None:
        """Show what alarms go by from 0 on, for each lane, reason of dead letters and kind of call: a counter that is
        first seen at 1 has not grown to whoever asks for its increase."""
        for effect in effects:
            self._call_outcomes.labels(effect, "turned-away")
        for lane in lanes:
            self._paused.labels(lane)
            for stage in STAGES:
                self._pauses.labels(lane, stage)
            for reason in reasons:
                self._dead_letters.labels(lane, reason)

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

    def parked(self, count: int) -> None:
        """So many aggregates are parked."""
        self._parked.set(count)

    def call(self, effect: str, outcome: str, seconds: float) -> None:
        """A call's result is on the log, so long after the message that asked for it; `effect` is a type's name,
        `outcome` a constant of the code."""
        self._calls.labels(effect).observe(seconds)
        self._call_outcomes.labels(effect, outcome if _CODE.fullmatch(outcome) else OTHER).inc()

    def oldest_send(self, seconds: float) -> None:
        """For so long something waits to be acknowledged; 0 if nothing does."""
        self._oldest_send.set(seconds)

    def halted(self, lane: str, reason: str, partitions: int) -> None:
        """So many partitions of a lane stand still for this reason, a constant of the code."""
        self._halted.labels(lane, reason).set(partitions)

    def skipped(self, lane: str) -> None:
        """An unreadable record of a lane was passed over."""
        self._skipped.labels(lane).inc()

    def effects_in_flight(self, change: int) -> None:
        """So many calls more (or less) are under way."""
        self._effects.inc(change)

    def oldest_unproven(self, seconds: float) -> None:
        """The audit's finding: the age of the oldest unproven outbox entry; 0 if there is none."""
        self._unproven.set(seconds)

    def loop_late(self, seconds: float) -> None:
        """The event loop was blocked for so long."""
        self._loop_late.observe(seconds)

    def ended_sessions(self, count: int) -> None:
        """So many ended sessions are remembered (I13)."""
        self._ended_sessions.set(count)

    def fields_dropped(self, count: int) -> None:
        """A log line lost so many fields; for `configure_logs`."""
        self._fields_dropped.inc(count)

    def exposition(self) -> bytes:
        """Everything in Prometheus's text format (`CONTENT_TYPE`)."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"hesabi_{name}", what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"hesabi_{name}", what, labels, buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"hesabi_{name}", what, labels, registry=self.registry)


def _stage(name: str) -> str:
    return name if name in STAGES else OTHER
