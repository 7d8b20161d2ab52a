"""What `KafkaLane` uses of FastStream's broker: a subscriber that hands over batches and commits nothing."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from tests.simulation.faults import Faults
from tests.simulation.group import Group, SimulatedConsumer
from tests.simulation.life import Life


class SimulatedSubscriber:
    """One lane's, with its own parser and decoder; a batch that they raise on is lost, as FastStream loses it."""

    def __init__(self, consumer: SimulatedConsumer, life: Life, chance: Random, settings: dict[str, Any]) -> None:
        self.consumer, self._life, self._chance, self._faults = consumer, life, chance, consumer.faults
        self._parser, self._decoder = settings["parser"], settings["decoder"]
        self._most: int = settings["max_records"]
        self._handle: Callable[[Any], Awaitable[None]] | None = None

    def __call__(self, handle: Callable[[Any], Awaitable[None]]) -> None:
        """The handler of this subscriber."""
        self._handle = handle

    async def consume(self) -> None:
        """For as long as the process lives."""
        assert self._handle is not None
        while True:
            batch = self.consumer.fetch(self._at_most())
            if not batch:
                self.consumer.wake.clear()
                await self.consumer.wake.wait()
                await self._life.wait(self._chance.uniform(0.001, 0.01))
                continue
            if self._faults.strikes("freeze-with-records-in-hand", self._life.name):
                self._freeze()
            with contextlib.suppress(Exception):
                message = await self._parser(tuple(batch))
                await self._handle(await self._decoder(message))
            await self._life.wait(0.0005)

    def _freeze(self) -> None:
        """For longer than a session, perhaps; and perhaps it is killed just when it has begun to move again."""
        seconds = self._chance.uniform(1.0, 60.0)
        self._life.freeze(seconds)
        if self._chance.random() < 0.5:
            asyncio.get_running_loop().call_later(seconds + self._chance.uniform(0.0, 0.015), self._life.die)

    def _at_most(self) -> int:
        return self._chance.randint(1, 5) if self._chance.random() < 0.2 else self._most


class SimulatedBroker:
    """The broker of one process. `group_of(name, topic)` finds a consumer group."""

    def __init__(self, group_of: Callable[[str, str], Group], life: Life, faults: Faults, chance: Random) -> None:
        self._group_of, self._life, self._faults, self._chance = group_of, life, faults, chance
        self.subscribers: list[SimulatedSubscriber] = []

    def subscriber(
        self, topic: str, *, group_id: str, group_instance_id: str | None, listener: Any, **settings: Any
    ) -> SimulatedSubscriber:
        """As FastStream's."""
        group = self._group_of(group_id, topic)
        consumer = SimulatedConsumer(group, self._life, listener, self._faults, self._chance, group_instance_id)
        self.subscribers.append(SimulatedSubscriber(consumer, self._life, self._chance, settings))
        return self.subscribers[-1]

    def start(self) -> None:
        """Join every group and begin to read."""
        for subscriber in self.subscribers:
            subscriber.consumer.group.join(subscriber.consumer)
            self._life.begin(subscriber.consume())

    def leave(self) -> None:
        """A graceful stop's good-bye."""
        for subscriber in self.subscribers:
            subscriber.consumer.group.leave(subscriber.consumer)

    def fall_silent(self) -> None:
        """The process is dead or frozen."""
        for subscriber in self.subscribers:
            subscriber.consumer.group.falls_silent(subscriber.consumer)
