"""The reader without a framework: aiokafka's own `getmany`, and a commit for each batch."""

from aiokafka import AIOKafkaConsumer

from tests.benchmarks.contender import Contest


async def run(contest: Contest) -> None:
    """Read until the contest says it is over."""
    consumer = AIOKafkaConsumer(
        contest.topic, bootstrap_servers=contest.kafka, group_id=contest.group, enable_auto_commit=False,
        auto_offset_reset="earliest", fetch_max_wait_ms=100, max_partition_fetch_bytes=512 * 1024,
    )  # fmt: skip
    async with consumer:
        while not contest.over:
            fetched = await consumer.getmany(timeout_ms=10, max_records=500)
            if not fetched:
                continue
            contest.begin()
            await consumer.commit({tp: part[-1].offset + 1 for tp, part in fetched.items()})
            contest.done(sum(len(part) for part in fetched.values()))
