"""Each safeguard of the chassis is missed when it is left out: the checker turns red for a seed that is green with it.

The audit is off in both, since it heals what others miss. Without the safe parser, or with the commit before the
publishing, real servers are seen to lose commands, too (tests/chaos)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from contracts.decision import Decision, Facts, Incoming, decided
from services.chassis.fold import Folder
from tests.component.counter import Add, Added, Count, Counted, counter_service
from tests.fakes.world import World, with_route
from tests.simulation.play import play
from tests.simulation.safeguards import SAFEGUARDS, left_out, stressed, without


@pytest.mark.parametrize("name", SAFEGUARDS)
def test_a_safeguard_that_is_left_out_is_missed(name: str) -> None:
    for seed in range(1, SAFEGUARDS[name].seeds + 1):
        assert play(seed, stressed(name)).problems == ()
        with left_out(name):
            if play(seed, without(name)).problems:
                return
    raise AssertionError(f"nobody noticed in {SAFEGUARDS[name].seeds} seeds that there was no {name}")


# --- prepare inside the fold: a service of which one batch can show it ----------------------------------------------
@dataclass(frozen=True, slots=True)
class NextTotal(Facts):
    """What was reckoned from the state before the decision."""

    total: int


async def reckon(state: Count | None, incoming: Incoming[Add], _: Any, present: datetime) -> NextTotal:
    return NextTotal(present, (state.total if state else 0) + incoming.body.amount)


def add_reckoned(state: Count | None, _: Incoming[Add], facts: NextTotal) -> Decision[Count]:
    after = replace(state or Count(0), total=facts.total)
    return decided(after, Added(total=after.total), Counted(amount=1))


class PreparesAll(Folder):
    """Prepares every message on the state that was loaded."""

    loaded: Any = None

    async def _decision(self, codec: Any, state: Any, arrival: Any, present: datetime) -> Decision[Any]:
        assert arrival.route is not None
        assert arrival.route.prepare is not None
        facts = await arrival.route.prepare(self.loaded, arrival.incoming, None, present)
        decision: Decision[Any] = arrival.route.decide(state, arrival.incoming, facts)
        return decision


async def total_of_ten(kind: type[Folder]) -> int:
    world = World(with_route(counter_service(), Add, decide=add_reckoned, prepare=reckon))
    process = world.process()
    folder = process.loop.folder
    process.loop.folder = kind(folder.service, folder.codecs, folder.encoder, folder.present, folder.is_published)
    for _ in range(10):
        world.send(Add(amount=1))
    await process.run()
    return world.total()


async def test_preparing_inside_the_fold_is_missed_when_it_is_left_out() -> None:
    assert await total_of_ten(Folder) == 10
    assert await total_of_ten(PreparesAll) == 1
