"""Laws 6 and 7: conflicts, rounds, budgets, and what counts against an aggregate."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.decision import Facts, Incoming, Outgoing, decided
from services.chassis.document import FormatTooNew
from services.chassis.fold import MAX_ROUND_BYTES
from services.chassis.keys import KeyUnknown
from services.chassis.store import StoreUnavailable
from tests.component.counter import Add, Bug, Count, Counted, Heard, add, counter_service
from tests.fakes.world import World, letters, with_route
from tests.first_copies import first_copies


async def test_law6_after_a_conflict_only_the_losers_are_decided_again() -> None:
    decided_for: list[str] = []

    def noting(state: Count | None, message: Incoming[Add], facts: Facts) -> Any:
        decided_for.append(message.subject)
        return add(state, message, facts)

    world = World(with_route(counter_service(), Add, decide=noting))
    world.send(Add(amount=1), "f1")
    world.send(Add(amount=100), "f2")
    process = world.process()
    rival = world.process(service=counter_service())

    async def save_after_a_rival(*args: Any, save: Any = world.store.save) -> Any:
        if world.store.saves == 0:
            world.send(Heard(amount=50), "f2", sequence=1)
            process.loop.store = world.store
            await rival.lanes["news"].step()
        return await save(*args)

    process.loop.store = replace_save(world, save_after_a_rival)
    await process.lanes["ordinary"].step()
    assert decided_for == ["f1", "f2", "f2"]
    assert world.total("f2") == 150
    assert process.told.outcomes_seen == {"conflict": 1, "decided": 2}
    assert len(process.started) == 1  # not that of the attempt that lost
    first_copies(world.records("events"))


def replace_save(world: World, save: Any) -> Any:
    class Store:
        load = staticmethod(world.store.load)

    Store.save = staticmethod(save)  # type: ignore[attr-defined]
    return Store()


async def test_law7_at_most_64_messages_of_an_aggregate_are_folded_before_a_save() -> None:
    world = World()
    for _ in range(150):
        world.send(Add(amount=1))
    await world.process().run()
    assert world.total() == 150
    assert world.trace.count("save") == 3
    assert world.trace.count("commit") == 1
    assert len(first_copies(world.records("events")).popitem()[1]) == 150


async def test_law7_a_round_ends_before_its_outbox_outgrows_the_document() -> None:
    def loud(state: Any, message: Incoming[Add], facts: Facts) -> Any:
        return decided(state or Count(0), *(Add.model_construct(amount=1, remark="x" * 5_000) for _ in range(50)))

    world = World(with_route(counter_service(), Add, decide=loud))
    for _ in range(70):
        world.send(Add(amount=1))
    sizes: list[int] = []
    world.faults = lambda call: (
        sizes.append(sum(len(e.body) for d in world.store.documents.values() for e in d.outbox))
        if call == "publish"
        else None
    )
    process = world.process()
    await process.lanes["ordinary"].step()
    assert max(sizes) < MAX_ROUND_BYTES + 50 * 64 * 1024
    assert world.trace.count("commit") == 1


@pytest.mark.parametrize(
    "decision",
    [
        decided(Count(0), *(Counted(amount=n) for n in range(51))),
        decided(Count(0), Add.model_construct(amount=1, remark="x" * 70_000)),
        decided(Count(0, owed="x" * 300_000)),
        decided(Count(0), Outgoing(Add.model_construct(amount=object()), "c")),  # type: ignore[arg-type]
    ],
    ids=["51 messages", "a message over 64 KiB", "a state over 256 KiB", "what cannot be encoded"],
)
async def test_law7_budgets_and_encoding_count_against_the_aggregate(decision: Any) -> None:
    def decide(state: Count | None, message: Incoming[Add], facts: Facts) -> Any:
        return decision if message.subject == "f1" and message.body.amount == 2 else add(state, message, facts)

    world = World(with_route(counter_service(), Add, decide=decide))
    for amount in (1, 2, 3):
        world.send(Add(amount=amount), "f1")
        world.send(Add(amount=amount), "f2")
    process = world.process()
    await process.run()
    assert (world.total("f1"), world.total("f2")) == (1, 6)
    assert [parked for _, _, parked in process.told.failures] == [False, False, True]
    assert len(letters(world)) == 2


async def test_law7_a_failing_due_at_leaves_no_half_of_a_decision_behind() -> None:
    service = counter_service()

    def due_at(state: Count) -> None:
        if state.total >= 10:
            raise Bug

    service = replace(service, kinds=(replace(service.kinds[0], due_at=due_at),))
    world = World(service)
    world.send(Add(amount=1))
    world.send(Add(amount=9))
    await world.process().run()
    assert world.total() == 1
    assert letters(world) == [1]


async def test_law7_a_state_that_cannot_be_read_counts_against_its_aggregate() -> None:
    world = World()
    world.send(Add(amount=1))
    await world.process().run()
    document = world.store.documents["count:f1"]
    await world.store.save([replace(document, state='{"stage":"count","total":"many"}')], world.now)
    world.send(Add(amount=1), "f1")
    world.send(Add(amount=1), "f2")
    process = world.process()
    await process.run()
    assert [parked for _, _, parked in process.told.failures] == [False, False, True]
    assert (letters(world), world.total("f2")) == ([1], 1)


async def test_law7_a_document_that_the_database_refuses_is_parked_alone() -> None:
    world = World()
    process = world.process()

    async def save(drafts: Any, at: Any, real: Any = world.store.save) -> Any:
        kept = [d for d in drafts if d.id != "count:f1"]
        outcomes = dict(zip((d.id for d in kept), await real(kept, at), strict=True))
        return [outcomes.get(d.id, "refused") for d in drafts]

    process.loop.store = replace_save(world, save)
    world.send(Add(amount=1), "f1")
    world.send(Add(amount=1), "f2")
    await process.run()
    assert (letters(world), world.total("f2")) == ([0], 1)


@pytest.mark.parametrize("error", [KeyUnknown("not yet"), FormatTooNew(), StoreUnavailable("away")])
async def test_law7_what_is_no_fault_of_a_decision_pauses_the_lane_and_parks_nothing(error: Exception) -> None:
    failing = [error, error, error, error]

    world = World()
    world.send(Add(amount=1))
    process = world.process()
    codec = process.codecs["count"]

    class Sick:
        kind = codec.kind
        write = staticmethod(codec.write)

        @staticmethod
        def read(document: Any) -> Any:
            if failing:
                raise failing.pop()
            return codec.read(document)

    if not isinstance(error, StoreUnavailable):
        process.loop.folder.codecs = {"count": Sick()}  # type: ignore[dict-item]
    else:
        faults = iter(failing)
        world.faults = lambda call: raising(next(faults, None)) if call == "save" else None
    await process.run()
    assert process.told.failures == []
    assert world.total() == 1
    assert world.records("dead-letters") == []


def raising(error: Exception | None) -> None:
    if error is not None:
        raise error
