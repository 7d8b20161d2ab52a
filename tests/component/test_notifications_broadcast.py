"""Broadcasts on a real Kafka and MongoDB (N4): who is reached, once, in which language and when; codes go first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts import topics
from contracts.broadcasts import BroadcastAccepted, BroadcastPrepared, StartBroadcast
from contracts.identity import ContactProven, NationalAddressSaved
from contracts.notifications import MessageExpired, MessageHandedOver, OtpHandedOver
from contracts.sealed import Sealed
from contracts.transfers import BeneficiaryDetermined
from contracts.values.riyadh_day import RIYADH
from deploy.local.stack import Stack
from tests.component.notifications_outside import DEAD_LETTERS, EMAIL, Outside, notifications_at_work, of_kind, on_topic
from tests.component.test_notifications import code
from tests.eventually import eventually

AR, EN = "تنبيه: ينقطع التيار غدًا للصيانة.", "Please note: power is cut tomorrow for maintenance."


@dataclass(frozen=True)
class Person:
    """Somebody with a mobile and an address."""

    number: int
    region: int
    id: str = field(default_factory=lambda: f"user-{uuid4().hex}")

    @property
    def language(self) -> Any:
        return "ar" if self.number % 2 else "en"

    @property
    def mobile(self) -> str:
        return f"+9665{self.number:08d}"

    @property
    def text(self) -> str:
        return AR if self.language == "ar" else EN


def determined(account_number: str, person: Person) -> BeneficiaryDetermined:
    return BeneficiaryDetermined(
        account_number=account_number, user_id=person.id, basis="declaration", determined_at=datetime.now(UTC)
    )


async def settle(outside: Outside, person: Person) -> None:
    """The person is reachable, lives in the region, and is the actual beneficiary of a supply of their own."""
    contact = {"email": Sealed.of(EMAIL), "mobile": Sealed.of(person.mobile), "language": person.language}
    await outside.tell_twice(ContactProven(user_id=person.id, **contact), f"user:{person.id}")
    await outside.tell_twice(NationalAddressSaved(user_id=person.id, region=person.region), f"user:{person.id}")
    account = f"3{person.number:010d}"
    await outside.tell_twice(determined(account, person), f"beneficiary:{account}")


async def settled(outside: Outside, people: Sequence[Person]) -> None:
    await asyncio.gather(*(settle(outside, person) for person in people))
    await quiet(outside)


async def quiet(outside: Outside) -> None:
    await eventually(outside.is_quiet, bool, within=60)


def order(**changed: Any) -> StartBroadcast:
    given: dict[str, Any] = {
        "message_class": "warning",
        "text_ar": AR,
        "text_en": EN,
        "valid_until": datetime.now(UTC) + timedelta(hours=1),
    }
    return StartBroadcast(**{**given, **changed})


def bills(outside: Outside) -> Counter[tuple[str, str]]:
    """Who was sent what, and how often."""
    return Counter((bill.recipient, bill.body) for bill in outside.gateway.ledger.bills)


def meant(people: Sequence[Person]) -> Counter[tuple[str, str]]:
    """Everybody once, in their language."""
    return Counter((person.mobile.removeprefix("+"), person.text) for person in people)


def ended(outside: Outside, number: int) -> bool:
    """Whether so many messages have been handed over."""
    return sum(seen.name == MessageHandedOver.__name__ for seen in outside.watch.seen) >= number


@pytest.fixture
async def outside(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Outside]:
    """Notifications at work; a broadcast goes out at 100 messages a second, at any hour."""
    changed = {"broadcast_per_second": 100}
    async with notifications_at_work(stack, tmp_path, database_name, lambda: changed) as outside:
        yield outside


async def test_N4_J3_each_actual_beneficiary_of_a_region_gets_one_sms_in_their_language(outside: Outside) -> None:
    here = [Person(number, region=1) for number in range(30)]
    elsewhere = [Person(number, region=5) for number in range(100, 105)]
    loser, winner = Person(200, region=1), Person(201, region=5)
    await settled(outside, [*here, *elsewhere, loser, winner])
    await outside.tell_twice(determined(f"3{loser.number:010d}", winner), f"beneficiary:3{loser.number:010d}")
    await quiet(outside)

    accepted = await outside.operator.ask(order(regions=(1, 2)), key="outage-1")
    assert accepted.body == BroadcastAccepted(broadcast_id="outage-1")
    await eventually(partial(ended, outside, len(here)), bool, within=60)
    await quiet(outside)
    assert bills(outside) == meant(here)
    (prepared,) = of_kind(await outside.said(), BroadcastPrepared)
    assert (prepared.broadcast_id, prepared.recipients) == ("outage-1", len(here))

    await outside.operator.send_bytes(accepted.sent)
    assert (await outside.operator.answer(accepted.sent, number=2)).body == accepted.body
    assert await outside.say_again(topics.NOTIFICATIONS_BULK, topics.NOTIFICATIONS_INTERNAL) > 3 * len(here)
    await quiet(outside)
    assert bills(outside) == meant(here)
    assert len(of_kind(await outside.said(), BroadcastPrepared)) == 1

    listed = tuple(person.id for person in (elsewhere[0], loser, winner))
    await outside.operator.ask(order(user_ids=(*listed, "nobody")), key="outage-2")
    await eventually(partial(ended, outside, len(here) + 2), bool, within=30)
    await quiet(outside)
    assert bills(outside) == meant([*here, elsewhere[0], winner])
    assert on_topic(await outside.said(), DEAD_LETTERS) == []


async def test_N4_J4_an_operator_reads_why_an_order_is_refused(outside: Outside) -> None:
    no = await outside.operator.ask(order(regions=(1,), text_en="Dear {name}"), key="outage-3")
    assert no.public_reason == "broadcast-text-not-accepted"
    assert outside.gateway.ledger.requests == 0


async def test_N1_N4_a_code_asked_for_during_a_broadcast_is_handed_over_before_it_ends(outside: Outside) -> None:
    people = [Person(number, region=1) for number in range(300)]
    await settled(outside, people)
    await outside.operator.ask(order(regions=(1,)), key="outage-4")
    await eventually(partial(ended, outside, 1), bool, within=30)
    asked = code(datetime.now(UTC) + timedelta(seconds=60))
    await outside.tell_twice(asked, "registration:1")
    await eventually(partial(ended, outside, len(people) + 1), bool, within=90)
    stamps = {name: [seen.stamp for seen in outside.watch.seen if seen.name == name] for name in _HANDED_OVER}
    (code_handed_over,) = stamps[OtpHandedOver.__name__]
    behind = sum(stamp > code_handed_over for stamp in stamps[MessageHandedOver.__name__])
    assert behind > len(people) // 2, f"only {behind} messages came after the code"
    await quiet(outside)
    assert Counter(bill.body for bill in outside.gateway.ledger.bills if bill.body in {AR, EN}) == {AR: 150, EN: 150}


_HANDED_OVER = (OtpHandedOver.__name__, MessageHandedOver.__name__)


@dataclass
class Closed:
    """Notifications whose permitted hours begin some seconds after its start, at `opens`."""

    begin: Callable[[Callable[[], dict[str, Any]]], AbstractAsyncContextManager[Outside]]
    opens: datetime = field(init=False)

    def changed(self) -> dict[str, Any]:
        self.opens = datetime.now(RIYADH) + timedelta(seconds=30)
        return {"broadcast_opens": self.opens.time(), "broadcast_closes": (self.opens + timedelta(hours=2)).time()}

    def begun(self) -> AbstractAsyncContextManager[Outside]:
        return self.begin(self.changed)


@pytest.fixture
def closed(stack: Stack, tmp_path: Path, database_name: str) -> Closed:
    """They have not begun yet."""
    return Closed(partial(notifications_at_work, stack, tmp_path, database_name))


def offer(until: datetime) -> StartBroadcast:
    """A promotion that is of use until then."""
    return order(regions=(4,), message_class="promotional", valid_until=until)


async def test_N2_N4_awareness_waits_for_the_permitted_hours_and_what_cannot_wait_expires(closed: Closed) -> None:
    people = [Person(number, region=4) for number in range(4)]
    async with closed.begun() as outside:
        await settled(outside, people)
        no = await outside.operator.ask(offer(until=closed.opens - timedelta(seconds=1)), key="offer-1")
        assert no.public_reason == "broadcast-validity-not-accepted"
        # It could go out, and nobody is quick enough.
        too_short = await outside.operator.ask(offer(until=closed.opens + timedelta(microseconds=1)), key="offer-2")
        assert isinstance(too_short.seen.body, BroadcastAccepted)
        asked = await outside.operator.ask(order(regions=(4,), message_class="awareness"), key="saving-1")
        assert asked.seen.stamp < closed.opens, "this machine was too slow to ask before the hours"
        await eventually(partial(ended, outside, len(people)), bool, within=60)
        await quiet(outside)
        assert bills(outside) == meant(people)
        sent = [datetime.fromisoformat(bill.accepted_at) for bill in outside.gateway.ledger.bills]
        assert min(sent) > closed.opens - timedelta(seconds=0.5)  # two clocks
        said = await outside.said()
        assert {each.template for each in of_kind(said, MessageHandedOver)} == {"broadcast-awareness"}
        assert [each.template for each in of_kind(said, MessageExpired)] == ["broadcast-promotional"] * len(people)
