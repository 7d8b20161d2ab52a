"""Reports: which message leads to which decision. Start reading here."""

from typing import Any

from contracts import accounts, identity, metering, reports, topics
from contracts.decision import Incoming
from services.chassis.service import KeyedHash, Kind, Lane, Route, Service
from services.reports.customer import (
    ABSENT,
    ReportsCustomer,
    answer_with_link,
    answer_with_refusal,
    note_account,
    note_address,
    request_report,
)
from services.reports.effects import ReportsEffects, prepare_link, prepare_order, prepare_report
from services.reports.meter import MeterMonth, give_readings, take_in_day
from services.reports.order import Report, count_fetch, due_at, give_up, order_report, take_readings
from services.reports.settings import ReportsSettings

LANES = (
    Lane("commands", topics.REPORTS_COMMANDS),
    Lane("internal", topics.REPORTS_INTERNAL),
    Lane("readings", topics.METERING_READINGS),
    Lane("accounts", topics.ACCOUNTS_EVENTS),
    Lane("identity", topics.IDENTITY_EVENTS),
)


def the_customer(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The person whom the verified session token speaks for."""
    return f"customer:{incoming.who.user_id}"


def the_user_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An event names the person it is about."""
    return f"customer:{incoming.body.user_id}"


def the_report_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An internal message names the report it is for."""
    return f"report:{incoming.body.report_id}"


def the_month_of_the_day(incoming: Incoming[metering.IntervalReadings], _: KeyedHash) -> str:
    """One document a month of each account's readings."""
    return f"meter:{incoming.body.account_number}:{incoming.body.day:%Y-%m}"


def the_month_wanted(incoming: Incoming[reports.ReadingsWanted], _: KeyedHash) -> str:
    """The month that a report asks for."""
    return f"meter:{incoming.body.account_number}:{incoming.body.month}"


KINDS = (
    Kind("meter", MeterMonth),
    Kind("customer", ReportsCustomer),
    Kind("report", Report, due_at=due_at, on_timer=give_up),
)


def reports_service(settings: ReportsSettings, effects: ReportsEffects) -> Service:
    """The whole service (R1, R4, R5, R7, R8, A11)."""
    prepare = prepare_report(settings.readings_wait, settings.link_life)
    routes = (
        Route(metering.IntervalReadings, the_month_of_the_day, take_in_day, creates=True),  # R5
        Route(identity.NationalAddressSaved, the_user_named, note_address, creates=True),  # A11
        Route(accounts.AccountDefined, the_user_named, note_account, creates=True),  # A11
        Route(reports.RequestConsumptionReport, the_customer, request_report, prepare_order, absent=ABSENT),  # R1
        Route(reports.ReportOrdered, the_report_named, order_report, prepare, creates=True),
        Route(reports.ReadingsWanted, the_month_wanted, give_readings, creates=True),
        Route(reports.ReadingsGiven, the_report_named, take_readings, prepare),
        Route(reports.ReportCompleted, the_user_named, answer_with_link, prepare_link),  # J3
        Route(reports.ReportDeclined, the_user_named, answer_with_refusal),  # J3
        Route(reports.ReportFetched, the_report_named, count_fetch),  # R8
    )
    return Service("reports", LANES, KINDS, routes, effects, perform={})
