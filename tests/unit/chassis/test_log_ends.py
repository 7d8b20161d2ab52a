"""Where the log ends is known of every topic for which somebody answers."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import LeaderNotAvailableError

from contracts.topics import ACCOUNTS_COMMANDS, ACCOUNTS_EVENTS
from services.chassis import log_ends
from services.chassis.log_ends import LogEnds
from tests.eventually import eventually


class Broker:
    """A client of a broker in which one partition may have no leader."""

    def __init__(self) -> None:
        self.leaderless: set[str] = set()

    async def start(self) -> None:
        """At once."""

    async def stop(self) -> None:
        """At once."""

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """As the library does: nothing of any, if one has no leader."""
        if any(tp.topic in self.leaderless for tp in partitions):
            raise LeaderNotAvailableError
        return dict.fromkeys(partitions, 7)


async def test_trap_37_a_partition_without_a_leader_hides_its_own_topic_only(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker()
    clients: list[Any] = []

    def client(**_: Any) -> Broker:
        clients.append(broker)
        return broker

    monkeypatch.setattr(log_ends, "AIOKafkaConsumer", client)
    monkeypatch.setattr(log_ends, "ASK_EVERY_S", 0.01)
    ends = LogEnds({}, [ACCOUNTS_COMMANDS, ACCOUNTS_EVENTS], 1.0)
    asking = asyncio.create_task(ends.run())
    both, one = {ACCOUNTS_COMMANDS.name, ACCOUNTS_EVENTS.name}, {ACCOUNTS_COMMANDS.name}
    try:
        await eventually(lambda: set(ends.ends), lambda known: known == both)
        assert ends.ends[ACCOUNTS_COMMANDS.name][TopicPartition(ACCOUNTS_COMMANDS.name, 0)] == 7
        broker.leaderless = {ACCOUNTS_EVENTS.name}
        await eventually(lambda: set(ends.ends), lambda known: known == one)
        assert (len(clients), ends.silent) == (1, {ACCOUNTS_EVENTS.name})
        broker.leaderless = both
        await eventually(lambda: set(ends.ends), lambda known: known == set())
        await eventually(lambda: len(clients), lambda made: made > 1)
        assert ends.silent == both
        broker.leaderless = set()
        await eventually(lambda: set(ends.ends), lambda known: known == both)
        assert ends.silent == set()
    finally:
        asking.cancel()
