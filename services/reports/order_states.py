"""What a consumption report can be: collecting its readings, made, or declined. What a report of any kind is given."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from contracts.decision import Facts
from contracts.reports_internal import DeclineReason
from services.reports.consumption import DayConsumption
from services.reports.period import Period
from services.reports.readings import Quality
from services.reports.report import ConsumptionReport, periods_needed


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum:
    """What the readings of one day add up to; energy in Wh."""

    day: date
    energy_wh: int
    covered_s: int
    interval_s: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class DayReport(ConsumptionReport):
    """A report made from the sums of days: it lists no intervals, but knows how long they were."""

    lengths_s: tuple[int, ...] = field(default=())

    @property
    def interval_lengths_s(self) -> tuple[int, ...]:
        """The lengths of interval behind the sums, in seconds, shortest first."""
        return self.lengths_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Whose report it is, which days it covers (`period`, of those `asked` for), which days of this supply its owner
    may see at all (A18), and who acted (I17)."""

    user_id: str
    acted_by: str | None
    account_number: str
    period: Period
    asked: Period
    visible: tuple[Period, ...]

    def shows(self, day: date) -> bool:
        """Whether the owner may see this day."""
        return any(day in span for span in self.visible)

    def uses(self, day: date) -> bool:
        """Whether the report looks at this day, be it to compare."""
        return self.shows(day) and any(day in needed for needed in periods_needed(self.period))


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """The version before this one: its days, its reference and its instant."""

    version: int
    reference: str
    as_of: datetime
    days: tuple[DayConsumption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedMonth:
    """A month as it was given."""

    month: str
    edition: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """Ordered; `missing` months have not answered yet. `correlation_id` is the id of the command that began it."""

    stage: Literal["collecting"] = "collecting"
    terms: Terms
    former: Former | None = None
    missing: tuple[str, ...]
    used: tuple[UsedMonth, ...] = ()
    days: tuple[DaySum, ...] = ()
    source_notes: tuple[str, ...] = ()
    asked_at: datetime
    give_up_at: datetime
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Made, and fetched so many times. The link's secret is kept as its SHA-256 only (R8).

    `latest` counts in the first version only: which one a link without a version leads to. `changed_at`: since when
    its readings are known to have changed; `revise_at`: when the next version is ordered; `is_replaced`: it has been.
    """

    stage: Literal["made"] = "made"
    terms: Terms
    report: DayReport
    link_hash: str
    expires_at: datetime
    fetched: int = 0
    latest: int = 1
    changed_at: datetime | None = None
    revise_at: datetime | None = None
    is_replaced: bool = False

    @property
    def user_id(self) -> str:
        """The owner (R8)."""
        return self.terms.user_id

    @property
    def version(self) -> int:
        """Which version this is, from 1."""
        return 1 if self.report.revision is None else self.report.revision.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """There will be no such report. `alarm_by`: when operators are told once more of what does not reconcile, unless it
    has been said by then that they were (R2)."""

    stage: Literal["declined"] = "declined"
    user_id: str
    reason: DeclineReason
    alarm_by: datetime | None = None


ConsumptionState = Collecting | Made | Declined


@dataclass(frozen=True, slots=True)
class ReportFacts(Facts):
    """What a report is given: until when it waits for what it needs, its reference, link and end if it is made now, and
    when a change heard of now is looked at."""

    give_up_at: datetime
    reference: str
    link_hash: str
    expires_at: datetime
    revise_at: datetime
