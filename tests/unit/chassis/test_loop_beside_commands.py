"""What is decided of events and queries beside commands (J3, J4, law 4)."""

from typing import Any

from contracts.decision import Decision, Facts, Incoming, Refusal
from services.chassis.document import REMEMBERED_AT_MOST
from tests.component.counter import Add, Ask, Heard, counter_service
from tests.fakes.world import World, with_route


async def test_J3_an_event_that_bears_a_command_s_id_is_decided_all_the_same() -> None:
    """Ids of other services are theirs: it would be taken for the command come again, and be lost."""
    world = World()
    world.send(Add(amount=1), id="same")
    world.send(Heard(amount=5), id="same")
    await world.process().run()
    assert world.total() == 6
    assert len(world.records("answers")) == 1


async def test_law4_events_are_decided_where_no_more_commands_can_be_remembered() -> None:
    world = World()
    for _ in range(REMEMBERED_AT_MOST):
        world.send(Add(amount=1))
    await world.process().run()
    world.send(Heard(amount=5))
    await world.process().run()
    assert world.total() == REMEMBERED_AT_MOST + 5
    assert world.bodies("audit") == []


async def test_J4_a_query_that_is_refused_counts_as_refused() -> None:
    def no(state: Any, message: Incoming[Ask], facts: Facts) -> Decision[Any]:
        return Decision(None, refusal=Refusal("not-found", "nothing-here"), recorded=False)

    world = World(with_route(counter_service(), Ask, decide=no))
    world.send(Add(amount=1))
    world.send(Ask())
    process = world.process()
    await process.run()
    assert process.told.outcomes_seen == {"decided": 1, "refused": 1}
    assert [body["reason"] for body in world.bodies("audit")] == ["nothing-here"]
