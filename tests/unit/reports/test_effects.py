"""What decisions are given: waits and lives from the present on, references and secrets of each report (law 9, R8)."""

from datetime import datetime, timedelta
from operator import attrgetter

import pytest

from contracts.values.reference_number import reference_number
from services.reports.effects import ReportsEffects, prepare_report, secret_hash
from services.reports.order_states import ReportFacts
from tests.scenario import NOON, arriving
from tests.unit.reports.orders import EFFECTS, KEY, REPORT_ID, keyed_hash, report_ordered

WAIT, LIFE, QUIET = timedelta(seconds=60), timedelta(minutes=15), timedelta(seconds=5)


async def report_facts(message_id: str, present: datetime) -> ReportFacts:
    """What the decision on an order is given."""
    prepare = prepare_report(WAIT, LIFE, QUIET, attrgetter("report_id"))
    facts = await prepare(None, arriving(report_ordered(), id=message_id), EFFECTS, present)
    assert isinstance(facts, ReportFacts)
    return facts


async def test_R8_J3_waits_and_links_begin_when_a_message_is_decided_and_not_when_it_was_written() -> None:
    late = NOON + timedelta(hours=3)
    facts = await report_facts("m-1", late)
    assert (facts.present, facts.give_up_at, facts.expires_at) == (late, late + WAIT, late + LIFE)
    assert facts.revise_at == late + QUIET


async def test_R8_A20_reference_and_secret_are_those_of_the_report_and_not_of_the_message() -> None:
    first, again = await report_facts("m-1", NOON), await report_facts("m-2", NOON)
    assert first == again
    assert first.reference == reference_number(KEY, REPORT_ID)
    assert first.link_hash == secret_hash(EFFECTS.link_secret(REPORT_ID))


def test_A20_a_short_key_of_references_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="too short"):
        ReportsEffects(keyed_hash, reference_key=KEY[:-1])
