"""Times come from the records' own stamps."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from contracts.notifications import AskContactChannels, ContactChannelsGiven
from contracts.operations import COMMAND_REFUSED
from contracts.topics import SERVICES
from tests.chaos.breaking import Broken
from tests.chaos.evidence import Evidence, Said
from tests.chaos.recovery import recoveries, too_slow
from tests.chaos.schedule import Fault
from tests.gates import Gates
from tests.unit.chaos.situations import CLEAN, NOW_MS, caused, entry, said


def broken(kind: str, begun_s: float, ended_s: float, *stops_s: float) -> Broken:
    """A fault of notifications, or of a server."""
    service = "" if "-" in kind else "notifications"
    fault = Fault(kind, begun_s, service=service)  # type: ignore[arg-type]
    return Broken(fault, NOW_MS + int(begun_s * 1000), NOW_MS + int(ended_s * 1000), stops_s)


def asked(*asked_and_answered_s: tuple[float, float]) -> Evidence:
    """Questions with the seconds at which they were asked and answered."""
    records: list[Said] = []
    for number, (asked_s, answered_s) in enumerate(asked_and_answered_s):
        records.append(said(AskContactChannels, f"q{number}", at_s=asked_s))
        records.append(caused(ContactChannelsGiven, f"a{number}", f"q{number}", at_s=answered_s))
    ledger = {f"q{n}": entry(AskContactChannels, f"q{n}") for n in range(len(asked_and_answered_s))}
    return replace(CLEAN, said=records, ledger=ledger)


def first_answers(at_s: Sequence[float]) -> Evidence:
    """An answer of each service, in their order."""
    records = [
        caused(COMMAND_REFUSED[service], f"no {service}", "x", at_s=seconds)
        for service, seconds in zip(SERVICES, at_s, strict=False)
    ]
    return replace(CLEAN, said=records)


def test_the_slowest_service_counts_after_an_outage() -> None:
    (found,) = recoveries(first_answers([11, 12, 13, 14]), [broken("kafka-stopped", 0, 10)], 1.0)
    assert (found.seconds, found.kept) == (4.0, True)


def test_the_longest_wait_counts_from_the_fault_on() -> None:
    (found,) = recoveries(asked((1, 1.1), (8, 25), (12, 25)), [broken("kill", 10, 11)], 1.0)
    assert (found.seconds, found.kept) == (15.0, True)


def test_what_an_outage_delays_is_not_laid_to_the_fault_before_it() -> None:
    faults = [broken("kill", 0, 1), broken("mongodb-frozen", 10, 70)]
    evidence = asked((1, 3), (9, 75))
    waits = [r.seconds for r in recoveries(evidence, faults, 1.0) if r.fault.startswith("kill")]
    assert waits == [2.0]


@pytest.mark.parametrize(
    ("what", "evidence", "fault"),
    [
        ("a service silent for 6 s after an outage", first_answers([11, 12, 13, 16]), broken("kafka-frozen", 0, 10)),
        ("a service silent for good", first_answers([11, 12, 13]), broken("mongodb-stopped", 0, 10)),
        ("an answer 21 s after a kill", asked((10, 31)), broken("kill", 10, 11)),
        ("a graceful stop of 11 s", asked((1, 2)), broken("terminate", 0, 11, 11.0)),
    ],
)
def test_it_refuses(what: str, evidence: Evidence, fault: Broken, gates: Gates) -> None:
    gates.refuses("chaos: time", what, [slow.what for slow in too_slow(recoveries(evidence, [fault], 1.0))])


def test_a_short_run_is_judged_more_mildly() -> None:
    slow = recoveries(first_answers([11, 12, 13, 16]), [broken("kafka-frozen", 0, 10)], 2.0)
    assert too_slow(slow) == []
