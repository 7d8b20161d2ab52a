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

from contracts.reports import ConsumptionReportReady, RequestConsumptionReport
from contracts.topics import ACCOUNTS_EVENTS, IDENTITY_EVENTS
from deploy.local.journey.define_account import Customer
from deploy.local.neighbours.meter_sample import DROPPED_DAYS, LARGE, shifted_sample
from deploy.local.system import ACCOUNT, LARGE_ACCOUNT, System

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


async def consumption_reports(system: System, who: Customer, other: Customer) -> list[File]:
    """Two meters' reports, fetched by their owner only (R8); the second crosses the tariff's step (R7)."""
    await system.has_read("reports.accounts", ACCOUNTS_EVENTS)
    await system.has_read("reports.identity", IDENTITY_EVENTS)
    await system.readings_taken()
    months = Months.before(system.today, 1)
    link = await order(who, "Consumption of the last month, by day", ACCOUNT, months)
    door = system.service("reports").url + link
    files = [
        await fetch(who, "The report in Arabic", door, "consumption-ar.pdf", "ar", "pdf"),
        await fetch(who, "The report in English", door, "consumption-en.pdf", "en", "pdf"),
        await fetch(who, "The report as CSV", door, "consumption-en.csv", "en", "csv"),
    ]
    _check_total(who, files[-1].content, energy_kwh(months, ACCOUNT, system.today))
    await refused(who, "The link without a token", door, NO_TOKEN, 401)
    await refused(who, "The link with another person's token", door, other.token, 404)
    return files + await large_meter(system, who, other)


async def large_meter(system: System, who: Customer, other: Customer) -> list[File]:
    """The second meter, eight times the sample, over three months."""
    months = Months.before(system.today)
    await order(other, "Somebody else asks for it", LARGE_ACCOUNT, months, "step-missing (choose-address)")
    link = await order(who, "Consumption of the large meter, by month", LARGE_ACCOUNT, months)
    door = system.service("reports").url + link
    files = [
        await fetch(who, "Its report in Arabic", door, "consumption-large-ar.pdf", "ar", "pdf"),
        await fetch(who, "Its report in English", door, "consumption-large-en.pdf", "en", "pdf"),
        await fetch(who, "Its report as CSV", door, "consumption-large-en.csv", "en", "csv"),
    ]
    energy = energy_kwh(months, LARGE_ACCOUNT, system.today)
    _check_total(who, files[-1].content, energy)
    highest = max(_by_month(files[-1].content).values())
    who.journal.note("A month crosses the tariff's step", "R7", f"over {STEP_KWH} kWh",
                     f"{'over' if highest > STEP_KWH else 'not over'} {STEP_KWH} kWh")  # fmt: skip
    return files


async def fetch(who: Customer, title: str, door: str, name: str, language: str, kind: str) -> File:
    """R8: the owner fetches a file by link and token."""
    kept: list[bytes] = []

    async def look() -> str:
        response = await _get(door, who.token, language, kind)
        kept.append(response.content)
        return f"{response.status_code} {response.headers.get('content-type', '')}"

    media_type = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}[kind]
    await who.journal.look(title, "R4 R8", f"200 {media_type}", look)
    return File(name, kept[0])


async def refused(who: Customer, title: str, door: str, token: str, status: int) -> None:
    """R8: nobody else gets it."""

    async def look() -> str:
        return str((await _get(door, token, "en", "pdf")).status_code)

    await who.journal.look(title, "R8", str(status), look)


async def _get(door: str, token: str, language: str, kind: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(trust_env=False, timeout=FETCH_S) as http:
        return await http.get(door, params={"language": language, "format": kind}, headers=headers)


def energy_kwh(months: Months, account: str, today: date) -> Decimal:
    """What the sample says that was measured, without the days that metering never sent (R5)."""
    dropped = {months.last_day.replace(day=day) for day in DROPPED_DAYS}
    times = LARGE if account == LARGE_ACCOUNT else 1
    wanted: Callable[[date], bool] = lambda day: months.first_day <= day <= months.last_day and day not in dropped  # noqa: E731
    blocks = (each for each in shifted_sample(today, account, times) if wanted(each.day))
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
