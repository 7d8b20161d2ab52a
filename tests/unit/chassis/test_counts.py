"""No stage of the loop becomes a tenth dearer unnoticed. Instructions are counted: time depends on the machine."""

import warnings

import pytest

from tests.benchmarks.counts import counted, kept_counts, minor_version, overgrown
from tests.gates import Gates
from tests.own_loop import on_its_own_loop


@pytest.mark.filterwarnings("default:no counts are kept")  # elsewhere a warning is an error
@on_its_own_loop
async def test_no_stage_costs_a_tenth_more_than_is_kept() -> None:
    found, kept = await counted(), kept_counts()
    assert all(found.values())
    version = minor_version()
    if version not in kept:
        warnings.warn(f"no counts are kept for Python {version}: make counts", stacklevel=1)
    assert overgrown(found, kept.get(version, found)) == []


@on_its_own_loop
async def test_counts_are_the_same_each_time() -> None:
    assert await counted() == await counted()


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        ("a stage that costs 11 % more", {"a read": 1110}),
        ("a stage that nobody has kept", {"a read": 1000, "a sign": 1}),
    ],
)
def test_a_stage_that_grew_is_refused(sample: str, found: dict[str, int], gates: Gates) -> None:
    kept = {"a read": 1000}
    assert overgrown({"a read": 1099}, kept) == []
    gates.refuses("counts", sample, overgrown(found, kept))
