"""How long it took until things went on, by the records' own stamps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.catalogue import CATALOGUE
from contracts.topics import SERVICES
from tests.chaos.breaking import Broken
from tests.chaos.evidence import Evidence, Violation
from tests.chaos.schedule import ON_SERVICES, OUTAGES

PROGRESS_S: Final = 5.0
"""From an outage's end to the next answer of each service."""

SESSION_S: Final = 15.0
RECOVERY_S: Final = SESSION_S + 5.0
"""The longest that a command waits for its answer while a replica of its service is gone or stands still."""

STOP_S: Final = 10.0
"""From SIGTERM to the end of the process."""

WATCHED_MS: Final = 20_000
BEFORE_OUTAGE_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Recovery:
    """What one fault cost. `seconds` is the worst seen, None where nothing was seen at all."""

    fault: str
    what: str
    seconds: float | None
    limit_s: float

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.seconds is not None and self.seconds <= self.limit_s


def recoveries(evidence: Evidence, broken: Sequence[Broken], slack: float) -> list[Recovery]:
    """Of each fault, against the promise times `slack`."""
    return [recovery for each in broken for recovery in _of(evidence, each, broken, slack)]


def too_slow(found: Sequence[Recovery]) -> list[Violation]:
    """Promises about time that were not kept."""
    return [
        Violation("too slow", f"{r.fault}: {r.what} {_shown(r.seconds)}, promised {r.limit_s:.1f} s")
        for r in found
        if not r.kept
    ]


def _of(evidence: Evidence, each: Broken, broken: Sequence[Broken], slack: float) -> Iterator[Recovery]:
    fault = each.fault
    if fault.kind in OUTAGES:
        worst = max((_first_answer_s(evidence, service, each.ended_ms) for service in SERVICES), key=_none_last)
        yield Recovery(fault.name, "next answer of every service", worst, PROGRESS_S * slack)
    if fault.kind in ON_SERVICES:
        waits = _waits_s(evidence, each, broken)
        if waits:
            waited, command = max(waits)
            yield Recovery(fault.name, f"longest wait for an answer ({command})", waited, RECOVERY_S * slack)
    for took_s in each.stops_s:
        yield Recovery(fault.name, "stopped in good order", took_s, STOP_S * slack)


def _first_answer_s(evidence: Evidence, service: str, since_ms: int) -> float | None:
    stamps = (said.stamp_ms for said in evidence.said if said.topic == f"{service}.answers")
    first = min((stamp for stamp in stamps if stamp > since_ms), default=None)
    return None if first is None else (first - since_ms) / 1000


def _waits_s(evidence: Evidence, each: Broken, broken: Sequence[Broken]) -> list[tuple[float, str]]:
    """Of the service's commands that came in the time around the fault, with their names; those that an outage delays
    are left out."""
    outages = [other.begun_ms for other in broken if other.fault.kind in OUTAGES and other.begun_ms > each.begun_ms]
    until = min([each.begun_ms + WATCHED_MS, *(begun - BEFORE_OUTAGE_MS for begun in outages)])
    return [
        (
            max(0, evidence.answers[entry.id][0].stamp_ms - max(said.stamp_ms, each.begun_ms)) / 1000,
            entry.type.split(".")[2],
        )
        for entry, said in evidence.commands()
        if each.begun_ms - SESSION_S * 1000 < said.stamp_ms < until
        and CATALOGUE[entry.type].service == each.fault.service
        and entry.id in evidence.answers
    ]


def _none_last(seconds: float | None) -> float:
    return float("inf") if seconds is None else seconds


def _shown(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {seconds:.1f} s"
