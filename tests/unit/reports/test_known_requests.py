"""What is known of a request for statements: as it stood at a period's end, in whatever order its news came (R3)."""

from contracts.requests import RequestMoved
from services.reports.statement import KnownRequest, StateAt, collect_move, of_period
from tests.scenario import arriving, given
from tests.unit.reports.orders import ACCOUNT, FEBRUARY
from tests.unit.reports.test_statement import DEFINITION, OUTAGE, at, moved


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


def test_R3_news_that_come_late_do_not_open_a_request_again() -> None:
    assert after(moved(OUTAGE, "resolved", at(2, 2), final=True), moved(OUTAGE, "received", at(2, 1))).final
