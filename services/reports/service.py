"""Reports: which message leads to which decision. Start reading here."""

from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any

from contracts import accounts, billing, identity, metering, reports, requests, topics, transfers
from contracts import reports_internal as internal
from contracts.decision import Incoming
from contracts.message import Message
from services.chassis.service import KeyedHash, Kind, Lane, Route, Service
from services.reports.answering import answer_with_document, answer_with_link, answer_with_refusal, tell_months
from services.reports.any_report import Report, count_fetch, due_at, on_timer
from services.reports.customer import (
    ABSENT,
    ReportsCustomer,
    note_account,
    note_address,
    note_relation,
    note_relation_end,
)
from services.reports.effects import ReportsEffects, prepare_link, prepare_order, prepare_report
from services.reports.meter import MeterMonth, give_readings, note_use, take_in_day
from services.reports.order import order_report, take_readings
from services.reports.ordering import request_payment_report, request_report, request_statement
from services.reports.payment_order import RaiseMismatchAlarm, note_alarm, order_payment_report, take_statement
from services.reports.revision import version_id
from services.reports.settings import ReportsSettings
from services.reports.statement import RequestsMonth, collect_move, collector_of, give_moves, month_id
from services.reports.statement_order import order_statement, take_moves
from services.reports.versions import note_version, order_version, take_change

LANES = (
    Lane("commands", topics.REPORTS_COMMANDS),
    Lane("internal", topics.REPORTS_INTERNAL),
    Lane("readings", topics.METERING_READINGS),
    Lane("accounts", topics.ACCOUNTS_EVENTS),
    Lane("identity", topics.IDENTITY_EVENTS),
    Lane("billing", topics.BILLING_STATEMENTS),
    Lane("replay", topics.REPLAY["reports"]),
)


def the_customer(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The person whom the verified session token speaks for."""
    return f"customer:{incoming.who.user_id}"


def the_user_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An event names the person it is about."""
    return f"customer:{incoming.body.user_id}"


def the_report_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An internal message names the report, or the version of one, that it is for."""
    return f"report:{incoming.body.report_id}"


def the_version_named(incoming: Incoming[internal.VersionOrdered], _: KeyedHash) -> str:
    """Each version is an aggregate of its own (R6)."""
    return f"report:{version_id(incoming.body.report_id, incoming.body.version)}"


def the_report_that_asked(incoming: Incoming[billing.StatementFound], _: KeyedHash) -> str:
    """Billing repeats who asked."""
    return f"report:{incoming.body.asked_by}"


def the_month_of_the_day(incoming: Incoming[metering.IntervalReadings], _: KeyedHash) -> str:
    """One document a month of each account's readings."""
    return f"meter:{incoming.body.account_number}:{incoming.body.day:%Y-%m}"


def the_month_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The month of an account's readings that a message names."""
    return f"meter:{incoming.body.account_number}:{incoming.body.month}"


def the_persons_month(incoming: Incoming[requests.RequestMoved], _: KeyedHash) -> str:
    """The collector of what a person's requests did in a month (law 4)."""
    return collector_of(incoming.body)


def the_persons_month_wanted(incoming: Incoming[internal.MovesWanted], _: KeyedHash) -> str:
    """The month that a statement asks for."""
    return month_id(incoming.body.user_id, incoming.body.month)


KINDS = (
    Kind("meter", MeterMonth),
    Kind("customer", ReportsCustomer),
    Kind("report", Report, due_at=due_at, on_timer=on_timer),
    Kind("requests", RequestsMonth),
)

RaiseAlarm = Callable[[RaiseMismatchAlarm], Awaitable[Message]]


def reports_service(settings: ReportsSettings, effects: ReportsEffects, raise_alarm: RaiseAlarm) -> Service:
    """The whole service (R1-R8, A10, A11, A18)."""
    routes = (*_customers(), *_consumption(settings), *_payments(settings), *_statements(settings))
    return Service("reports", LANES, KINDS, routes, effects, perform={RaiseMismatchAlarm: raise_alarm})


def _customers() -> tuple[Route, ...]:
    return (
        Route(identity.NationalAddressSaved, the_user_named, note_address, creates=True),  # A11
        Route(accounts.AccountDefined, the_user_named, note_account, creates=True),  # A11
        Route(transfers.RelationConfirmed, the_user_named, note_relation, creates=True),  # A10, A18
        Route(transfers.RelationEnded, the_user_named, note_relation_end, creates=True),  # A18
        Route(reports.RequestConsumptionReport, the_customer, request_report, prepare_order, absent=ABSENT),  # R1
        Route(reports.RequestPaymentReport, the_customer, request_payment_report, prepare_order, absent=ABSENT),  # R2
        Route(reports.RequestStatement, the_customer, request_statement, prepare_order, absent=ABSENT),  # R3
        Route(internal.ReportCompleted, the_user_named, answer_with_link, prepare_link),  # J3
        Route(internal.DocumentCompleted, the_user_named, answer_with_document, prepare_link),  # J3
        Route(internal.ReportDeclined, the_user_named, answer_with_refusal),  # J3
        Route(internal.VersionCompleted, the_user_named, tell_months),  # R6
        Route(reports.ReportFetched, the_report_named, count_fetch),  # R8
    )


def _consumption(settings: ReportsSettings) -> tuple[Route, ...]:
    times = (settings.readings_wait, settings.link_life, settings.revision_quiet)
    prepare = prepare_report(*times, attrgetter("report_id"))
    return (
        Route(metering.IntervalReadings, the_month_of_the_day, take_in_day, creates=True),  # R5, R6
        Route(internal.ReadingsWanted, the_month_named, give_readings, creates=True),
        Route(internal.ReadingsUsed, the_month_named, note_use, creates=True),  # R6
        Route(internal.ReportOrdered, the_report_named, order_report, prepare, creates=True),
        Route(internal.ReadingsGiven, the_report_named, take_readings, prepare),
        Route(internal.ReadingsChanged, the_report_named, take_change, prepare),  # R6
        Route(internal.VersionOrdered, the_version_named, order_version, prepare, creates=True),  # R6
        Route(internal.VersionMade, the_report_named, note_version),  # R6
    )


def _payments(settings: ReportsSettings) -> tuple[Route, ...]:
    times = (settings.statement_wait, settings.link_life, settings.revision_quiet)
    ordered, found = (prepare_report(*times, attrgetter(name)) for name in ("report_id", "asked_by"))
    return (
        Route(internal.PaymentReportOrdered, the_report_named, order_payment_report, ordered, creates=True),  # R2
        Route(billing.StatementFound, the_report_that_asked, take_statement, found),  # R2
        Route(internal.MismatchAlarmed, the_report_named, note_alarm),  # R2
    )


def _statements(settings: ReportsSettings) -> tuple[Route, ...]:
    times = (settings.readings_wait, settings.link_life, settings.revision_quiet)
    prepare = prepare_report(*times, attrgetter("report_id"))
    return (
        Route(requests.RequestMoved, the_persons_month, collect_move, creates=True),  # R3
        Route(internal.StatementOrdered, the_report_named, order_statement, prepare, creates=True),  # R3
        Route(internal.MovesWanted, the_persons_month_wanted, give_moves, creates=True),
        Route(internal.MovesGiven, the_report_named, take_moves, prepare),  # R3
    )
