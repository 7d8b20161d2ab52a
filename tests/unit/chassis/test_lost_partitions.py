"""A member that the group has gone on without saves nothing of what it still has in hand (law 5, decision 35)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError

from contracts.decision import Refusal
from services.chassis import lane
from services.chassis.document import Document, Record
from services.chassis.lane import SESSION_S, SHOWN_FOR_S, PartitionsLost
from services.chassis.publisher import PublishFailed
from services.chassis.store import MongoStore
from tests.component.counter import Add, Heard, counter_service
from tests.eventually import eventually
from tests.fakes.store import FakeStore
from tests.fakes.world import Process, World, with_route
from tests.unit.chassis.test_lane_halts import ONE, TWO, Consumer, lane_of, record


class Frozen:
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


async def frozen_with_a_command_in_hand(*, is_asked: bool) -> World:
    """What another has refused unsaved, since there was nothing yet to decide it, is decided once more by a later
    state, and cannot be published."""
    world = World(with_route(counter_service(), Add, creates=False, absent=Refusal("not-found", "no-such-counter")))
    frozen, other = world.process(), world.process()

    async def hold(_: str) -> None:
        if is_asked:
            raise PartitionsLost

    async def publish(records: Sequence[Record]) -> None:
        raise PublishFailed("no broker answers")

    frozen.loop.store, frozen.loop.publish = Frozen(world.store, other, world), publish
    frozen.loop.hold = hold
    world.send(Add(amount=5), id="in-hand")
    assert await frozen.lanes["ordinary"].step() == 0
    world.send(Heard(amount=1))
    await other.run()
    await world.process().run()
    return world


async def test_law5_what_is_in_hand_after_the_partition_has_gone_is_not_saved() -> None:
    world = await frozen_with_a_command_in_hand(is_asked=True)
    assert [body["reason"] for body in world.bodies("audit")] == ["no-such-counter"]
    assert world.total() == sum(body["amount"] for body in world.bodies("events")) == 8


async def test_law5_without_being_asked_the_group_would_prove_what_nobody_has_published() -> None:
    world = await frozen_with_a_command_in_hand(is_asked=False)
    assert (world.total(), sum(body["amount"] for body in world.bodies("events"))) == (13, 8)


async def test_law5_the_group_is_asked_when_it_has_shown_nothing_for_long_and_stands_where_it_stood() -> None:
    consumer = Consumer(offsets={ONE: 6, TWO: 3})
    of, commits = lane_of(consumer), list[dict[Any, int]]()
    await of.on_partitions_assigned([ONE, TWO])
    commit = consumer.commit

    async def counted(offsets: dict[Any, int]) -> None:
        commits.append(offsets)
        await commit(offsets)

    consumer.commit = counted  # type: ignore[method-assign]
    for now in (100.0, 100.0 + SHOWN_FOR_S - 0.1):
        await of.hold(now)
    assert commits == [{TWO: 3}]  # not where a record cannot be read: an order may skip it meanwhile
    await of.hold(100.0 + SHOWN_FOR_S)
    assert commits == [{TWO: 3}] * 2
    assert consumer.offsets == {ONE: 6, TWO: 3}


@pytest.mark.parametrize("how", ["lost", "is_put_out"])
async def test_law5_who_is_no_member_any_more_may_not_save(how: str) -> None:
    consumer = Consumer(halts={})
    of = lane_of(consumer)
    await of.on_partitions_assigned([ONE, TWO])
    setattr(consumer, how, True)
    with pytest.raises(PartitionsLost):
        await of.hold(0.0)
    setattr(consumer, how, False)
    await of.hold(0.0)


async def test_law5_who_has_no_partition_may_not_save(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = Consumer(halts={})
    monkeypatch.setattr(consumer, "assignment", set)
    of = lane_of(consumer)
    with pytest.raises(PartitionsLost):
        await of.hold(0.0)


async def test_law7_what_could_not_be_learnt_with_the_partitions_is_asked_before_a_save() -> None:
    """The broker was away as they came: a lane that takes that for a loss would stand still for ever."""
    consumer = Consumer(halts={}, offsets={ONE: 6, TWO: 3})
    of = lane_of(consumer)
    await of.hold(0.0)
    assert consumer.offsets == {ONE: 6, TWO: 3}


async def test_law7_where_the_group_does_not_answer_nothing_is_saved() -> None:
    class Silent(Consumer):
        async def commit(self, offsets: dict[Any, int]) -> None:
            raise KafkaTimeoutError

    of = lane_of(Silent(halts={}))
    await of.on_partitions_assigned([ONE])
    for _ in range(2):
        with pytest.raises(KafkaTimeoutError):
            await of.hold(0.0)


async def test_trap_14_a_batch_that_outlasts_its_partitions_saves_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may have come back meanwhile: then the group counts on this member, and others have gone on all the same."""
    monkeypatch.setattr(lane, "REVOKE_LIMIT_S", 0.01)
    of, goes_on, held = lane_of(Consumer(halts={})), asyncio.Event(), list[str]()

    async def slow(*_: object) -> None:
        await of.hold(0.0)
        await goes_on.wait()
        with pytest.raises(PartitionsLost):
            await of.hold(0.0)
        held.append("lost")

    of._settle = slow
    await of.on_partitions_assigned([ONE, TWO])
    batch = asyncio.create_task(of._handle([record(TWO, 0)]))
    await eventually(lambda: of.busy)
    await of.on_partitions_revoked([ONE, TWO])
    await of.on_partitions_assigned([ONE, TWO])
    goes_on.set()
    await batch
    assert held == ["lost"]

    async def next_one(*_: object) -> None:
        await of.hold(0.0)
        held.append("held")

    of._settle = next_one
    await of._handle([record(TWO, 1)])
    assert held == ["lost", "held"]


def test_law5_a_save_that_may_begin_ends_within_the_session() -> None:
    limit_s: float = MongoStore.__init__.__defaults__[0]  # type: ignore[index]
    assert SHOWN_FOR_S + limit_s < SESSION_S
