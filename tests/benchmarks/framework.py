"""What the framework and decoding cost a record, over aiokafka's own `getmany`: processor time, in turn."""

from typing import Final

from tests.benchmarks.bench import Bench
from tests.benchmarks.figure import Figure
from tests.benchmarks.load import Loader

READERS: Final = ("plain_getmany", "lane_reader", "decoding_reader")
ROUNDS: Final = 5
MOST_US: Final = 6.0
COUNT: Final = 100_000
"""Records. A reader is through with 20,000 in a third of a second, half of which is its start."""


async def framework_row(bench: Bench) -> None:
    """Each reader reads the records of row (a)."""
    await Loader("a", bench.keys).fill(bench.stack.kafka_bootstrap, COUNT)
    for _ in range(ROUNDS):
        for who in READERS:
            await bench.drain(who, "a", COUNT)
    plain, lane, decoding = (bench.median_of(who, "a", "processor_us_each") for who in READERS)
    bench.found(Figure("framework", "aiokafka's getmany", plain, "us a record"))
    bench.found(Figure("framework", "the framework over it", round(lane - plain, 1), "us a record"))
    both = round(decoding - plain, 1)
    bench.found(Figure("framework", "framework and decoding over it", both, "us a record", at_most=MOST_US))
