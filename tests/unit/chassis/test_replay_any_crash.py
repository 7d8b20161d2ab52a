"""Law 7 with laws 5 and 6: wherever the process dies between parking and unparking, nothing is lost, doubled or
overtaken."""

import contextlib
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.document import Document
from services.chassis.parked_letters import is_parked
from services.chassis.publisher import PublishFailed
from services.chassis.service import Service
from services.chassis.store import Outcome
from tests.component.counter import Add, counter_service
from tests.fakes.crashes import run_through
from tests.fakes.world import Crash, Operator, World
from tests.first_copies import first_copies
from tests.unit.chassis.test_loop_any_crash import Trouble, facing, troubles
from tests.unit.chassis.test_replay_parked import MENDED, added

OLD = counter_service()


class FailsAt:
    """Breaks the so-many-th load, save, send or commit; 0: none. `calls`: how many there were."""

    def __init__(self, point: int, error: type[BaseException] = Crash) -> None:
        self.calls, self._point, self._error = 0, point, error

    def __call__(self, call: str) -> None:
        self.calls += 1
        if self.calls == self._point:
            raise self._error


async def run(world: World, service: Service, batch: int = 500, members: int = 1) -> None:
    """Through every crash, with this release of the service."""
    await run_through(world, batch, members, service)


async def told_to_go_on(world: World, later: Sequence[int] = (), batch: int = 500, members: int = 1) -> None:
    """An operator replays and unparks, while other messages come, until the aggregate goes on."""
    operator, coming = Operator(world), list(later)
    for _ in range(len(later) + 3):
        operator.replay_all()
        order = operator.unpark()
        if coming:
            world.send(Add(amount=coming.pop(0)))
        await run(world, MENDED, batch, members)
        if not coming and not is_parked(world.store.documents.get("parked:count:f1")):
            return
        assert operator.told(order), "an order without an end"
    raise AssertionError("it is never unparked")


async def parked_and_told_to_go_on(crash_at: int) -> tuple[World, int]:
    """One life of a counter, with a crash at the so-many-th load, save, send or commit. Returns how many there were."""
    world, fault = World(), FailsAt(crash_at)
    world.faults = fault
    for amount in (1, 666, 3):
        world.send(Add(amount=amount))
    await run(world, OLD)
    await told_to_go_on(world, [4])
    world.send(Add(amount=5))
    await run(world, MENDED)
    return world, fault.calls


async def test_law7_a_crash_at_any_point_from_parking_to_unparking() -> None:
    _, calls = await parked_and_told_to_go_on(0)
    assert calls > 20
    for point in range(1, calls + 1):
        world, _ = await parked_and_told_to_go_on(point)
        assert added(world) == [1, 600, 3, 4, 5], f"after a crash at call {point}"
        assert world.total() == 613


async def dropped_and_come_again(crash_at: int) -> tuple[World, int]:
    """The last letter is dropped and its aggregate unparked; every process reads the commands from the beginning."""
    world, fault = World(), FailsAt(crash_at)
    for amount in (666, 2):
        world.send(Add(amount=amount))
    await run(world, OLD)
    operator = Operator(world)
    operator.replay(*operator.letters()[0])
    operator.drop(2, 2)
    operator.unpark()
    world.faults = fault
    for lanes in (("replay", "ordinary"), ("ordinary", "replay")):
        process = world.process(service=MENDED)
        process.lanes["ordinary"].positions = dict.fromkeys(range(6), 0)
        with contextlib.suppress(Crash):
            for lane in lanes:
                while await process.lanes[lane].step():
                    pass
    return world, fault.calls


async def test_law7_a_dropped_message_that_comes_again_at_any_point_stays_dropped() -> None:
    _, calls = await dropped_and_come_again(0)
    for point in range(1, calls + 1):
        world, _ = await dropped_and_come_again(point)
        assert world.total() == 600, f"after a crash at call {point}"
        assert not is_parked(world.store.documents["parked:count:f1"])


async def replayed_too_late(fails_at: int, error: type[BaseException]) -> tuple[World, list[str], int]:
    """Letters of commands are replayed when their life is over, with a crash or a failure at the so-many-th load, save,
    send or commit. Returns the commands, and how many of those there were."""
    world, fault = World(), FailsAt(fails_at, error)
    commands = [world.send(Add(amount=amount)) for amount in (666, 2, 3)]
    await run(world, OLD)
    world.pass_time(minutes=20)
    Operator(world).replay_all()

    world.faults = fault
    await run(world, MENDED)
    return world, commands, fault.calls


@pytest.mark.parametrize("error", [Crash, PublishFailed])
async def test_J3_a_letter_whose_command_is_refused_is_answered_whatever_fails(error: type[BaseException]) -> None:
    _, _, calls = await replayed_too_late(0, error)
    for point in range(1, calls + 1):
        world, commands, _ = await replayed_too_late(point, error)
        answered = {dict(record.headers)["ce_correlationid"] for record in world.records("answers")}
        assert {command.encode() for command in commands} <= answered, f"after {error.__name__} at call {point}"
        refusals = [told for told in world.bodies("audit") if told.get("reason") == "command-expired"]
        assert len(refusals) >= len(commands)
        first_copies(world.records("audit"))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.sampled_from([1, 2, 666]), min_size=1, max_size=6),
    st.lists(st.sampled_from([3, 4, 666]), max_size=4),
    troubles,
    troubles,
    st.integers(1, 8),
    st.integers(1, 2),
)
async def test_law7_any_run_of_failures_from_parking_to_unparking_keeps_the_order(
    first: list[int], later: list[int], plan: list[Trouble], plan_of_replay: list[Trouble], batch: int, members: int
) -> None:
    world = World()
    for amount in first:
        world.send(Add(amount=amount))
    world.faults = facing(plan)
    await run(world, OLD, batch, members)
    world.faults = facing(plan_of_replay)
    await told_to_go_on(world, later, batch, members)
    world.faults = lambda _: None
    world.send(Add(amount=9))
    await run(world, MENDED)
    assert added(world) == [600 if amount == 666 else amount for amount in (*first, *later, 9)]
    assert world.total() == sum(added(world))


async def test_law6_what_is_put_aside_in_the_middle_of_an_unparking_keeps_it_parked() -> None:
    """Between the two saves of an unparking another process puts a message aside: the second save is lost."""
    world = World()
    world.send(Add(amount=666))
    await run(world, OLD)
    operator = Operator(world)
    operator.replay_all()
    await run(world, MENDED)
    order = operator.unpark()
    unparking, other = world.process(service=MENDED), world.process(service=MENDED)
    real, met = world.store.save, 0

    async def save(drafts: Sequence[Document], written_at: datetime) -> list[Outcome]:
        nonlocal met
        if any(draft.id == "parked:count:f1" and not is_parked(draft) for draft in drafts) and not met:
            met += 1
            world.send(Add(amount=2))
            await other.lanes["ordinary"].step()
        return await real(drafts, written_at)

    world.store.save = save  # type: ignore[method-assign]
    await unparking.lanes["replay"].step()
    assert met == 1
    assert operator.told(order) == ["letters-left"]
    assert added(world) == [600]
    await told_to_go_on(world)
    assert added(world) == [600, 2]
