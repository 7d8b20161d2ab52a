"""What a report of any kind has in common: its states, its wake-ups, that it is fetched (R8)."""

from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from contracts.decision import Decision, Facts, Incoming, decided, ignored
from contracts.message import TimerElapsed
from contracts.reports import ReportFetched
from services.reports.order import give_up
from services.reports.order_states import Collecting, Declined, Made
from services.reports.payment_order import AwaitingBilling, PaymentMade, alarm_again, billing_silent
from services.reports.statement_order import Gathering, StatementMade, requests_silent
from services.reports.versions import order_next

AnyMade = Made | PaymentMade | StatementMade
Report = Collecting | Made | AwaitingBilling | PaymentMade | Gathering | StatementMade | Declined


def due_at(state: Report) -> datetime | None:
    """When the report wants to be woken: it stops waiting, its next version is due (R6), or nobody has said that an
    alarm was raised (R2)."""
    match state:
        case Collecting() | AwaitingBilling() | Gathering():
            return state.give_up_at
        case Made():
            return state.revise_at
        case Declined():
            return state.alarm_by
        case PaymentMade() | StatementMade():
            return None
        case _:
            assert_never(state)


def on_timer(state: Report, incoming: Incoming[TimerElapsed], facts: Facts) -> Decision[Any]:
    """The wake-up of a report."""
    match state:
        case Collecting():
            return give_up(state, incoming, facts)
        case Made():
            return order_next(state, incoming, facts)
        case AwaitingBilling():
            return billing_silent(state, incoming, facts)
        case Gathering():
            return requests_silent(state, incoming, facts)
        case Declined():
            return alarm_again(state, incoming, facts)
        case PaymentMade() | StatementMade():
            return ignored(state)
        case _:
            assert_never(state)


def count_fetch(state: Report, _: Incoming[ReportFetched], __: Facts) -> Decision[Any]:
    """The door has served the report once more."""
    if isinstance(state, Made | PaymentMade | StatementMade):
        return decided(replace(state, fetched=state.fetched + 1))
    return ignored(state)
