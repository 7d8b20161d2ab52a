"""Ordering and fetching consumption reports (R1, R4, R5, R7, R8)."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import uuid4

import httpx

from contracts.reports import ConsumptionReportReady, ReportMade, RequestConsumptionReport
from contracts.topics import ACCOUNTS_EVENTS, IDENTITY_EVENTS
from deploy.local.journey.cast import Customer, happened, said
from deploy.local.journey.homes import Homes
from deploy.local.neighbours.meter_sample import DROPPED_DAYS, LARGE, shifted_sample
from deploy.local.neighbours.metering import MeteringSimulator
from deploy.local.system import System

MONTHS: Final = 3
FETCH_S: Final = 60.0
STEP_KWH: Final = 6_000  # R7
NO_TOKEN: Final = ""


@dataclass(frozen=True, slots=True)
class File:
    """Something that was made for the person."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as its owner wants it, and what they call it. Without `version` the latest (R6)."""

    name: str
    language: str
    kind: str
    version: int | None = None

    @property
    def wanted(self) -> dict[str, str]:
        """What is asked for at the door."""
        return {"language": self.language, "format": self.kind} | (
            {"version": str(self.version)} if self.version else {}
        )


@dataclass(frozen=True, slots=True)
class Months:
    """The last whole months before `today` (Riyadh)."""

    first_day: date
    last_day: date

    @classmethod
    def before(cls, today: date, months: int = MONTHS) -> "Months":
        """So many whole months."""
        last = today.replace(day=1) - timedelta(days=1)
        first = last.replace(day=1)
        for _ in range(months - 1):
            first = (first - timedelta(days=1)).replace(day=1)
        return cls(first, last)

    @property
    def days(self) -> int:
        """How many days they have."""
        return (self.last_day - self.first_day).days + 1


async def order(who: Customer, title: str, account: str, months: Months, expected: str = "") -> str:
    """R1: asks for a report. Returns its link, or an empty text for a refusal that was expected."""
    wanted = RequestConsumptionReport(
        token=who.sealed_token,
        account_number=account,
        first_month=f"{months.first_day:%Y-%m}",
        last_month=f"{months.last_day:%Y-%m}",
        answer_key=who.client.answer_key,
    )
    outcome = expected or ConsumptionReportReady
    answered = await who.journal.ask(title, "A11 J2" if expected else "R1", wanted, key=str(uuid4()), expected=outcome)
    ready = answered.body
    if not isinstance(ready, ConsumptionReportReady):
        return ""
    measured = f"{months.days - len(DROPPED_DAYS)} of {months.days} days"
    got = f"{ready.days_measured} of {ready.days_in_period} days"
    who.journal.note("Measured, the days that never came told apart", "R5", measured, got)
    link = who.client.open(answered, "link")
    who.journal.secrets[f"link of {title}"] = link.rpartition(".")[2]
    return link


async def consumption_reports(system: System, who: Customer, other: Customer, homes: Homes) -> list[File]:
    """Two meters' reports, fetched by their owner only (R8); the second crosses the tariff's step (R7)."""
    for account in (homes.home, homes.large):
        await happened(system.watch, "the relation", said("RelationConfirmed", account_number=account))
    await system.has_read("reports.accounts", ACCOUNTS_EVENTS)
    await system.has_read("reports.identity", IDENTITY_EVENTS)
    await system.readings_taken()
    months = Months.before(system.today, 1)
    link = await order(who, "Consumption of the last month, by day", homes.home, months)
    door = system.service("reports").url + link
    files = [
        await fetch(who, "The report in Arabic", door, Paper("consumption-ar.pdf", "ar", "pdf")),
        await fetch(who, "The report in English", door, Paper("consumption-en.pdf", "en", "pdf")),
        await fetch(who, "The report as CSV", door, Paper("consumption-en.csv", "en", "csv")),
    ]
    _check_total(who, files[-1].content, energy_kwh(months, 1, system.today))
    await refused(who, "The link without a token", door, NO_TOKEN, 401)
    await refused(who, "The link with another person's token", door, other.token, 404)
    files += await late_reading(system, who, homes.home, door)
    return files + await large_meter(system, who, other, homes.large)


