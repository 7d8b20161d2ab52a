"""Laws 7 and 9: the replay of a dead letter neither sends what can no longer be used nor pays for a message twice."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.identity import OtpRequested
from contracts.notifications import MessageWanted
from services.chassis.service import Service
from services.notifications.attempt import SendCode, SendSms
from tests.fakes.world import Operator, Process, World, with_route
from tests.scenario import NOON
from tests.unit.notifications.deliveries import message_wanted, otp_requested
from tests.unit.notifications.test_notifications_service import built, settings_from


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    found: Service = built(settings_from(monkeypatch))
    return found


def _bug(*_: Any) -> Any:
    raise LookupError


def world_at_noon(service: Service) -> World:
    world = World(service)
    world.now = NOON
    return world


def asked(world: World) -> None:
    """A code and a notice are wanted."""
    world.send(otp_requested().body, "registration:r-1", sequence=1)
    world.send(message_wanted().body, "recipient:u-1", sequence=1)


async def parked(service: Service) -> tuple[World, Operator]:
    """Both were parked by a bug."""
    world = world_at_noon(service)
    asked(world)
    buggy = with_route(with_route(service, OtpRequested, decide=_bug), MessageWanted, decide=_bug)
    await world.process(service=buggy).run()
    operator = Operator(world)
    assert len(operator.letters("aggregate-parked")) == 2
    return world, operator


def calls(process: Process) -> list[type]:
    return sorted((type(due.effect) for due in process.started), key=lambda kind: kind.__name__)


async def test_law7_a_letter_replayed_in_time_is_sent_once(service: Service) -> None:
    world, operator = await parked(service)
    world.pass_time(seconds=20)
    orders = [*operator.replay_all(), *operator.replay_all()]
    process = world.process()
    await process.run()
    assert [operator.told(order) for order in orders] == [["decided"], ["decided"], ["duplicate"], ["duplicate"]]
    assert calls(process) == [SendCode, SendSms]
    after = world.process()
    for lane in after.lanes.values():
        lane.positions = dict.fromkeys(range(6), 0)
    await after.run()
    assert calls(after) == []


async def test_N2_a_letter_replayed_too_late_is_told_as_expired_and_not_sent(service: Service) -> None:
    world, operator = await parked(service)
    world.pass_time(hours=7)
    orders = operator.replay_all()
    process = world.process()
    await process.run()
    assert [operator.told(order) for order in orders] == [["decided"], ["decided"]]
    assert calls(process) == []
    told = [(dict(record.headers)["ce_type"] or b"").decode().split(".")[-2] for record in world.records("events")]
    assert told == ["MessageExpired", "MessageExpired"]


async def test_law7_a_message_that_was_sent_after_all_is_not_paid_for_by_its_letter(service: Service) -> None:
    """An older release put aside what it did not know; it died, and a newer one decided the same record."""
    world = world_at_noon(service)
    asked(world)
    wanted = {OtpRequested, MessageWanted}
    older = replace(service, routes=tuple(route for route in service.routes if route.message not in wanted))
    await world.process(service=older).run()
    operator = Operator(world)
    assert [letter["reason"] for _, letter in operator.letters()] == ["type-unknown", "type-unknown"]
    newer = world.process()
    for name in ("codes", "internal"):
        newer.lanes[name].positions = dict.fromkeys(range(6), 0)
    await newer.run()
    assert calls(newer) == [SendCode, SendSms]
    orders = operator.replay_all()
    replaying = world.process()
    await replaying.run()
    assert [operator.told(order) for order in orders] == [["duplicate"], ["duplicate"]]
    assert calls(replaying) == []
