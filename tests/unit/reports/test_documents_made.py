"""What every document keeps and says when it is made or will not be (J3, R2, R3, R8)."""

from datetime import date

import pytest

from contracts.billing import StatementEntry
from contracts.decision import Facts, Outgoing
from contracts.operations import TIMER_ELAPSED
from services.reports.any_report import on_timer
from services.reports.order_states import Declined
from services.reports.payment_order import PaymentMade, take_statement
from services.reports.statement_order import order_statement
from tests.scenario import Given, arriving, given
from tests.unit.reports.orders import EXPIRES_AT, FACTS, GIVE_UP_AT, REPORT_ID, collected, ordered
from tests.unit.reports.orders import FEBRUARY as PERIOD
from tests.unit.reports.paying import awaiting, entry, found
from tests.unit.reports.test_statement import ORDER, gathered

TIMER = TIMER_ELAPSED["reports"](aggregate=f"report:{REPORT_ID}")


def gathering() -> Given:
    """A statement that has asked its months."""
    return given().when(order_statement, arriving(ORDER, correlation_id="command-1"), FACTS)


def correlations(scenario: Given) -> list[str | None]:
    """Under which command each message is said; None: under no other than the one that came."""
    assert scenario.decision is not None
    return [out.correlation_id if isinstance(out, Outgoing) else None for out in scenario.decision.messages]


def test_R8_a_document_opens_to_the_secret_and_until_the_instant_that_it_was_given() -> None:
    for made in (awaiting().when(take_statement, arriving(found()), FACTS), gathered()):
        assert (made.state.link_hash, made.state.expires_at) == (FACTS.link_hash, EXPIRES_AT)
        assert made.state.report.reference == FACTS.reference
        assert correlations(made) == ["command-1", "command-1"]


def test_J3_whoever_will_have_no_report_hears_so_under_the_command_that_ordered_it() -> None:
    silent = [each.when(on_timer, arriving(TIMER), Facts(GIVE_UP_AT)) for each in (ordered(), awaiting(), gathering())]
    mismatch = awaiting().when(take_statement, arriving(found(closing=1)), FACTS)
    for scenario in (*silent, mismatch, collected(PERIOD, [])):
        scenario.then_state(Declined)
        assert correlations(scenario) == ["command-1"]


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2026, 3, 1)])
def test_R2_an_entry_before_or_after_the_period_makes_no_report(day: date) -> None:
    outside: StatementEntry = entry(1, "bill", 5).model_copy(update={"day": day})
    for entries in ((outside,), (entry(3, "payment", 5), outside)):
        closing = 5 if len(entries) == 1 else 0
        failed = awaiting().when(take_statement, arriving(found(entries, 0, closing)), FACTS).then_state(Declined)
        assert failed.state.reason == "statement-entry-outside-period"


def test_R2_entries_of_the_first_and_the_last_day_are_of_the_period() -> None:
    entries = (entry(1, "bill", 5), entry(28, "payment", 5))
    made = awaiting().when(take_statement, arriving(found(entries, 0, 0)), FACTS).then_state(PaymentMade)
    assert [each.day for each in made.state.report.entries] == [PERIOD.first, PERIOD.last]
