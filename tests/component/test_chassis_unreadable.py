"""What cannot be read stops its partition only, and an operator's order gets it going (traps 3, 18 and 19).

On the embedded broker, whose files a test can spoil.
"""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from contracts.envelope import Envelope, to_headers
from contracts.topics import ACCOUNTS_COMMANDS
from deploy.cli import skipping
from deploy.cli.installation import Installation
from deploy.local.stack.running import RUNS
from services.chassis.metrics import Metrics
from services.chassis.publisher import PublishFailed, partition_of_key
from tests.component.counter import Add
from tests.component.service_under_test import House
from tests.eventually import eventually
from tests.unit.chassis.fetching import BadName

TOPIC = ACCOUNTS_COMMANDS.name
LZ4 = 3
LENGTH = slice(8, 12)
LOG_OVERHEAD = 12
WITHIN_S = 60


def flow_on(partition: int, name: str) -> str:
    """A flow whose key falls on this partition."""
    return next(
        f"{name}-{n}"
        for n in range(1_000)
        if partition_of_key(f"{name}-{n}".encode(), ACCOUNTS_COMMANDS.partitions) == partition
    )


def _text_of(settings: Path) -> str:
    try:
        return settings.read_text()
    except FileNotFoundError:  # of another run, which has just ended
        return ""


def segment_of(house: House, partition: int) -> Path:
    """The file of a partition of the command topic."""
    address = f"PLAINTEXT://{house.stack.kafka_bootstrap}"
    (kafka,) = (each.parent for each in RUNS.glob("run-*/kafka/server.properties") if address in _text_of(each))
    (segment,) = (kafka / "data" / f"{TOPIC}-{partition}").glob("*.log")
    return segment


def spoil(segment: Path, offset: int) -> None:
    """Turn a bit in the last byte of the batch that begins at this offset."""
    data, at = bytearray(segment.read_bytes()), 0
    while int.from_bytes(data[at : at + 8]) != offset:
        at += LOG_OVERHEAD + int.from_bytes(data[at : at + LOG_OVERHEAD][LENGTH])
    data[at + LOG_OVERHEAD + int.from_bytes(data[at : at + LOG_OVERHEAD][LENGTH]) - 1] ^= 1
    segment.write_bytes(data)


async def sent_with_bad_name(house: House, flow: str, partition: int) -> list[str]:
    """Three commands in one compressed batch, the middle one with one more header of such a name."""
    # An idempotent producer wants a builder of its own.
    async with AIOKafkaProducer(bootstrap_servers=house.stack.kafka_bootstrap, acks="all") as producer:
        return await _batch_with_bad_name(house, producer, flow, partition)


async def _batch_with_bad_name(house: House, producer: AIOKafkaProducer, flow: str, partition: int) -> list[str]:
    batch: Any = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, LZ4, 0, -1, -1, -1, 100_000)
    ids = [str(uuid.uuid4()) for _ in range(3)]
    for number, command in enumerate(ids):
        house.flow_of[command] = flow
        headers: list[Any] = to_headers(Envelope(command, "web", Add.type_name, flow, datetime.now(UTC)))
        headers += [(BadName("x"), b"y")] * (number == 1)
        assert batch.append(timestamp=None, key=flow.encode(), value=b'{"amount":1}', headers=headers)
    await (await producer.send_batch(batch, TOPIC, partition=partition))
    return ids


async def stop_and_spoil(house: House, partition: int, offset: int) -> None:
    """The broker's disk goes bad while it is down."""
    segment = segment_of(house, partition)
    await house.producer.flush()
    await house.stack.kafka.stop()
    spoil(segment, offset)
    await house.stack.kafka.start()


async def sent_apart(house: House, flow: str, count: int) -> list[str]:
    """Commands, each a batch of its own."""
    ids = []
    for _ in range(count):
        ids.append(await house.send(Add(amount=1), flow))
        await house.producer.flush()
    return ids


async def end_of(house: House, partition: int) -> int:
    """The offset that the next record of the command topic will get."""
    async with AIOKafkaConsumer(bootstrap_servers=house.stack.kafka_bootstrap) as consumer:
        tp = TopicPartition(TOPIC, partition)
        return int((await consumer.end_offsets([tp]))[tp])


