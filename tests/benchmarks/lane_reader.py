"""The reader of the chassis: a lane on FastStream that does nothing with its records."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from contracts.topics import Topic
from services.chassis.acknowledged import Acknowledged
from services.chassis.fold import DueEffect
from services.chassis.group_start import begin_at_the_beginning
from services.chassis.lane import KafkaLane
from services.chassis.lane_broker import LaneBroker
from services.chassis.metrics import Metrics
from services.chassis.observer import ServiceObserver
from services.chassis.service import Lane
from tests.benchmarks.contender import Contest
from tests.benchmarks.work import MESSAGE_OF


async def run(contest: Contest) -> None:
    """Read until the contest says it is over."""
    await read_lane(contest, lambda _: None)


async def read_lane(contest: Contest, look_at: Callable[[Any], object]) -> None:
    """Read the contest's topic through a lane, looking at each record."""

    async def settle(lane: str, topic: Topic, records: Sequence[Any], _: list[DueEffect]) -> None:
        contest.begin()
        for record in records:
            look_at(record)
        contest.done(len(records))

    observer = ServiceObserver(Metrics(), structlog.get_logger())
    lane = KafkaLane(
        "accounts", Lane(contest.group, MESSAGE_OF[contest.row].topic), settle, lambda _: None, Acknowledged(), observer
    )
    broker = LaneBroker(contest.kafka, allow_auto_create_topics=False, apply_types=False, logger=None)
    await begin_at_the_beginning({"bootstrap_servers": contest.kafka}, lane.group, lane.topic)
    lane.attach(broker)
    await broker.start()
    while not contest.over:  # noqa: ASYNC110 - the lane has no word for an end
        await asyncio.sleep(0.05)
    await broker.stop()
