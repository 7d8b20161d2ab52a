"""A broker that has been used before: a new system has new keys and empty databases, and begins after what is there."""

import asyncio
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import SERVICES
from deploy.local.stack import StackError
from deploy.local.watch import KEY_TOPICS, partitions_of
from services.chassis.service import Lane

TRIES: Final = 60
PAUSE_S: Final = 0.5
"""A group whose members were killed takes no commit before their sessions have ended, 15 s later."""


async def skip_what_is_there(bootstrap: str) -> None:
    """Puts every lane's group at the end of its topic, if any of these topics exists. Before they are made.

    Raises:
        StackError: a group is in use: another system runs on this broker.
    """
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None) as consumer:
        there = await consumer.topics()
        ends = await consumer.end_offsets(partitions_of(lambda topic: topic in there - KEY_TOPICS))
    if any(ends.values()):
        lanes = [(name, lane) for name in SERVICES for lane in _lanes_of(name)]
        await asyncio.gather(*(_skip(bootstrap, f"{name}.{lane.name}", _of(ends, lane)) for name, lane in lanes))


def _lanes_of(service: str) -> tuple[Lane, ...]:
    lanes: tuple[Lane, ...] = import_module(f"services.{service}.service").LANES
    return lanes


def _of(ends: Mapping[TopicPartition, int], lane: Lane) -> dict[TopicPartition, int]:
    return {partition: end for partition, end in ends.items() if partition.topic == lane.topic.name}


async def _skip(bootstrap: str, group: str, ends: dict[TopicPartition, int]) -> None:
    if not ends:
        return
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(ends))
        for _ in range(TRIES):
            try:
                await consumer.commit(ends)
            except KafkaError:
                await asyncio.sleep(PAUSE_S)
            else:
                return
    raise StackError(f"the consumer group {group} is in use: another system runs on this broker")