async def ordered(
    house: House, partition: int, offset: int, through: int | None = None, within: float = 30
) -> list[int]:
    """The offsets that were passed over on an order as somebody types it."""
    last = offset if through is None else through
    wish = skipping.Wish("accounts", "commands", partition, offset, last, "the disk of broker 1 is bad", "noura")
    done = await skipping.skip(Installation(house.stack.kafka_bootstrap), wish, within)
    assert {(event.operator, event.why) for event in done} <= {("noura", "the disk of broker 1 is bad")}
    return [event.offset for event in done]


def halted(metrics: Metrics, reason: str) -> float | None:
    return metrics.registry.get_sample_value("hesabi_halted_partitions", {"lane": "ordinary", "reason": reason})


async def test_trap_19_a_corrupt_record_stops_its_partition_until_an_order_passes_it_over(own_house: House) -> None:
    house, flow, other, metrics = own_house, flow_on(1, "corrupt"), flow_on(2, "whole"), Metrics()
    first = await end_of(house, 1)
    commands = await sent_apart(house, flow, 4)
    await stop_and_spoil(house, 1, first + 1)
    async with house.service(metrics=metrics) as engine:
        elsewhere = await sent_apart(house, other, 3)
        await house.all_answered(other, elsewhere)
        await eventually(lambda: halted(metrics, "unreadable"), lambda n: n == 1, within=WITHIN_S)
        assert set(house.answers(flow)) == set(commands[:1])
        assert [(h.partition.partition, h.offset) for h in engine.lanes[0].halts] == [(1, first + 1)]
        assert await ordered(house, 1, first + 2, within=2) == [], "it does not stand there"
        assert await ordered(house, 1, first + 1, first + 3, within=10) == [first + 1], "what can be read is read"
        await eventually(
            lambda: set(house.answers(flow)), lambda ids: ids == {commands[0], *commands[2:]}, within=WITHIN_S
        )
        assert await house.total(engine, flow) == 3
        await eventually(lambda: halted(metrics, "unreadable"), lambda n: n == 0, within=WITHIN_S)
        assert (await engine.committed())[1, TOPIC, 1] == first + 4


async def refuse(_: object) -> int:
    """No send comes through any more."""
    raise PublishFailed


async def test_law5_what_a_skipped_record_had_caused_is_published_all_the_same(own_house: House) -> None:
    """It was decided and saved while it could be read; then the broker and the process died."""
    house, flow = own_house, flow_on(3, "decided")
    first = await end_of(house, 3)
    async with house.service() as engine:
        engine.publisher._acknowledged = refuse  # type: ignore[method-assign,assignment]
        (decided,) = await sent_apart(house, flow, 1)
        await eventually(lambda: engine.lanes[0].paused, within=WITHIN_S)
        assert await house.total(engine, flow) == 1
    assert decided not in house.answers(flow)
    await stop_and_spoil(house, 3, first)
    async with house.service() as engine:
        await eventually(lambda: engine.lanes[0].halts, within=WITHIN_S)
        assert await ordered(house, 3, first) == [first]
        (later,) = await sent_apart(house, flow, 1)
        await house.all_answered(flow, [decided, later])
        assert await house.total(engine, flow) == 2


async def test_trap_3_a_header_name_that_is_not_utf_8_spoils_nothing(own_house: House) -> None:
    house, flow = own_house, flow_on(4, "name")
    async with house.service() as engine:
        await house.all_answered(flow, await sent_with_bad_name(house, flow, 4))
        assert await house.total(engine, flow) == 3
        assert not engine.lanes[0].halts


async def test_trap_18_a_lost_offset_stops_its_partition_and_is_never_reset(own_house: House) -> None:
    house, flow, other, metrics = own_house, flow_on(5, "lost"), flow_on(0, "kept"), Metrics()
    async with house.service():
        await house.all_answered(flow, await sent_apart(house, flow, 2))
    lost = await sent_apart(house, flow, 2)
    tp = TopicPartition(TOPIC, 5)
    admin = AIOKafkaAdminClient(bootstrap_servers=house.stack.kafka_bootstrap)
    await admin.start()
    await admin.delete_records({tp: RecordsToDelete(before_offset=await end_of(house, 5))})
    await admin.close()
    async with house.service(metrics=metrics) as engine:
        await eventually(lambda: halted(metrics, "offset-lost"), lambda n: n == 1, within=WITHIN_S)
        before = (await engine.committed())[1, TOPIC, 5]
        await house.all_answered(other, await sent_apart(house, other, 3))
        assert await ordered(house, 5, before, within=3) == [], "an order is for what cannot be read"
        assert (await engine.committed())[1, TOPIC, 5] == before
        assert not set(lost) & set(house.answers(flow))
        assert not engine.progress.stalled
