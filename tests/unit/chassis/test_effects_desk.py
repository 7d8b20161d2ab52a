"""Law 8: calls are made once, bounded, beside the lanes; their results are messages."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from contracts.message import Message
from services.chassis import effects_desk
from services.chassis.document import Record
from services.chassis.effects_desk import CALLS_AT_ONCE, EffectsDesk
from services.chassis.fold import DueEffect
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.publisher import PublishFailed
from services.chassis.service import Service
from tests.component.counter import Call, CallMade
from tests.eventually import eventually
from tests.fakes.world import NOON
from tests.first_copies import envelope_of


@dataclass
class Outside:
    """What is called: it waits for `open`, counts who is inside, and may break."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    made: list[int] = field(default_factory=list)
    inside: int = 0
    most: int = 0

    async def __call__(self, effect: Call) -> CallMade:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.open.wait()
        self.inside -= 1
        if effect.amount < 0:
            raise ConnectionError
        self.made.append(effect.amount)
        return CallMade(amount=effect.amount)


@dataclass
class Bus:
    """Takes records; refuses the first `refuse` sends."""

    refuse: int = 0
    sent: list[Record] = field(default_factory=list)

    async def __call__(self, records: Sequence[Record]) -> None:
        if self.refuse:
            self.refuse -= 1
            raise PublishFailed
        self.sent += records


def body(message: Message, subject: str) -> bytes:
    return message.model_dump_json().encode()


@dataclass(slots=True)
class Told(ServiceObserver):
    """Keeps what it is told of failed calls."""

    broken: list[tuple[str, str]] = field(default_factory=list, kw_only=True)

    def effect_failed(self, aggregate: str, error: Exception) -> None:
        self.broken.append((aggregate, type(error).__name__))


def desk_of(outside: Outside, bus: Bus, failed: list[tuple[str, str]]) -> EffectsDesk:
    return EffectsDesk(service_of(outside), body, bus, lambda: NOON, Told(Metrics(), None, broken=failed))


def service_of(outside: Outside) -> Service:
    return Service("accounts", (), (), (), None, {Call: outside}, lambda _: "taken", lambda _: CallMade(amount=0))


def due(amount: int) -> DueEffect:
    return DueEffect("count:1", Call(amount), "command-1", NOON - timedelta(seconds=2))


async def test_law8_no_caller_waits_and_the_calls_are_bounded() -> None:
    outside, bus = Outside(), Bus()
    desk = desk_of(outside, bus, [])
    desk.start(due(n) for n in range(CALLS_AT_ONCE * 2))
    await eventually(lambda: outside.inside == CALLS_AT_ONCE)
    assert bus.sent == []
    outside.open.set()
    await eventually(lambda: len(bus.sent) == CALLS_AT_ONCE * 2)
    assert (outside.most, outside.inside) == (CALLS_AT_ONCE, 0)


async def test_law8_a_stop_begins_no_call_more_and_says_so_at_once_of_those_in_line() -> None:
    outside, bus = Outside(), Bus()
    desk = desk_of(outside, bus, [])
    desk.start(due(n) for n in range(1, CALLS_AT_ONCE * 2 + 1))
    await eventually(lambda: outside.inside == CALLS_AT_ONCE)
    stopping = asyncio.create_task(desk.finish(5))
    await eventually(lambda: len(bus.sent) == CALLS_AT_ONCE)
    assert {r.value for r in bus.sent} == {b'{"amount":0}'}
    assert outside.made == []
    desk.start([due(100)])
    await eventually(lambda: len(bus.sent) == CALLS_AT_ONCE + 1)
    outside.open.set()
    await stopping
    assert outside.made == list(range(1, CALLS_AT_ONCE + 1))
    assert len(bus.sent) == CALLS_AT_ONCE * 2 + 1


async def test_law8_the_result_goes_to_the_aggregate_under_an_id_that_is_a_hash_of_it() -> None:
    records = []
    for amount in (5, 5, 6):
        outside, bus = Outside(), Bus()
        outside.open.set()
        desk = desk_of(outside, bus, [])
        desk.start([due(amount)])
        await desk.finish(5)
        records += bus.sent
    class_of = [(r.topic, r.key, r.value) for r in records]
    assert class_of[0] == ("accounts.internal", b"count:1", b'{"amount":5}')
    envelopes = [envelope_of(Named(*record)) for record in records]
    assert envelopes[0].id == envelopes[1].id != envelopes[2].id
    assert (envelopes[0].correlation_id, envelopes[0].sequence) == ("command-1", None)


