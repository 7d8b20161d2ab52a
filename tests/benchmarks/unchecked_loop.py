"""The bare loop without the version check of its saves: for orientation only, since it can lose updates."""

from tests.benchmarks import bare_loop
from tests.benchmarks.contender import Contest


async def run(contest: Contest) -> None:
    """Drain until the contest says it is over."""
    contest.checks_versions = False
    await bare_loop.run(contest)
