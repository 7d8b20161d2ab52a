"""A send is acknowledged when every record is; what is in doubt has no second producer's way blocked (trap 17)."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from services.chassis import publisher
from services.chassis.publisher import KafkaPublisher, PublishFailed
from tests.unit.chassis.test_publisher import RECORD, Broker


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    made = Broker(0.005)
    yield made
    made.sending.cancel()


def sending_to(broker: object) -> KafkaPublisher:
    sending = KafkaPublisher({}, lambda *_: None)
    sending._producer = cast("AIOKafkaProducer", broker)
    return sending


async def test_law5_a_send_is_over_when_every_partition_has_acknowledged(broker: Broker) -> None:
    """Who goes by the first would commit past what the second may yet lose."""
    await sending_to(broker)(
        [RECORD, RECORD._replace(topic="accounts.audit"), RECORD._replace(topic="accounts.answers")]
    )
    assert (broker.handed_over, broker.at_once) == (3, 0)


async def test_law5_a_record_that_no_batch_takes_is_told_and_not_left_out() -> None:
    full: Any = Mock(create_batch=lambda: Mock(append=Mock(return_value=None)))
    with pytest.raises(MessageSizeTooLargeError):
        await publisher._batched(full, [RECORD])


async def test_trap_17_a_send_that_takes_too_long_ends_the_producer(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it still holds may come onto the log, or not: nothing is sent behind it."""
    monkeypatch.setattr(publisher, "SEND_LIMIT_S", 0.02)
    sending, given_up = sending_to(broker), list[Any]()
    monkeypatch.setattr(sending, "_abandon", given_up.append)
    broker.seconds = 0.2
    with pytest.raises(PublishFailed):
        await sending([RECORD])
    assert given_up == [broker]


async def test_trap_17_a_new_producer_waits_for_nothing_that_the_old_one_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sending = KafkaPublisher({}, lambda *_: None)
    monkeypatch.setattr(publisher, "AIOKafkaProducer", Mock())
    monkeypatch.setattr(publisher, "start", AsyncMock())
    old = sending._turns = defaultdict(asyncio.Lock)
    await old["accounts.events", 0].acquire()
    await sending._running()
    assert not sending._turns["accounts.events", 0].locked()


async def test_trap_43_a_producer_that_did_not_start_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for every try, as long as the broker is away: their connections would add up."""
    sending, closed = KafkaPublisher({}, lambda *_: None), list[Any]()
    made = Mock()
    monkeypatch.setattr(publisher, "AIOKafkaProducer", Mock(return_value=made))
    monkeypatch.setattr(publisher, "start", AsyncMock(side_effect=KafkaConnectionError("away")))
    monkeypatch.setattr(sending, "_say_farewell", closed.append)
    with pytest.raises(PublishFailed):
        await sending([RECORD])
    assert closed == [made]
