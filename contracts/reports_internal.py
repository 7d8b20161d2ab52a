"""What reports tells itself: orders, the readings and requests that they need, versions (R1-R3, R6)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.accounts import Reference, Relation
from contracts.message import Code, Event, Id, Text
from contracts.metering import Quality
from contracts.reports import Version
from contracts.topics import REPORTS_INTERNAL
from contracts.transfers import Basis

ReadMonth = Annotated[str, Field(max_length=7, pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$")]
"""A month whose readings are looked at: the year before the first that can be asked for is one."""

MonthEdition = Annotated[int, Field(ge=0, le=10**9)]
"""How often the readings of a month had changed when they were given."""

DeclineReason = Literal[
    "readings-did-not-come",
    "no-readings",
    "billing-did-not-answer",
    "statement-does-not-add-up",
    "statement-entry-outside-period",
    "statement-of-another",
    "requests-did-not-come",
]


class DaySpan(BaseModel):
    """Days from `first` to `last`, both included."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    first: date
    last: date


class ReportOrdered(Event, service="reports", topic=REPORTS_INTERNAL):
    """A customer may have this report: `first_day` to `last_day` of what they asked for, nothing outside `visible`, not
    even to compare with (A18)."""

    report_id: Id
    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    first_day: date
    last_day: date
    asked: DaySpan
    visible: Annotated[tuple[DaySpan, ...], Field(min_length=1, max_length=100)]


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
    source_note: Text | None = None


class ReadingsGiven(Event, service="reports", topic=REPORTS_INTERNAL):
    """The days of a month that have readings, each as of its highest version, and metering's own words on their source,
    each once; none where the month has none."""

    report_id: Id
    month: ReadMonth
    edition: MonthEdition
    days: Annotated[tuple[DayTotal, ...], Field(max_length=31)]
    source_notes: Annotated[tuple[Text, ...], Field(max_length=31)]


class MonthUsed(BaseModel):
    """A month whose readings are in a report, as of this edition."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    month: ReadMonth
    edition: MonthEdition


Used = Annotated[tuple[MonthUsed, ...], Field(max_length=40)]


class ReportCompleted(Event, service="reports", topic=REPORTS_INTERNAL):
    """The report is made; its customer's command is answered by the customer's own aggregate (J3), which also tells the
    months that they were used."""

    report_id: Id
    user_id: Id
    account_number: Id
    expires_at: AwareDatetime
    days_measured: Annotated[int, Field(ge=0, le=10_000)]
    days_in_period: Annotated[int, Field(ge=1, le=10_000)]
    used: Used


class ReportDeclined(Event, service="reports", topic=REPORTS_INTERNAL):
    """There will be no such report, and why."""

    report_id: Id
    user_id: Id
    reason: DeclineReason


# --- versions (R6) --------------------------------------------------------------------------------------------------
class ReadingsUsed(Event, service="reports", topic=REPORTS_INTERNAL):
    """A made report (or version of one) holds this month's readings as of `edition`, and wants to hear of changes."""

    report_id: Id
    account_number: Id
    month: ReadMonth
    edition: MonthEdition


class ReadingsChanged(Event, service="reports", topic=REPORTS_INTERNAL):
    """These days of a month are no longer what the report was given."""

    report_id: Id
    days: Annotated[tuple[date, ...], Field(max_length=31)]


class VersionOrdered(Event, service="reports", topic=REPORTS_INTERNAL):
    """A report is to be made once more: `version`, which explains how it differs from the one `before`: of each day of
    the period `energy:seconds covered:quality`, the first empty for a gap."""

    report_id: Id
    version: Version
    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    first_day: date
    last_day: date
    asked: DaySpan
    visible: Annotated[tuple[DaySpan, ...], Field(min_length=1, max_length=100)]
    report_reference: Text
    replaces_as_of: AwareDatetime
    before: Annotated[tuple[Text, ...], Field(max_length=800)]


class VersionMade(Event, service="reports", topic=REPORTS_INTERNAL):
    """This version is there: from now on it is the latest."""

    report_id: Id
    version: Version


class VersionCompleted(Event, service="reports", topic=REPORTS_INTERNAL):
    """Of which months this version has used which edition; the customer's aggregate tells the months."""

    report_id: Id
    user_id: Id
    account_number: Id
    used: Used


# --- payments and statements (R2, R3) -------------------------------------------------------------------------------
class PaymentReportOrdered(Event, service="reports", topic=REPORTS_INTERNAL):
    """A customer may have this payment report."""

    report_id: Id
    user_id: Id
    acted_by: Id | None = None
    account_number: Id
    first_day: date
    last_day: date


class MismatchAlarmed(Event, service="reports", topic=REPORTS_INTERNAL):
    """Operators have been told that billing's statement does not reconcile (R2)."""

    report_id: Id


class DocumentCompleted(Event, service="reports", topic=REPORTS_INTERNAL):
    """The payment report or statement is made; the customer's own aggregate answers (J3)."""

    report_id: Id
    user_id: Id
    expires_at: AwareDatetime


class RelationSpan(BaseModel):
    """One relation of a person to a supply; `last_day` None: it goes on."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    account_number: Id
    relation: Relation
    basis: Basis
    from_day: date
    last_day: date | None = None


class StatementOrdered(Event, service="reports", topic=REPORTS_INTERNAL):
    """A customer may have this statement; their relations as they stand."""

    report_id: Id
    user_id: Id
    acted_by: Id | None = None
    first_day: date
    last_day: date
    relations: Annotated[tuple[RelationSpan, ...], Field(max_length=100)]


class MovesWanted(Event, service="reports", topic=REPORTS_INTERNAL):
    """A statement asks what a person's requests did in a month; `part` counts from 0."""

    report_id: Id
    user_id: Id
    month: ReadMonth
    part: Annotated[int, Field(ge=0, le=20)]


class StateReached(BaseModel):
    """A state and when it was reached."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    state: Code
    at: AwareDatetime


class RequestMoves(BaseModel):
    """The states that one request reached in a month."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    reference: Reference
    definition_reference: Reference
    account_number: Id
    kind: Code
    final: bool
    states: Annotated[tuple[StateReached, ...], Field(max_length=20)]


class MovesGiven(Event, service="reports", topic=REPORTS_INTERNAL):
    """A part of the month's requests; `more`: another part follows when asked for."""

    report_id: Id
    month: ReadMonth
    part: Annotated[int, Field(ge=0, le=20)]
    requests: Annotated[tuple[RequestMoves, ...], Field(max_length=20)]
    more: bool
