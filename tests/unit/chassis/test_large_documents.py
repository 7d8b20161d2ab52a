"""Documents of hundreds of KB: few of them are in memory at once, however many a batch meets."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.chassis.arrival import PARKED
from services.chassis.batch import LARGE_ROUND, Batch
from services.chassis.document import Document
from services.notifications.broadcast_table import BROADCAST_KINDS
from tests.component.counter import Add
from tests.fakes.world import World


@pytest.mark.parametrize(("large", "most"), [(frozenset({"count"}), LARGE_ROUND), (frozenset[str](), 60)])
async def test_law7_a_round_loads_few_large_documents(large: frozenset[str], most: int) -> None:
    world = World()
    process = world.process()
    loaded, load = list[int](), world.store.load

    async def counting(ids: Sequence[str]) -> dict[str, Document]:
        loaded.append(sum(not each.startswith(PARKED) for each in ids))
        return await load(ids)

    world.store.load = counting  # type: ignore[method-assign]
    process.loop.large = large
    for number in range(120):
        world.send(Add(amount=1), f"f{number}")
    await process.run()
    assert max(loaded) == most
    assert sum(loaded) == len(world.bodies("events")) == 120


def test_law5_of_what_was_met_only_what_is_trimmed_at_the_end_of_a_batch_is_kept() -> None:
    batch, names = Batch(nudged={"count:1", "count:2"}), ("count:1", "parked:count:2", "count:3")
    batch.take_over(replace(batch, met={name: Document(name) for name in names}))
    assert set(batch.met) == {"count:1", "parked:count:2"}


def test_N4_the_buckets_of_an_audience_are_large() -> None:
    assert [kind.name for kind in BROADCAST_KINDS if kind.is_large] == ["bucket"]
