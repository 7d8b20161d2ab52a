"""Reports' messages: order a report, get its link (R1-R4, R8). What reports tells itself: `reports_internal`."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.message import Answer, Code, CustomerCommand, Event, Id, PublicKey
from contracts.sealed import Sealed, SealedFor
from contracts.topics import REPORTS_ANSWERS, REPORTS_COMMANDS, REPORTS_EVENTS, REPORTS_INTERNAL

Month = Annotated[str, Field(max_length=7, pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A Gregorian month in Riyadh, `2026-01`."""

Typed = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00]*$")]
"""A number as a person typed it, in either script. The decision judges it, so that a "no" is answered."""

Version = Annotated[int, Field(ge=1, le=1000)]


class RequestConsumptionReport(CustomerCommand, service="reports", topic=REPORTS_COMMANDS):
    """R1: consumption of an account from a month to a month (Riyadh), by day and month; of the present month the days
    that are over, and of all of them only those within the person's confirmed relation to the supply (A10, A18).
    Answered by `ConsumptionReportReady`, its link sealed to `answer_key`."""

    account_number: Typed
    first_month: Month
    last_month: Month
    answer_key: PublicKey


class ConsumptionReportReady(Answer, service="reports", topic=REPORTS_ANSWERS):
    """The report is made. `link` opens to a URL path under the reports' download door; it lives until `expires_at`
    and works only together with its owner's session token (R8). `?language=ar|en&format=pdf|csv&version=1`: without
    a version the latest (R6)."""

    report_id: Id
    link: Annotated[Sealed, SealedFor.ASKER]
    expires_at: AwareDatetime
    days_measured: Annotated[int, Field(ge=0, le=10_000)]
    days_in_period: Annotated[int, Field(ge=1, le=10_000)]


class RequestPaymentReport(CustomerCommand, service="reports", topic=REPORTS_COMMANDS):
    """R2: what was billed to and paid by this party on an account they have defined, from a month to a month. Answered
    by `PaymentReportReady`."""

    account_number: Typed
    first_month: Month
    last_month: Month
    answer_key: PublicKey


class PaymentReportReady(Answer, service="reports", topic=REPORTS_ANSWERS):
    """The report is made and reconciles. `link` as in `ConsumptionReportReady`."""

    report_id: Id
    link: Annotated[Sealed, SealedFor.ASKER]
    expires_at: AwareDatetime


class RequestStatement(CustomerCommand, service="reports", topic=REPORTS_COMMANDS):
    """R3: one's own requests with their references and states, and one's relations in time. Answered by
    `StatementReady`."""

    first_month: Month
    last_month: Month
    answer_key: PublicKey


class StatementReady(Answer, service="reports", topic=REPORTS_ANSWERS):
    """The statement is made. `link` as in `ConsumptionReportReady`."""

    report_id: Id
    link: Annotated[Sealed, SealedFor.ASKER]
    expires_at: AwareDatetime


class ReportMade(Event, service="reports", topic=REPORTS_EVENTS):
    """A report has been made, for the notice to its owner (N3). `version` above 1: readings came late or were
    corrected, the older one stays (R6). `acted_by`: who acted, where `user_id` is a business (I17)."""

    user_id: Id
    acted_by: Id | None = None
    report_id: Id
    kind: Literal["consumption", "payment", "statement"]
    version: Version
    account_number: Id | None = None
    made_at: AwareDatetime


class ReportFetched(Event, service="reports", topic=REPORTS_INTERNAL):
    """The download door has served this version of a report; said by the door, recorded by the version."""

    report_id: Id
    language: Literal["ar", "en"]
    file_format: Literal["pdf", "csv"]
    channel: Code
