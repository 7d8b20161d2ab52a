"""The bare loop without its driver's second try (decision 23): for orientation only, since nothing then repeats a bulk
whose answer was lost, and a bare loop cannot tell what of it was written."""

from tests.benchmarks import bare_loop
from tests.benchmarks.contender import Contest


async def run(contest: Contest) -> None:
    """Drain until the contest says it is over."""
    contest.driver_tries_again = False
    await bare_loop.run(contest)