@dataclass
class Named:
    """A record as `envelope_of` wants it."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


async def test_law8_a_call_that_breaks_is_told_and_harms_nobody() -> None:
    outside, bus, failed = Outside(), Bus(), list[tuple[str, str]]()
    outside.open.set()
    desk = desk_of(outside, bus, failed)
    desk.start([due(-1), due(2), DueEffect("count:2", "unknown", "c", NOON)])
    await desk.finish(5)
    assert sorted(failed) == [("count:1", "ConnectionError"), ("count:2", "KeyError")]
    assert [r.value for r in bus.sent] == [b'{"amount":2}']


async def test_law8_a_result_that_is_not_acknowledged_is_sent_again_and_the_call_is_not_made_again() -> None:
    outside, bus = Outside(), Bus(refuse=1)
    outside.open.set()
    desk = desk_of(outside, bus, [])
    desk.start([due(1)])
    await desk.finish(5)
    assert (outside.made, len(bus.sent)) == ([1], 1)


async def test_finishing_does_not_wait_for_ever() -> None:
    outside = Outside()
    desk = desk_of(outside, Bus(), [])
    desk.start([due(1)])
    await eventually(lambda: outside.inside)
    async with asyncio.timeout(1):
        await desk.finish(0.05)
    outside.open.set()
    await desk.finish(5)


async def test_a_call_s_time_runs_from_the_message_that_asked_to_the_report() -> None:
    outside, bus, metrics = Outside(), Bus(refuse=1), Metrics()
    outside.open.set()
    desk = EffectsDesk(service_of(outside), body, bus, lambda: NOON, Told(metrics, None, broken=[]))
    desk.start([due(1), due(-1)])
    await desk.finish(5)
    assert metrics.registry.get_sample_value("hesabi_call_seconds_sum", {"effect": "Call"}) == 2
    assert metrics.registry.get_sample_value("hesabi_call_seconds_count", {"effect": "Call"}) == 1


async def test_what_a_call_came_to_is_counted() -> None:
    outside, metrics = Outside(), Metrics()
    outside.open.set()
    desk = EffectsDesk(service_of(outside), body, Bus(), lambda: NOON, Told(metrics, None, broken=[]))
    desk.start([due(1), due(2), due(-1)])
    await desk.finish(5)
    counted = metrics.registry.get_sample_value("hesabi_call_outcomes_total", {"effect": "Call", "outcome": "taken"})
    assert counted == 2


@dataclass(frozen=True)
class Urgent(Call):
    """A call of another kind."""


async def test_N1_a_crowd_of_one_kind_of_calls_takes_no_place_from_another() -> None:
    slow, quick, bus = Outside(), Outside(), Bus()
    quick.open.set()
    service = replace(service_of(slow), perform={Call: slow, Urgent: quick})
    desk = EffectsDesk(service, body, bus, lambda: NOON, Told(Metrics(), None))
    desk.start(due(n) for n in range(CALLS_AT_ONCE))
    await eventually(lambda: slow.inside == CALLS_AT_ONCE)
    desk.start([replace(due(7), effect=Urgent(7))])
    await eventually(lambda: quick.made == [7])
    slow.open.set()
    await desk.finish(5)


async def test_law8_who_is_cancelled_in_line_takes_no_place_from_those_behind() -> None:
    outside, bus = Outside(), Bus()
    desk = desk_of(outside, bus, [])
    desk.start(due(n) for n in range(CALLS_AT_ONCE))
    await eventually(lambda: outside.inside == CALLS_AT_ONCE)
    known = set(desk._calls)
    desk.start(due(100) for _ in range(CALLS_AT_ONCE))
    in_line = desk._calls - known
    await eventually(lambda: len(desk._rooms[Call]._line) == CALLS_AT_ONCE)
    for call in in_line:
        call.cancel()
    desk.start([due(200)])
    outside.open.set()
    await eventually(lambda: 200 in outside.made)
    assert 100 not in outside.made


async def test_law8_a_result_that_nobody_took_is_told_and_counts_as_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects_desk, "PUBLISH_TRIES", 1)
    outside, failed, metrics = Outside(), list[tuple[str, str]](), Metrics()
    outside.open.set()
    told = Told(metrics, None, broken=failed)
    desk = EffectsDesk(service_of(outside), body, Bus(refuse=1), lambda: NOON, told)
    desk.start([due(1)])
    await desk.finish(5)
    assert failed == [("count:1", "PublishFailed")]
    assert metrics.registry.get_sample_value("hesabi_call_seconds_count", {"effect": "Call"}) is None


async def test_law8_a_call_that_is_over_leaves_nothing_behind() -> None:
    """A process makes a million of them."""
    outside = Outside()
    outside.open.set()
    desk = desk_of(outside, Bus(), [])
    desk.start([due(1), due(-1)])
    await desk.finish(5)
    await eventually(lambda: not desk._calls, within=5)
    assert outside.made == [1]
