"""What is known of a request for statements: as it stood at a period's end, in whatever order its news came (R3)."""

from datetime import UTC, date, datetime, time, timedelta

from contracts.requests import RequestMoved
from services.chassis.encoding import MAX_STATE_BYTES
from services.reports.statement import (
    MOST_REQUESTS,
    MOST_REQUESTS_A_MONTH,
    KnownRequest,
    StateAt,
    collect_move,
    of_period,
)
from tests.scenario import arriving, given
from tests.unit.reports.orders import ACCOUNT, FEBRUARY, written
from tests.unit.reports.test_statement import DEFINITION, OUTAGE, at, busy_month, gathered, moved, statement


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


def over_in_the_year_before(count: int) -> list[RequestMoved]:
    """In each of five months so many, each received in one month and over in the next."""
    months = [date(2025, month, 28) for month in range(8, 13)]
    return [
        moved(f"{month:%m}-{number:027d}", state, datetime.combine(day, time(9), UTC), final=state == "resolved")
        for month in months
        for number in range(count)
        for state, day in (("received", month), ("resolved", month + timedelta(days=6)))
    ]


def test_R3_a_request_that_is_open_is_not_crowded_out_by_what_was_over_before_the_period() -> None:
    """Nor do those come back as open of which an older month tells later that they were received."""
    made = statement([moved(OUTAGE, "received", at(7, 1).replace(year=2025)), *over_in_the_year_before(75)])
    assert ([each.reference for each in made.requests], made.left_out) == ([OUTAGE], 0)


def test_R3_what_had_no_room_and_no_need_is_remembered_within_what_a_document_holds() -> None:
    requests = [*over_in_the_year_before(MOST_REQUESTS_A_MONTH // 2), *busy_month()]
    state = gathered(requests).state
    assert len((written("report", state).state or "").encode()) < MAX_STATE_BYTES * 9 // 10


def test_R3_whatever_ends_in_a_month_beside_what_is_made_in_it_is_over_on_the_statement() -> None:
    """Accounts takes 60 in 30 days, and those of the month before end as well."""
    received = [moved(f"J{n:029d}", "received", at(1, 31)) for n in range(60)]
    more = [moved(f"F{n:029d}", "received", at(2, 10)) for n in range(60)]
    over = [moved(each.reference, "resolved", at(2, 20), final=True) for each in received]
    made = statement([*received, *more, *over])
    assert (len(made.requests), sum(each.final for each in made.requests), made.left_out) == (120, 60, 0)


def test_R3_a_request_of_which_two_months_tell_is_open_until_one_says_that_it_is_over() -> None:
    two_months = [moved(OUTAGE, "received", at(1, 5)), moved(OUTAGE, "crew-sent", at(2, 5))]
    assert [each.final for each in statement(two_months).requests] == [False]
    over = moved(OUTAGE, "resolved", at(2, 6), final=True)
    assert [each.final for each in statement([*two_months, over]).requests] == [True]


def test_R3_news_that_come_late_do_not_open_a_request_again() -> None:
    assert after(moved(OUTAGE, "resolved", at(2, 2), final=True), moved(OUTAGE, "received", at(2, 1))).final
