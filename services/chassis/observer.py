"""What the loop tells of itself, turned into metrics and log lines. No bodies, no personal data (style 15)."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

from services.chassis.metrics import OTHER, Metrics
from services.chassis.traces import NoTraces, Tracer

WARNINGS: Final = frozenset(
    {
        "lane_paused",
        "commit_lost",
        "put_out",
        "revoked_while_busy",
        "sweep_failed",
        "audit_failed",
        "halts_failed",
        "consumer_failed",
        "record_skipped",
        "versions_filtered",
    }
)
ALARMS: Final = frozenset({"outbox_unproven", "partition_halted", "key_reader_failed"})


class Observer(Protocol):
    """What the loop tells of itself, for metrics and logs. No personal data ever comes here."""

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """A stage took so long."""

    def broke(self, lane: str, stage: str) -> None:
        """A stage did not come to its end."""

    def step(self, lane: str) -> None:
        """An aggregate that had to be prepared is decided: a batch of many gets on."""

    def outcomes(self, lane: str, outcomes: Mapping[str, int]) -> None:
        """What became of a batch's messages."""

    def dead_letter(self, lane: str, reason: str) -> None:
        """A record was put aside."""

    def failed(self, aggregate: str, error: Exception, parked: bool) -> None:
        """Deciding on an aggregate failed; the third time parks it."""

    def unparked(self, aggregate: str) -> None:
        """What comes for an aggregate is decided again."""


@contextmanager
def timed(observer: Observer, lane: str, stage: str, clock: Callable[[], float]) -> Iterator[None]:
    """A stage of a batch runs within the `with`: how long it takes is told, and whether it breaks."""
    started = clock()
    try:
        yield
    except BaseException:
        observer.broke(lane, stage)
        raise
    finally:
        observer.stage(lane, stage, clock() - started)


@dataclass(slots=True)
class ServiceObserver:
    """One service's. `log` is structlog's; allow-listed fields only."""

    metrics: Metrics
    log: Any
    tracer: Tracer = field(default_factory=NoTraces)
    is_skewed: bool = False
    steps: Counter[str] = field(default_factory=Counter)
    """By lane: what shows that a long batch gets on."""
    _broken: dict[str, str] = field(default_factory=dict)
    _silent: Set[str] = frozenset()

    def batch(self, lane: str, topic: str, records: Sequence[Any]) -> AbstractContextManager[None]:
        """A batch is handled within the `with`."""
        self.metrics.batch(lane, len(records))
        return self.tracer.batch(lane, topic, records)

    def step(self, lane: str) -> None:
        """An aggregate that had to be prepared is decided."""
        self.steps[lane] += 1

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """A stage of a batch took so long."""
        self.steps[lane] += 1
        self.metrics.stage(lane, stage, seconds)
        self.tracer.stage(lane, stage, seconds)

    def broke(self, lane: str, stage: str) -> None:
        """A stage of a batch did not come to its end: the lane will pause for it."""
        self._broken[lane] = stage

    def outcomes(self, lane: str, outcomes: Mapping[str, int]) -> None:
        """What became of a batch's messages."""
        self.metrics.outcomes(lane, outcomes)

    def dead_letter(self, lane: str, reason: str) -> None:
        """A record was put aside."""
        self.metrics.dead_letter(lane, reason)
        self.log.warning("dead_letter", lane=lane, reason=reason)

    def failed(self, aggregate: str, error: Exception, parked: bool) -> None:
        """Deciding on this aggregate failed; the third time parks it."""
        self.log.error("aggregate_parked" if parked else "decision_failed", aggregate=aggregate, exc_info=error)

    def unparked(self, aggregate: str) -> None:
        """What comes for this aggregate is decided again."""
        self.log.info("aggregate_unparked", aggregate=aggregate)

    def parked(self, count: int) -> None:
        """So many aggregates of this process's partitions are parked."""
        self.metrics.parked(count)

    def effect_failed(self, aggregate: str, error: Exception) -> None:
        """A call broke before it had a result; the aggregate's timer settles it."""
        self.log.error("effect_failed", aggregate=aggregate, exc_info=error)

    def called(self, effect: str, outcome: str, since: timedelta) -> None:
        """What a call of this type came to is on the log, so long after the message that asked for it."""
        self.metrics.call(effect, outcome, since.total_seconds())

    def oldest_send(self, seconds: float) -> None:
        """For so long something waits to be acknowledged."""
        self.metrics.oldest_send(seconds)

    def effects_in_flight(self, change: int) -> None:
        """So many calls more (or less) are under way."""
        self.metrics.effects_in_flight(change)

    def skew(self, skew: timedelta, alarm: timedelta) -> None:
        """How far the broker's clock is from ours; beyond `alarm`, say so, once until it is well again (law 9)."""
        skewed = abs(skew) > alarm
        if skewed and not self.is_skewed:
            self.log.error("clock_skewed", skew_ms=int(skew / timedelta(milliseconds=1)))
        self.is_skewed = skewed

    def silent(self, topics: Set[str]) -> None:
        """For these topics no broker answers; a change is told."""
        for topic in sorted(topics - self._silent):
            self.log.warning("topic_silent", topic=topic)
        for topic in sorted(self._silent - topics):
            self.log.info("topic_answers", topic=topic)
        self._silent = topics

    def lag(self, lane: str, messages: int) -> None:
        """Records of a lane that are still unread."""
        self.metrics.lag(lane, messages)

    def loop_late(self, seconds: float) -> None:
        """The event loop came round so much later than asked."""
        self.metrics.loop_late(seconds)

    def halted(self, lane: str, unreadable: int, offset_lost: int) -> None:
        """So many partitions of a lane stand still, by why."""
        self.metrics.halted(lane, "unreadable", unreadable)
        self.metrics.halted(lane, "offset-lost", offset_lost)

    def skipped(self, lane: str) -> None:
        """An unreadable record was passed over."""
        self.metrics.skipped(lane)

    def oldest_unproven(self, seconds: float) -> None:
        """What the audit found."""
        self.metrics.oldest_unproven(seconds)

    def tell(self, event: str, error: Exception | None = None, wait_s: float | None = None, **fields: Any) -> None:
        """A word about lanes, sweeps and audits."""
        if event == "lane_paused":
            fields["stage"] = self._broken.pop(fields["lane"], OTHER)
            self.metrics.paused(fields["lane"], fields["stage"])
        elif event == "lane_resumed":
            self.metrics.resumed(fields["lane"])
        write = self.log.error if event in ALARMS else self.log.warning if event in WARNINGS else self.log.info
        if wait_s is not None:
            fields["retry_in_s"] = wait_s
        if error is not None:
            fields["exc_info"] = error
        write(event, **fields)
