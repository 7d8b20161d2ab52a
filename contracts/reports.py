"""Reports' messages: order a consumption report, get its link (R1, R4, R8). At the end what reports tells itself."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from contracts.message import Answer, Code, CustomerCommand, Event, Id, PublicKey, Text
from contracts.metering import Quality
from contracts.sealed import Sealed, SealedFor
from contracts.topics import REPORTS_ANSWERS, REPORTS_COMMANDS, REPORTS_EVENTS, REPORTS_INTERNAL

Month = Annotated[str, Field(max_length=7, pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A Gregorian month in Riyadh, `2026-01`."""

ReadMonth = Annotated[str, Field(max_length=7, pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A month whose readings are looked at: the year before the first that can be asked for is one."""

Typed = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^\x00]*$")]
"""A number as a person typed it, in either script. The decision judges it, so that a "no" is answered."""

DeclineReason = Literal["readings-did-not-come", "no-readings"]


class RequestConsumptionReport(CustomerCommand, service="reports", topic=REPORTS_COMMANDS):
    """R1: consumption of an account from a month to a month (Riyadh), by day and month; of the present month the days
    that are over. Answered by `ConsumptionReportReady`, its link sealed to `answer_key`."""

    account_number: Typed
    first_month: Month
    last_month: Month
    answer_key: PublicKey


class ConsumptionReportReady(Answer, service="reports", topic=REPORTS_ANSWERS):
    """The report is made. `link` opens to a URL path under the reports' download door; it lives until `expires_at`
    and works only together with its owner's session token (R8). `?language=ar|en&format=pdf|csv`."""

    report_id: Id
    link: Annotated[Sealed, SealedFor.ASKER]
    expires_at: AwareDatetime
    days_measured: Annotated[int, Field(ge=0, le=10_000)]
    days_in_period: Annotated[int, Field(ge=1, le=10_000)]


class ReportMade(Event, service="reports", topic=REPORTS_EVENTS):
    """A report has been made, for the notice to its owner (N3)."""

    user_id: Id
    report_id: Id
    kind: Literal["consumption"]
    account_number: Id
    made_at: AwareDatetime


class ReportFetched(Event, service="reports", topic=REPORTS_INTERNAL):
    """The download door has served a report; said by the door, recorded by the report."""

    report_id: Id
    language: Literal["ar", "en"]
    file_format: Literal["pdf", "csv"]
    channel: Code


# --- inside reports -------------------------------------------------------------------------------------------------
class ReportOrdered(Event, service="reports", topic=REPORTS_INTERNAL):
    """A customer may have this report: its account is theirs and its period is judged. Both days are included."""

    report_id: Id
    user_id: Id
    account_number: Id
    first_day: date
    last_day: date


class ReadingsWanted(Event, service="reports", topic=REPORTS_INTERNAL):
    """A report asks for what one month's readings add up to."""

    report_id: Id
    account_number: Id
    month: ReadMonth


class DayTotal(BaseModel):
    """What the readings of one Riyadh day add up to. A day without any reading has no total: a gap is not a zero
    (R5)."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    day: date
    energy_wh: Annotated[int, Field(ge=0, le=10**14)]
    covered_seconds: Annotated[int, Field(ge=1, le=86_400)]
    interval_seconds: Annotated[int, Field(ge=900, le=86_400)]
    quality: Quality


class ReadingsGiven(Event, service="reports", topic=REPORTS_INTERNAL):
    """The days of a month that have readings, each as of its highest version, and metering's own words on their source,
    each once; none where the month has none."""

    report_id: Id
    month: ReadMonth
    days: Annotated[tuple[DayTotal, ...], Field(max_length=31)]
    source_notes: Annotated[tuple[Text, ...], Field(max_length=31)]


class ReportCompleted(Event, service="reports", topic=REPORTS_INTERNAL):
    """The report is made; its customer's command is answered by the customer's own aggregate (J3)."""

    report_id: Id
    user_id: Id
    expires_at: AwareDatetime
    days_measured: Annotated[int, Field(ge=0, le=10_000)]
    days_in_period: Annotated[int, Field(ge=1, le=10_000)]


class ReportDeclined(Event, service="reports", topic=REPORTS_INTERNAL):
    """There will be no such report, and why."""

    report_id: Id
    user_id: Id
    reason: DeclineReason
