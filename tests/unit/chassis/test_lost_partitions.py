"""What a member has in hand when the group has gone on without it is neither saved nor answered (decision 35)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from contracts.decision import Refusal
from services.chassis import lane
from services.chassis.document import Document, Record
from services.chassis.membership import Membership
from services.chassis.publisher import PublishFailed
from services.chassis.store import Outcome
from tests.component.counter import Add, Heard, counter_service
from tests.eventually import eventually
from tests.fakes.store import FakeStore
from tests.fakes.world import Process, World, with_route
from tests.unit.chassis.test_lane_halts import ONE, TWO, Consumer, lane_of, record


async def gone(_: str) -> bool:
    """Somebody else has the lane's partitions."""
    return False


def counters_that_something_else_begins() -> World:
    return World(with_route(counter_service(), Add, creates=False, absent=Refusal("not-found", "no-such-counter")))


class StandsStill:
    """The store of a process that stands still before it loads, while another one handles everything there is."""

    def __init__(self, store: FakeStore, other: Process, world: World) -> None:
        self._store, self._other, self._world = store, other, world

    async def load(self, ids: Sequence[str]) -> dict[str, Document]:
        await self._other.run()
        self._world.send(Heard(amount=7))
        await self._other.run()
        return await self._store.load(ids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def with_a_command_in_hand(*, asks: bool) -> World:
    """What another has refused unsaved, since there was nothing yet to decide it, is decided once more by a later
    state, and cannot be published."""
    world = counters_that_something_else_begins()
    still, other = world.process(), world.process()

    async def publish(records: Sequence[Record]) -> None:
        raise PublishFailed("no broker answers")

    still.loop.store, still.loop.publish = StandsStill(world.store, other, world), publish
    if asks:
        still.loop.holds = gone
    world.send(Add(amount=5), id="in-hand")
    assert await still.lanes["ordinary"].step() == 0
    world.send(Heard(amount=1))
    await other.run()
    await world.process().run()
    return world


async def test_law5_what_is_in_hand_after_the_partition_has_gone_is_not_saved() -> None:
    world = await with_a_command_in_hand(asks=True)
    assert [body["reason"] for body in world.bodies("audit")] == ["no-such-counter"]
    assert world.total() == sum(body["amount"] for body in world.bodies("events")) == 8


async def test_law5_a_commit_would_prove_what_nobody_has_published_if_it_were_saved() -> None:
    world = await with_a_command_in_hand(asks=False)
    assert (world.total(), sum(body["amount"] for body in world.bodies("events"))) == (13, 8)


async def test_health_a_lane_that_has_lost_its_batch_says_so() -> None:
    world = World()
    process = world.process()
    process.loop.holds = gone
    world.send(Add(amount=5))
    assert await process.lanes["ordinary"].step() == 0
    assert process.told.broken == ["hold"]


async def test_law5_the_lane_is_asked_last_before_a_save() -> None:
    world = World()
    process, said = world.process(), list[str]()

    class Tells(StandsStill):
        async def load(self, ids: Sequence[str]) -> dict[str, Document]:
            said.append("load")
            return await self._store.load(ids)

        async def save(self, drafts: Sequence[Document], at: datetime) -> list[Outcome]:
            said.append("save")
            return await self._store.save(drafts, at)

    async def holds(name: str) -> bool:
        said.append(f"{name} holds")
        return True

    def present() -> datetime:
        said.append("decide")
        return world.present()

    process.loop.store, process.loop.holds = Tells(world.store, process, world), holds
    process.loop.folder.present = present
    world.send(Add(amount=5))
    await process.lanes["ordinary"].step()
    assert [*dict.fromkeys(said)] == ["load", "decide", "ordinary holds", "save"]
    assert world.total() == 5


async def test_law5_what_nobody_saves_is_not_answered_by_who_has_lost_it() -> None:
    world = counters_that_something_else_begins()
    process = world.process()
    process.loop.holds = gone
    world.send(Add(amount=5))
    assert await process.lanes["ordinary"].step() == 0
    assert world.bodies("answers") == []
    await world.process().run()
    assert [body["public_reason"] for body in world.bodies("answers")] == ["not-found"]


async def test_law5_what_is_saved_goes_out_even_where_the_rest_is_lost() -> None:
    """Its save was this member's still: nobody else will publish it before the partition is read again."""
    world = counters_that_something_else_begins()
    world.send(Heard(amount=1))
    await world.process().run()
    process, answers = world.process(), [True, False]

    async def holds(_: str) -> bool:
        return answers.pop(0)

    process.loop.holds = holds
    world.send(Add(amount=5))
    world.send(Add(amount=5), "f2")
    assert await process.lanes["ordinary"].step() == 0
    assert [body["amount"] for body in world.bodies("events")] == [1, 5]
    assert world.bodies("audit") == []
    await world.process().run()
    assert [body["reason"] for body in world.bodies("audit")] == ["no-such-counter"]
    assert [body["amount"] for body in world.bodies("events")] == [1, 5, 5]  # published again, under its number
    assert world.total() == 6


async def test_trap_14_a_batch_that_outlasts_its_partitions_holds_nothing_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They may have come back meanwhile: the group counts on this member, and others have gone on all the same."""
    monkeypatch.setattr(lane, "REVOKE_LIMIT_S", 0.01)
    consumer = Consumer(halts={})
    of, goes_on, held = lane_of(consumer), asyncio.Event(), list[bool]()

    async def slow(*_: object) -> None:
        held.append(await of.holds())
        await goes_on.wait()
        held.append(await of.holds())

    of._settle = slow
    await of.on_partitions_assigned([ONE, TWO])
    batch = asyncio.create_task(of._handle([record(TWO, 0)]))
    await eventually(lambda: of.busy)
    await of.on_partitions_revoked([ONE, TWO])
    await of.on_partitions_assigned([ONE, TWO])
    goes_on.set()
    await batch
    assert held == [True, False]


async def test_law5_where_the_group_does_not_answer_nothing_is_held() -> None:
    consumer = Consumer(halts={})

    async def silent() -> bool:
        raise KafkaTimeoutError

    consumer.membership = Membership(lambda: consumer, silent)
    consumer.membership.takes_from(consumer)
    assert not await lane_of(consumer).holds()


async def test_law5_a_lane_without_a_consumer_holds_nothing() -> None:
    nothing: Any = None
    assert not await lane_of(nothing).holds()
