"""Who orders which report and what the meter has sent: the situations of the service's tests."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from contracts.decision import Customer, Incoming
from contracts.message import Message
from contracts.metering import IntervalReadings, Quality
from contracts.reports import RequestConsumptionReport
from contracts.reports_internal import DaySpan, MismatchAlarmed, ReadingsGiven, ReadingsWanted, ReportOrdered
from contracts.sealed import Sealed
from services.chassis.document import Document
from services.chassis.service import Kind, Service
from services.chassis.state import StateCodec
from services.chassis.state_cipher import StateCipher
from services.reports.customer import ReportsCustomer
from services.reports.effects import ReportsEffects
from services.reports.meter import MeterMonth, give_readings, take_in_day
from services.reports.order import order_report, take_readings
from services.reports.order_states import ReportFacts
from services.reports.ordering import OrderFacts
from services.reports.payment_order import RaiseMismatchAlarm
from services.reports.period import SECONDS_A_DAY, Period, month_period
from services.reports.relation_gate import KnownRelation
from services.reports.service import KINDS, reports_service
from services.reports.settings import ReportsSettings
from tests.scenario import NOON, Given, arriving, given

ACCOUNT = "30012345678"
FOREIGN = "30087654321"
NOURA = Customer("user-noura", "session-1", "web")
TOKEN = Sealed(jwe="a.b.c.d.e")
ASKER = '{"crv":"X25519","kty":"OKP","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}'
KEY = bytes(range(32))
REPORT_ID = "0123456789abcdef0123456789abcdef"
FEBRUARY = month_period(2026, 2)  # the month before NOON's
SAMPLE = "public sample, shifted"
EXPIRES_AT = NOON + timedelta(minutes=15)
GIVE_UP_AT = NOON + timedelta(seconds=60)
SINCE = date(2020, 1, 1)
TENANT = KnownRelation(account_number=ACCOUNT, relation="tenant", basis="billing", from_day=SINCE)
DEFINED_ONLY = ReportsCustomer(accounts=(ACCOUNT,), has_address=True)
KNOWN = ReportsCustomer(accounts=(ACCOUNT,), has_address=True, relations=(TENANT,))
EVER = (Period(SINCE, date.max),)
REVISE_AT = NOON + timedelta(seconds=5)


def keyed_hash(purpose: str, text: str) -> str:
    """32 hex digits, as the chassis gives them."""
    return hashlib.sha256(f"{purpose}\0{text}".encode()).hexdigest()[:32]


EFFECTS = ReportsEffects(keyed_hash, reference_key=KEY)
SECRET = EFFECTS.link_secret(REPORT_ID)
FACTS = ReportFacts(
    NOON, GIVE_UP_AT, "7K3M-0QXZ-91TC", hashlib.sha256(SECRET.encode()).hexdigest(), EXPIRES_AT, REVISE_AT
)
ORDER_FACTS = OrderFacts(NOON, REPORT_ID)


def settings() -> ReportsSettings:
    """Settings as an operator gives them; nothing is reached by them here."""
    return ReportsSettings.model_validate(
        {
            "kafka_bootstrap": "127.0.0.1:9092",
            "mongo_uri": "mongodb://127.0.0.1",
            "database": "reports",
            "keys_folder": Path("keys"),
            "key_fingerprints": {},
            "http_port": 0,
        }
    )


async def alarmed(alarm: RaiseMismatchAlarm) -> MismatchAlarmed:
    """The alarm, raised to nobody."""
    return MismatchAlarmed(report_id=alarm.report_id)


def service() -> Service:
    """The whole service."""
    return reports_service(settings(), EFFECTS, alarmed)


def request(first: str = "2026-02", last: str = "2026-02", account: str = ACCOUNT) -> RequestConsumptionReport:
    """The command."""
    return RequestConsumptionReport(
        token=TOKEN, account_number=account, first_month=first, last_month=last, answer_key=ASKER
    )


def asking(body: Message, **rest: Any) -> Incoming[Any]:
    """A command of Noura's."""
    return arriving(body, **{"customer": NOURA, "id": "command-1", **rest})


def day_block(
    day: date,
    energies: Sequence[int | None] = (1_000,) * 24,
    version: int = 1,
    quality: Quality = "raw",
    note: str = SAMPLE,
) -> IntervalReadings:
    """A day of intervals of equal length."""
    return IntervalReadings(
        account_number=ACCOUNT,
        day=day,
        version=version,
        interval_seconds=SECONDS_A_DAY // len(energies),
        energy_wh=tuple(energies),
        quality=quality,
        source_note=note,
    )


def metered(*blocks: IntervalReadings) -> MeterMonth | None:
    """A meter's month that has taken in these blocks."""
    scenario = given()
    for block in blocks:
        scenario = scenario.when(take_in_day, arriving(block))
    state: MeterMonth | None = scenario.state
    return state


def month_given(month: str, meter: MeterMonth | None) -> ReadingsGiven:
    """What the meter's month answers."""
    wanted = ReadingsWanted(report_id=REPORT_ID, account_number=ACCOUNT, month=month)
    (answer,) = given(meter).when(give_readings, arriving(wanted)).messages
    assert isinstance(answer, ReadingsGiven)
    return answer


def report_ordered(
    period: Period = FEBRUARY, visible: Sequence[Period] = EVER, asked: Period | None = None
) -> ReportOrdered:
    """The order of a report on what Noura may see."""
    asked = asked or period
    return ReportOrdered(
        report_id=REPORT_ID,
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        first_day=period.first,
        last_day=period.last,
        asked=DaySpan(first=asked.first, last=asked.last),
        visible=tuple(DaySpan(first=span.first, last=span.last) for span in visible),
    )


def ordered(period: Period = FEBRUARY, **rest: Any) -> Given:
    """A report that has been ordered and collects its readings."""
    return given().when(order_report, arriving(report_ordered(period, **rest), correlation_id="command-1"), FACTS)


def collected(period: Period, blocks: Sequence[IntervalReadings], **rest: Any) -> Given:
    """The report after every month it asked for has answered with these blocks."""
    return gathered(ordered(period, **rest), blocks)


def gathered(scenario: Given, blocks: Sequence[IntervalReadings]) -> Given:
    """A report that collects, after every month it asked for has answered with these blocks."""
    for month in scenario.state.missing:
        meter = metered(*(block for block in blocks if f"{block.day:%Y-%m}" == month))
        scenario = scenario.when(take_readings, arriving(month_given(month, meter)), FACTS)
    return scenario


def written(kind: str, state: Any) -> Document:
    """The document of this state as the chassis writes it; raises over 256 KiB."""
    document = Document(f"{kind}:1")
    codec_of(kind).write(document, state)
    return document


@cache
def codec_of(kind: str) -> StateCodec:
    """How the chassis reads and writes states of this kind."""
    found: Kind = next(known for known in KINDS if known.name == kind)
    return StateCodec(found, StateCipher(KEY))


def reread(kind: str, state: Any) -> Any:
    """The state after it has been written and read."""
    return codec_of(kind).read(written(kind, state))
