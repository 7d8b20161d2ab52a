"""What is known of a request for statements: as it stood at a period's end, in whatever order its news came (R3)."""

from contracts.requests import RequestMoved
from services.reports.statement import MOST_REQUESTS, KnownRequest, StateAt, collect_move, of_period
from tests.scenario import arriving, given
from tests.unit.reports.orders import ACCOUNT, FEBRUARY
from tests.unit.reports.test_statement import DEFINITION, OUTAGE, at, moved, statement


def after(*moves: RequestMoved) -> KnownRequest:
    """What one month's collector knows then."""
    scenario = given()
    for each in moves:
        scenario = scenario.when(collect_move, arriving(each)).then()
    (known,) = scenario.state.requests
    assert isinstance(known, KnownRequest)
    return known


def test_R3_a_request_that_was_over_after_the_period_only_was_open_in_it() -> None:
    received, done = StateAt(state="received", at=at(2, 5)), StateAt(state="resolved", at=at(3, 5))

    def known(final: bool, *states: StateAt) -> KnownRequest:
        return KnownRequest(
            reference=OUTAGE,
            definition_reference=DEFINITION,
            account_number=ACCOUNT,
            kind="outage",
            final=final,
            states=states,
        )

    assert of_period([known(True, received, done)], FEBRUARY) == (known(False, received),)


def test_R3_what_was_over_before_the_period_is_not_said_to_be_left_out() -> None:
    """Hundreds of requests in the year before, and one that is on the statement."""
    year_before = [
        moved(f"{month:02d}-{number:020d}", "resolved", at(month, 3).replace(year=2025), final=True)
        for month in range(3, 13)
        for number in range(MOST_REQUESTS // 5)
    ]
    made = statement([*year_before, moved(OUTAGE, "received", at(2, 1))])
    assert ([each.reference for each in made.requests], made.left_out) == ([OUTAGE], 0)
    opened = [moved(each.reference, "received", each.at) for each in year_before]
    still_open = statement([*opened, moved(OUTAGE, "received", at(2, 1))])
    assert still_open.left_out == len(year_before) + 1 - MOST_REQUESTS


def test_R3_a_request_of_which_two_months_tell_is_open_until_one_says_that_it_is_over() -> None:
    two_months = [moved(OUTAGE, "received", at(1, 5)), moved(OUTAGE, "crew-sent", at(2, 5))]
    assert [each.final for each in statement(two_months).requests] == [False]
    over = moved(OUTAGE, "resolved", at(2, 6), final=True)
    assert [each.final for each in statement([*two_months, over]).requests] == [True]


def test_R3_news_that_come_late_do_not_open_a_request_again() -> None:
    assert after(moved(OUTAGE, "resolved", at(2, 2), final=True), moved(OUTAGE, "received", at(2, 1))).final
