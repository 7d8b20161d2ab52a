"""What the loop tells of itself, turned into metrics and log lines. No bodies, no personal data (style 15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from services.chassis.metrics import Metrics

WARNINGS: Final = frozenset(
    {"lane_paused", "commit_lost", "revoked_while_busy", "sweep_failed", "audit_failed", "consumer_failed"}
)
ALARMS: Final = frozenset({"outbox_unproven", "lane_halted", "key_reader_failed"})


@dataclass(slots=True)
class ServiceObserver:
    """One service's. `log` is structlog's; allow-listed fields only."""

    metrics: Metrics
    log: Any
    is_skewed: bool = False

    def stage(self, lane: str, stage: str, seconds: float) -> None:
        """A stage of a batch took so long."""
        self.metrics.stage(lane, stage, seconds)

    def outcomes(self, lane: str, outcomes: Mapping[str, int]) -> None:
        """What became of a batch's messages."""
        self.metrics.batch(lane, sum(outcomes.values()))
        self.metrics.outcomes(lane, outcomes)

    def dead_letter(self, lane: str, reason: str) -> None:
        """A record was put aside."""
        self.metrics.dead_letter(lane, reason)
        self.log.warning("dead_letter", lane=lane, reason=reason)

    def failed(self, aggregate: str, error: Exception, parked: bool) -> None:
        """Deciding on this aggregate failed; the third time parks it."""
        if parked:
            self.metrics.parked(1)
        self.log.error("aggregate_parked" if parked else "decision_failed", aggregate=aggregate, exc_info=error)

    def effect_failed(self, aggregate: str, error: Exception) -> None:
        """A call broke before it had a result; the aggregate's timer settles it."""
        self.log.error("effect_failed", aggregate=aggregate, exc_info=error)

    def effects_in_flight(self, change: int) -> None:
        """So many calls more (or less) are under way."""
        self.metrics.effects_in_flight(change)

    def skew(self, skew: timedelta, alarm: timedelta) -> None:
        """How far the broker's clock is from ours; beyond `alarm`, say so, once until it is well again (law 9)."""
        skewed = abs(skew) > alarm
        if skewed and not self.is_skewed:
            self.log.error("clock_skewed", skew_ms=int(skew / timedelta(milliseconds=1)))
        self.is_skewed = skewed

    def lag(self, lane: str, messages: int) -> None:
        """Records of a lane that are still unread."""
        self.metrics.lag(lane, messages)

    def oldest_unproven(self, seconds: float) -> None:
        """What the audit found."""
        self.metrics.oldest_unproven(seconds)

    def tell(self, event: str, error: Exception | None = None, wait_s: float | None = None, **fields: Any) -> None:
        """A word about lanes, sweeps and audits."""
        if event in {"lane_paused", "lane_halted"}:
            self.metrics.paused(fields["lane"], "batch")
        elif event == "lane_resumed":
            self.metrics.resumed(fields["lane"])
        write = self.log.error if event in ALARMS else self.log.warning if event in WARNINGS else self.log.info
        if wait_s is not None:
            fields["retry_in_s"] = wait_s
        if error is not None:
            fields["exc_info"] = error
        write(event, **fields)