async def late_reading(system: System, who: Customer, account: str, door: str) -> list[File]:
    """R6: a day that never came comes after all; the report has a new version, and the old one stays."""
    first = await happened(
        system.watch, "the report", said("ReportMade", account_number=account, version=1, kind="consumption")
    )
    assert isinstance(first.body, ReportMade)
    late = Months.before(system.today, 1).last_day.replace(day=min(DROPPED_DAYS))
    blocks = [each for each in shifted_sample(system.today, account) if each.day == late]
    async with MeteringSimulator(system.stack.kafka_bootstrap) as metering:
        await metering.send(blocks)
    again = said("ReportMade", report_id=first.body.report_id, version=2)
    seen = await happened(system.watch, "the new version", again)
    who.journal.note(
        "A late reading makes a new version", "R6", "version 2", f"version {getattr(seen.body, 'version', 0)}"
    )
    return [
        await fetch(who, "The new version explains the difference", door, Paper("consumption-2-en.pdf", "en", "pdf")),
        await fetch(who, "The old version stays", door, Paper("consumption-1-en.csv", "en", "csv", 1)),
    ]


async def large_meter(system: System, who: Customer, other: Customer, account: str) -> list[File]:
    """The second meter, eight times the sample, over three months."""
    months = Months.before(system.today)
    await order(
        other.with_journal(who.journal), "Somebody else asks for it", account, months, "step-missing (choose-address)"
    )
    link = await order(who, "Consumption of the large meter, by month", account, months)
    door = system.service("reports").url + link
    files = [
        await fetch(who, "Its report in Arabic", door, Paper("consumption-large-ar.pdf", "ar", "pdf")),
        await fetch(who, "Its report in English", door, Paper("consumption-large-en.pdf", "en", "pdf")),
        await fetch(who, "Its report as CSV", door, Paper("consumption-large-en.csv", "en", "csv")),
    ]
    energy = energy_kwh(months, LARGE, system.today)
    _check_total(who, files[-1].content, energy)
    highest = max(_by_month(files[-1].content).values())
    who.journal.note("A month crosses the tariff's step", "R7", f"over {STEP_KWH} kWh",
                     f"{'over' if highest > STEP_KWH else 'not over'} {STEP_KWH} kWh")  # fmt: skip
    return files


async def fetch(who: Customer, title: str, door: str, paper: Paper) -> File:
    """R8: the owner fetches a file by link and token; without `version` the latest (R6)."""
    kept: list[bytes] = []

    async def look() -> str:
        response = await _get(door, who.token, paper)
        kept.append(response.content)
        return f"{response.status_code} {response.headers.get('content-type', '')}"

    media_type = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}[paper.kind]
    await who.journal.look(title, "R4 R8", f"200 {media_type}", look)
    return File(paper.name, kept[0])


async def refused(who: Customer, title: str, door: str, token: str, status: int) -> None:
    """R8: nobody else gets it."""

    async def look() -> str:
        return str((await _get(door, token, Paper("", "en", "pdf"))).status_code)

    await who.journal.look(title, "R8", str(status), look)


async def _get(door: str, token: str, paper: Paper) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(trust_env=False, timeout=FETCH_S) as http:
        return await http.get(door, params=paper.wanted, headers=headers)


def energy_kwh(months: Months, times: int, today: date) -> Decimal:
    """What the sample says that was measured, without the days that metering never sent (R5)."""
    dropped = {months.last_day.replace(day=day) for day in DROPPED_DAYS}
    wanted: Callable[[date], bool] = lambda day: months.first_day <= day <= months.last_day and day not in dropped  # noqa: E731
    blocks = (each for each in shifted_sample(today, times=times) if wanted(each.day))
    return Decimal(sum(energy or 0 for block in blocks for energy in block.energy_wh)) / 1000


def _check_total(who: Customer, content: bytes, energy: Decimal) -> None:
    total = sum(_by_month(content).values())
    who.journal.note("It adds up to what was sent", "R1 R5", f"{energy:.3f} kWh", f"{total:.3f} kWh")


def _by_month(content: bytes) -> dict[str, Decimal]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1:]
    months: dict[str, Decimal] = {}
    for day, _, energy, *_ in rows:
        months[day[:7]] = months.get(day[:7], Decimal(0)) + Decimal(energy or 0)
    return months
