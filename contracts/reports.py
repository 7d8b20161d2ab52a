"""Reports' messages: order a consumption report, get its link (R1, R4, R8)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.message import Answer, Code, CustomerCommand, Event, Id, PublicKey
from contracts.sealed import Sealed, SealedFor
from contracts.topics import REPORTS_ANSWERS, REPORTS_COMMANDS, REPORTS_EVENTS, REPORTS_INTERNAL

Month = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A Gregorian month in Riyadh, `2026-01`."""


class RequestConsumptionReport(CustomerCommand, service="reports", topic=REPORTS_COMMANDS):
    """R1: consumption of an account from a month to a month (Riyadh), by day and month. Answered by
    `ConsumptionReportReady`, its link sealed to `answer_key`."""

    account_number: Id
    first_month: Month
    last_month: Month
    answer_key: PublicKey


class ConsumptionReportReady(Answer, service="reports", topic=REPORTS_ANSWERS):
    """The report is made. `link` opens to a URL path under the reports' download door; it lives until `expires_at` and works
    only together with its owner's session token (R8). `?language=ar|en&format=pdf|csv`."""

    report_id: Id
    link: Annotated[Sealed, SealedFor.ASKER]
    expires_at: datetime
    days_measured: Annotated[int, Field(ge=0)]
    days_in_period: Annotated[int, Field(ge=1)]


class ReportMade(Event, service="reports", topic=REPORTS_EVENTS):
    """A report has been made, for the notice to its owner (N3)."""

    user_id: Id
    report_id: Id
    kind: Literal["consumption"]
    account_number: Id
    made_at: datetime


class ReportFetched(Event, service="reports", topic=REPORTS_INTERNAL):
    """The download door has served a report; said by the door, recorded by the report."""

    report_id: Id
    language: Literal["ar", "en"]
    file_format: Literal["pdf", "csv"]
    channel: Code
