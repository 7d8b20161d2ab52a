"""What a month keeps of requests, what it gives, and which days a statement counts (R3, R7)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.reports_internal import MovesGiven, MovesWanted
from services.reports.statement import (
    A_PART,
    MOST_REQUESTS,
    MOST_REQUESTS_A_MONTH,
    MOST_STATES,
    MOST_STATES_IN_ALL,
    KnownRequest,
    RequestsMonth,
    StateAt,
    bounded,
    collect_move,
    give_moves,
    of_period,
)
from services.reports.statement_order import StatementMade, order_statement, take_moves
from tests.scenario import NOON, arriving, given
from tests.unit.reports.orders import ACCOUNT, FACTS, FEBRUARY, NOURA, REPORT_ID
from tests.unit.reports.test_statement import DEFINITION, ORDER, OUTAGE, SPAN, at, moved, statement


def known(number: int, *minutes: int, final: bool = False) -> KnownRequest:
    """A request that came to a state so many minutes after noon."""
    states = tuple(StateAt(state="received", at=NOON + timedelta(minutes=minute)) for minute in minutes or (number,))
    return KnownRequest(
        reference=f"{number:020d}",
        definition_reference=DEFINITION,
        account_number=ACCOUNT,
        kind="outage",
        final=final,
        states=states,
    )


def month_of(count: int) -> RequestsMonth:
    return RequestsMonth(requests=tuple(map(known, range(count))))


def test_R3_a_month_that_is_full_still_hears_how_a_request_it_knows_has_ended() -> None:
    full = month_of(MOST_REQUESTS_A_MONTH)
    given(full).when(collect_move, arriving(moved(OUTAGE, "received", at(2, 9)))).then().then_state(full)
    over = moved(full.requests[3].reference, "resolved", at(2, 9), final=True)
    heard = given(full).when(collect_move, arriving(over)).then().state
    assert (heard.requests[3].final, heard.requests[3].states[-1].state) == (True, "resolved")
    assert (*heard.requests[:3], *heard.requests[4:]) == (*full.requests[:3], *full.requests[4:])


def test_R3_of_a_request_that_comes_to_many_states_the_latest_are_kept() -> None:
    scenario = given()
    for index in range(MOST_STATES + 2):
        scenario = scenario.when(collect_move, arriving(moved(OUTAGE, f"step-{index}", at(2, 1 + index))))
    states = [each.state for each in scenario.state.requests[0].states]
    assert states == [f"step-{index}" for index in range(2, MOST_STATES + 2)]


@pytest.mark.parametrize(("count", "more"), [(A_PART - 1, False), (A_PART, False), (A_PART + 1, True)])
def test_R3_a_month_says_that_there_is_more_exactly_when_there_is(count: int, more: bool) -> None:
    wanted = MovesWanted(report_id=REPORT_ID, user_id=NOURA.user_id, month="2026-02", part=0)
    (answer,) = given(month_of(count)).when(give_moves, arriving(wanted)).messages
    assert isinstance(answer, MovesGiven)
    assert (len(answer.requests), answer.more) == (min(count, A_PART), more)


def test_R3_a_month_of_which_nothing_is_known_answers_and_does_not_come_into_being() -> None:
    wanted = MovesWanted(report_id=REPORT_ID, user_id=NOURA.user_id, month="2026-02", part=0)
    nothing = MovesGiven(report_id=REPORT_ID, month="2026-02", part=0, requests=(), more=False)
    answered = given().when(give_moves, arriving(wanted)).then(nothing).then_state(None)
    assert answered.decision is not None
    assert not answered.decision.recorded


def test_R3_a_part_with_more_behind_it_that_answers_twice_asks_for_the_next_once() -> None:
    part = MovesGiven(report_id=REPORT_ID, month="2026-02", part=0, requests=(), more=True)
    waiting = given().when(order_statement, arriving(ORDER), FACTS)
    once = waiting.when(take_moves, arriving(part), FACTS)
    once.then(MovesWanted(report_id=REPORT_ID, user_id=NOURA.user_id, month="2026-02", part=1))
    once.when(take_moves, arriving(part), FACTS).then().then_state(once.state)


def test_R3_what_moved_last_is_kept_before_what_began_last() -> None:
    old_but_moving = known(0, 0, 10_000)
    others = [known(number) for number in range(1, MOST_REQUESTS + 1)]
    kept, left_out = bounded([old_but_moving, *others], FEBRUARY)
    assert old_but_moving in kept
    assert left_out == (others[0],)


def test_R3_a_statement_is_filled_to_the_last_state_that_fits() -> None:
    each = MOST_STATES_IN_ALL // 100
    fitting = [known(number, *range(number, number + each)) for number in range(100)]
    assert len(bounded(fitting, FEBRUARY)[0]) == 100
    assert len(bounded([*fitting, known(1_000)], FEBRUARY)[0]) == 100


@pytest.mark.parametrize(
    ("last_news", "is_on_it"),
    [
        (datetime(2026, 1, 31, 20, 59, tzinfo=UTC), False),  # 23:59 on 31 January in Riyadh
        (datetime(2026, 1, 31, 21, 0, tzinfo=UTC), True),  # midnight of 1 February
        (datetime(2026, 2, 1, 12, 0, tzinfo=UTC), True),
        (datetime(2026, 2, 28, 20, 59, tzinfo=UTC), True),
        (datetime(2026, 2, 28, 21, 0, tzinfo=UTC), False),  # midnight of 1 March
    ],
)
def test_R3_R7_the_first_and_the_last_riyadh_day_belong_to_the_period(last_news: datetime, is_on_it: bool) -> None:
    made = statement([moved(OUTAGE, "resolved", last_news, final=True)])
    assert [each.reference for each in made.requests] == [OUTAGE] * is_on_it


@pytest.mark.parametrize(
    ("first", "last", "is_on_it"),
    [
        (FEBRUARY.last, None, True),
        (date(2026, 3, 1), None, False),
        (date(2025, 1, 1), FEBRUARY.first, True),
        (date(2025, 1, 1), date(2026, 1, 31), False),
    ],
)
def test_R3_a_relation_of_which_one_day_is_in_the_period_is_on_it(
    first: date, last: date | None, is_on_it: bool
) -> None:
    order = ORDER.model_copy(update={"relations": (SPAN.model_copy(update={"from_day": first, "last_day": last}),)})
    scenario = given().when(order_statement, arriving(order), FACTS)
    for part in scenario.state.missing:
        nothing = MovesGiven(report_id=REPORT_ID, month=part.month, part=0, requests=(), more=False)
        scenario = scenario.when(take_moves, arriving(nothing), FACTS)
    assert len(scenario.then_state(StatementMade).state.report.relations) == is_on_it


def test_R3_R7_a_request_stands_as_it_was_at_riyadhs_midnight_after_the_period() -> None:
    before, midnight = (datetime(2026, 2, 28, hour, minute, tzinfo=UTC) for hour, minute in ((20, 59), (21, 0)))
    states = (StateAt(state="received", at=before), StateAt(state="resolved", at=midnight))
    (shown,) = of_period([replace(known(0), final=True, states=states)], FEBRUARY)
    assert (shown.final, shown.states) == (False, states[:1])


def test_R3_a_request_that_was_over_before_makes_room_whenever_it_began() -> None:
    over = replace(known(0, final=True), states=(StateAt(state="resolved", at=at(1, 31)),))
    kept, left_out = bounded([over, *map(known, range(1, MOST_REQUESTS + 1))], FEBRUARY)
    assert left_out == (over,)
    assert len(kept) == MOST_REQUESTS
