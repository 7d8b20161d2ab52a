"""Consumer groups of the simulated log: members, partitions dealt out anew, and members that do not know it yet."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaTimeoutError

from services.chassis.membership import SESSION_S, Membership
from tests.fakes.log import FakeRecord
from tests.simulation.faults import Faults
from tests.simulation.life import Gone, Life, begin_outside
from tests.simulation.log import SimulatedLog
from tests.simulation.place import Place
from tests.simulation.virtual_time import now_s, pause

REBALANCE_S: Final = 30.0
HEARTBEAT_S: Final = 3.0


class SimulatedConsumer:
    """What `KafkaLane` uses of aiokafka's consumer. `places` is what it believes to own; `member` is the name that it
    has in its group, None where it has none."""

    def __init__(
        self, group: "Group", life: Life, listener: Any, faults: Faults, chance: Random, member: str | None = None
    ) -> None:
        self._log, self.group, self.life, self.listener = group.log, group, life, listener
        self.member = member
        self.faults, self._chance = faults, chance
        self.places: dict[TopicPartition, Place] = {}
        self.generation = -1
        self.is_between = self.is_put_out = False
        self.has_left = False
        self.halts: dict[TopicPartition, Any] = {}
        self.polls = 0
        self.membership = Membership(lambda: self.places, self._is_counted_on, now_s)
        self.wake = asyncio.Event()
        self._subscription = _Subscription(self)
        group.log.read_by(group.topic, self.wake)

    # --- what aiokafka calls so -------------------------------------------------------------------------------------
    def assignment(self) -> frozenset[TopicPartition]:
        """What it owns, as far as it knows."""
        return frozenset(self.places)

    def highwater(self, tp: TopicPartition) -> int | None:
        """The end of the partition as of the last fetch."""
        return self._place(tp).high

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Go on from there."""
        self._place(tp).position = offset
        self.wake.set()

    def pause(self, *partitions: TopicPartition) -> None:
        """Fetch nothing of these."""
        for tp in partitions:
            self._place(tp).is_paused = True

    def resume(self, *partitions: TopicPartition) -> None:
        """Fetch them again."""
        for tp in partitions:
            self._place(tp).is_paused = False
        self.wake.set()

    def paused(self) -> frozenset[TopicPartition]:
        """What is paused."""
        return frozenset(tp for tp, place in self.places.items() if place.is_paused)

    async def committed(self, tp: TopicPartition) -> int | None:
        """What the group has committed."""
        await self._log.there()
        self.life.check()
        return self.group.committed(tp)

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit for the group, if it still is a member. Raises as aiokafka does."""
        if any(tp not in self.places for tp in offsets):
            raise IllegalStateError("not assigned")
        if self.faults.strikes("before-commit", self.life.name):
            await self._fails()
        await self._answer()
        if not self.group.is_present(self):
            self.group.finds_itself_out(self)
            raise CommitFailedError
        for tp, offset in offsets.items():
            self._log.committed[self.group.name, tp.topic, tp.partition] = offset

    async def _is_counted_on(self) -> bool:
        await self._answer()
        is_present = self.group.is_present(self)
        if not is_present:
            self.group.finds_itself_out(self)
        return is_present

    async def _fails(self) -> None:
        if self._chance.random() < 0.5:
            self.life.die()
            raise Gone
        raise KafkaTimeoutError

    async def _answer(self) -> None:
        await self._log.there()
        await self.life.wait(self._chance.uniform(0.0005, 0.002))

    def _place(self, tp: TopicPartition) -> Place:
        if tp not in self.places:
            raise IllegalStateError("not assigned")
        return self.places[tp]

    # --- fetching ---------------------------------------------------------------------------------------------------
    def fetch(self, at_most: int) -> list[FakeRecord]:
        """What there is, at most so many; moves the positions on."""
        if self._log.is_away or self.is_between:
            return []
        batch: list[FakeRecord] = []
        for tp, place in self.places.items():
            partition = self._log.topic(tp.topic)[tp.partition]
            place.high = partition.end
            if place.is_paused or place.position >= place.high:
                continue
            found = partition.read(place.position, at_most - len(batch))
            if found:
                place.position = found[-1].offset + 1
                batch += found
        self.membership.takes_from(self.places)
        return batch

    async def give_back(self) -> None:
        """Let the batch in flight end. From then on nothing is fetched before partitions are dealt out anew, as in
        aiokafka: a batch that began in between could commit an offset that others have gone past."""
        await self.listener.on_partitions_revoked(list(self.places))
        self.is_between = True

    def take(self, partitions: Sequence[int]) -> None:
        """Own these from now on, from what the group has committed."""
        tps = [TopicPartition(self.group.topic, number) for number in partitions]
        self.places = {tp: Place(self.group.committed(tp) or 0) for tp in tps}
        self.is_between = False
        self.wake.set()


class _Subscription:
    """The inner parts of aiokafka at which the lane looks for positions."""

    def __init__(self, consumer: SimulatedConsumer) -> None:
        self.subscription = self
        self.assignment = self
        self._consumer = consumer

    def state_value(self, tp: TopicPartition) -> Place:
        """Where the consumer stands in a partition that it owns."""
        return self._consumer.places[tp]


class Group:
    """One group on one topic."""

    def __init__(self, log: SimulatedLog, name: str, topic: str, chance: Random) -> None:
        self.log, self.name, self.topic, self._chance = log, name, topic, chance
        self.members: list[SimulatedConsumer] = []
        self.generation = 0
        self.on_dealt: Callable[[], None] = lambda: None
        self._rebalancing: asyncio.Task[None] | None = None
        self._again = False

    def committed(self, tp: TopicPartition) -> int | None:
        """The offset that is committed; a group begins at the beginning."""
        return self.log.committed.get((self.name, tp.topic, tp.partition), 0)

    def is_present(self, member: SimulatedConsumer) -> bool:
        """Whether it may commit."""
        return member in self.members and member.generation == self.generation

    def join(self, member: SimulatedConsumer) -> None:
        """A new member, or one that has found out that it was thought dead. Under the name of another it takes that
        one's place: in a group at rest nobody else gives anything back."""
        namesake = next((m for m in self.members if m.member == member.member is not None and m is not member), None)
        if namesake is not None and namesake.generation == self.generation and self._is_at_rest:
            self._succeed(namesake, member)
            return
        if namesake is not None:
            self.members.remove(namesake)
        if member not in self.members:
            self.members.append(member)
        self._rebalance()

    def _succeed(self, fallen: SimulatedConsumer, member: SimulatedConsumer) -> None:
        member.faults.count("successor-under-its-name", member.life.name)
        self.members[self.members.index(fallen)] = member
        member.generation = self.generation
        member.take([tp.partition for tp in fallen.places])
        self.on_dealt()
        member.life.begin(member.listener.on_partitions_assigned(list(member.places)))

    @property
    def _is_at_rest(self) -> bool:
        return self._rebalancing is None or self._rebalancing.done()

    def leave(self, member: SimulatedConsumer) -> None:
        """It says good-bye."""
        if not member.has_left:
            member.has_left = True
            self.log.read_no_more(self.topic, member.wake)
        if member in self.members:
            self.members.remove(member)
            self._rebalance()

    def evict(self, member: SimulatedConsumer) -> None:
        """It is thought dead: others get its partitions now, and it does not know."""
        if member in self.members:
            self.members.remove(member)
            self._rebalance()
            if member.life.alive:
                asyncio.get_running_loop().call_later(HEARTBEAT_S, self.finds_itself_out, member)

    def falls_silent(self, member: SimulatedConsumer) -> None:
        """It is dead or frozen. Others learn it when its session is over."""
        asyncio.get_running_loop().call_later(SESSION_S, self._miss, member)

    def _miss(self, member: SimulatedConsumer) -> None:
        if not member.life.alive:
            self.leave(member)
        elif member.life.frozen_until > now_s() and member in self.members:
            self.members.remove(member)
            self._rebalance()
            delay = member.life.frozen_until - now_s() + self._chance.uniform(0.0, HEARTBEAT_S)
            asyncio.get_running_loop().call_later(delay, self.finds_itself_out, member)

    def finds_itself_out(self, member: SimulatedConsumer) -> None:
        """By a heartbeat or a commit it learns that it is no member any more, and joins again."""
        if member.life.alive and not member.has_left and member not in self.members:
            self.join(member)

    def _finds_out_late(self, member: SimulatedConsumer, _: object) -> None:
        self.finds_itself_out(member)

    def _rebalance(self) -> None:
        self._again = True
        if self._is_at_rest:
            self._rebalancing = begin_outside(self._deal_until_quiet())

    async def _deal_until_quiet(self) -> None:
        while self._again:
            self._again = False
            await pause(self._chance.uniform(0.001, 0.02))
            await self._deal()

    async def _deal(self) -> None:
        """All give back what they have, which may take them a while; then the partitions are dealt out anew."""
        await self._all(lambda m: m.give_back())
        self.generation += 1
        members = [member for member in self.members if member.life.alive]
        if not members:
            return
        hands: list[list[int]] = [[] for _ in members]
        numbers = list(range(len(self.log.topic(self.topic))))
        self._chance.shuffle(numbers)
        for place, number in enumerate(numbers):
            hands[place % len(members)].append(number)
        for member, hand in zip(members, hands, strict=True):
            member.generation = self.generation
            member.take(sorted(hand))
        self.on_dealt()
        await self._all(lambda m: m.listener.on_partitions_assigned(list(m.places)))

    async def _all(self, call: Any) -> None:
        """Who does not come to an end in time is left behind, and joins again."""
        calls = {
            member: member.life.begin(call(member))
            for member in self.members
            if member.life.alive and member.listener is not None
        }
        if not calls:
            return
        _, late = await asyncio.wait(calls.values(), timeout=REBALANCE_S)
        for member, task in calls.items():
            if task in late and member in self.members:
                self.members.remove(member)
                if member.life.alive:
                    task.add_done_callback(partial(self._finds_out_late, member))
            elif task.done() and not task.cancelled():
                with contextlib.suppress(BaseException):
                    task.result()
