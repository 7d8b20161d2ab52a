"""Laws 4 and 5: the order of save, publish and commit, and what makes a redelivery harmless."""

from copy import deepcopy
from dataclasses import replace

import pytest

from services.chassis.store import StoreUnavailable
from tests.component.counter import Add, Ask, Heard, counter_service
from tests.fakes.log import FakeRecord
from tests.fakes.world import Crash, World, with_route
from tests.first_copies import envelope_of, first_copies


def sequences(records: list[FakeRecord]) -> list[int | None]:
    return [envelope_of(record).sequence for record in records]


class Crasher:
    """The process is gone before the first call of this kind."""

    def __init__(self, call: str) -> None:
        self.call = call

    def __call__(self, call: str) -> None:
        if call == self.call:
            raise Crash


async def test_law5_saved_before_published_before_committed() -> None:
    world = World()
    world.send(Add(amount=1))
    await world.process().run()
    assert world.trace == ["load", "save", "publish", "commit"]


async def test_law5_calls_start_after_the_commit_and_once() -> None:
    world = World()
    process = world.process()
    started_at: list[int] = []
    world.faults = lambda call: started_at.append(len(process.started)) if call == "commit" else None
    world.send(Add(amount=100))
    await process.run()
    assert started_at == [0]
    assert [due.aggregate for due in process.started] == ["count:f1"]


@pytest.mark.parametrize("call", ["save", "publish", "commit"])
async def test_law5_a_crash_before_any_step_loses_and_doubles_nothing(call: str) -> None:
    world = World()
    commands = [world.send(Add(amount=amount)) for amount in (1, 2, 3)]
    world.faults = Crasher(call)
    with pytest.raises(Crash):
        await world.process().run()
    first = [(r.key, r.value, r.headers) for r in world.log.in_order if r.topic != "accounts.commands"]
    world.faults = lambda _: None
    again = world.process()
    await again.run()
    assert world.total() == 6
    assert sequences(world.records("events"))[:3] == [1, 2, 3]
    assert [len(copies) for copies in first_copies(world.log.in_order[3:]).values()] == [3]
    answers = {envelope_of(r).correlation_id: r.value for r in world.records("answers")}
    assert [answers[command] for command in commands] == [b'{"total":1}', b'{"total":3}', b'{"total":6}']
    second = [(r.key, r.value, r.headers) for r in world.log.in_order[3 + len(first) :]]
    if call == "commit":
        assert second == first  # the same ids, sequences, bodies, byte for byte
    if call != "save":
        assert again.told.outcomes_seen == {"duplicate": 3}


async def test_law5_the_whole_outbox_goes_oldest_first() -> None:
    """What a crashed process saved and never published goes before what is decided now."""
    world = World()
    world.send(Add(amount=1))
    world.faults = Crasher("publish")
    with pytest.raises(Crash):
        await world.process(range(6)).run()
    world.faults = lambda _: None
    # Another replica hears news for the same aggregate; the command's partition is nobody's yet.
    world.send(Heard(amount=5), sequence=1)
    other = world.process()
    await other.lanes["news"].step()
    assert [body["amount"] for body in world.bodies("events")] == [1, 5]
    assert sequences(world.records("events")) == [1, 2]
    assert [body["total"] for body in world.bodies("answers")] == [1]


async def test_law4_of_what_is_decided_commands_alone_are_remembered_by_their_ids() -> None:
    world = World()
    command = world.send(Add(amount=1))
    world.send(Heard(amount=5), sequence=1)
    await world.process().run()
    assert world.total() == 6
    assert set(world.store.documents["count:f1"].commands) == {command}


async def test_law5_entries_that_another_process_saw_acknowledged_are_published_again_first() -> None:
    world = World()
    world.send(Add(amount=1))
    world.faults = Crasher("commit")
    with pytest.raises(Crash):
        await world.process().run()
    world.faults = lambda _: None
    world.send(Heard(amount=5), sequence=1)
    await world.process().lanes["news"].step()
    assert [body["amount"] for body in world.bodies("events")] == [1, 1, 5]
    first_copies(world.records("events"))


async def test_law5_entries_leave_when_acknowledged_to_this_process_or_proven_by_the_commit() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=1))
    await process.run()
    assert [e.sequence for e in world.store.documents["count:f1"].outbox] == [1, 1]  # no write that only clears
    world.send(Add(amount=2))
    await process.run()
    assert [e.sequence for e in world.store.documents["count:f1"].outbox] == [2, 2]
    world.send(Add(amount=3))
    await world.process().run()  # it never saw an acknowledgement: the group's commit proves
    assert [e.sequence for e in world.store.documents["count:f1"].outbox] == [3, 3]
    assert sequences(world.records("events")) == [1, 2, 3]


async def test_law5_a_quiet_outbox_is_not_published_again_after_weeks_by_who_does_not_read_what_caused_it() -> None:
    """Its readers have perhaps forgotten the number by then (law 4)."""
    world = World()
    world.send(Add(amount=1))
    await world.process().run()
    world.pass_time(days=45)
    another = world.process()
    another.lanes["ordinary"].owned.clear()
    another.acknowledged.committed.clear()
    another.acknowledged.learn({(1, t, p): offset for (_, t, p), offset in world.log.committed.items()}, world.now)
    world.send(Heard(amount=1), sequence=1)
    await another.run()
    assert (world.total(), sequences(world.records("events"))) == (2, [1, 2])


async def test_law5_what_is_forgotten_is_only_what_left_the_outbox() -> None:
    world = World()
    process = world.process()
    for _ in range(20):
        world.send(Add(amount=1))
        await process.run()
    assert sum(len(ids) for ids in process.acknowledged._seen.values()) <= 4


async def test_law7_a_save_that_was_applied_but_not_acknowledged_is_found_decided() -> None:
    world = World()
    world.send(Add(amount=1), "f1")
    world.send(Add(amount=2), "f2")
    faults = iter([None, 1])  # load, then half a bulk
    world.faults = lambda _: next(faults, None)
    process = world.process()
    await process.run()
    assert (world.total("f1"), world.total("f2")) == (1, 2)
    assert process.told.failures == []
    assert all(len(copies) == 1 for copies in first_copies(world.log.in_order[2:]).values())


async def test_law7_machinery_never_parks() -> None:
    world = World()
    world.send(Add(amount=1))
    left = [10]

    def down(call: str) -> None:
        if call == "load" and left[0]:
            left[0] -= 1
            raise StoreUnavailable("away")

    world.faults = down
    process = world.process()
    await process.run()
    assert process.told.failures == []
    assert world.total() == 1
    assert world.records("dead-letters") == []


async def test_law4_a_message_of_an_own_aggregate_is_known_by_its_sequence_wherever_it_comes_again() -> None:
    world = World()
    process = world.process()
    for sequence in (1, 2, 2, 1, 3):
        world.send(Heard(amount=10), sequence=sequence)
    await process.run()
    assert world.total() == 30
    assert process.told.outcomes_seen == {"decided": 3, "duplicate": 2}


async def test_law4_streams_are_told_apart_by_their_sender() -> None:
    world = World(with_route(counter_service(), Heard, aggregate_of=lambda message, keyed_hash: "count:all"))
    for flow in ("user:1", "user:2"):
        world.send(Heard(amount=10), flow, sequence=1)
    await world.process().run()
    assert world.total("all") == 20


async def test_law4_a_message_without_sequence_is_known_by_its_offset() -> None:
    world = World()
    process = world.process()
    world.send(Heard(amount=10))
    world.send(Heard(amount=10))
    await process.run()
    process.lanes["news"].positions = dict.fromkeys(range(6), 0)
    await process.run()
    assert world.total() == 20
    assert process.told.outcomes_seen == {"decided": 2, "duplicate": 2}


async def test_law4_ids_of_what_is_sent_are_the_same_when_it_is_decided_again() -> None:
    worlds = [World(), World()]
    for world in worlds:
        world.send(Add(amount=1))
        await world.process().run()
    ids = [[envelope_of(r).id for r in world.log.in_order] for world in worlds]
    assert ids[0] == ids[1]


async def test_law1_a_query_is_answered_and_not_recorded() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=7))
    await process.run()
    before = world.store.documents
    asked = world.send(Ask())
    await process.run()
    answer = world.records("answers")[-1]
    assert envelope_of(answer).correlation_id == asked
    assert envelope_of(answer).sequence is None
    assert world.bodies("answers")[-1] == {"total": 7}
    assert world.store.documents == before


@pytest.mark.parametrize(("epoch", "outcome"), [(1, "duplicate"), (2, "decided")])
async def test_law12_a_topic_that_was_made_anew_is_heard_under_a_new_epoch_only(epoch: int, outcome: str) -> None:
    world = World()
    for amount in (1, 2, 3):
        world.send(Add(amount=amount))
    await world.process().run()
    world.log.records.clear()
    world.log.committed.clear()
    known = world.service
    anew = replace(known, lanes=tuple(replace(lane, topic=replace(lane.topic, epoch=epoch)) for lane in known.lanes))
    world.send(Add(amount=4))
    process = world.process(service=anew)
    await process.run()
    assert process.told.outcomes_seen == {outcome: 1}


@pytest.mark.parametrize(("goes_back", "said"), [(False, [2]), (True, [2, 3, 4])])
async def test_law4_a_group_goes_back_with_a_database_that_is_restored(goes_back: bool, said: list[int]) -> None:
    """Else what is said next has the number of something else, and readers drop it."""
    world = World()
    world.send(Add(amount=1))
    await world.process().run()
    backup, committed = deepcopy(world.store._documents), dict(world.log.committed)
    world.send(Add(amount=2))
    world.send(Add(amount=3))
    await world.process().run()
    before = world.records("events")
    assert sequences(before) == [1, 2, 3]
    world.store._documents = backup
    if goes_back:
        world.log.committed = committed
    world.send(Add(amount=4))
    await world.process().run()
    after = world.records("events")[3:]
    assert sequences(after) == said
    are_first = [(r.key, r.value, r.headers) for r in before[1:]] == [(r.key, r.value, r.headers) for r in after[:2]]
    assert are_first == goes_back


@pytest.mark.parametrize("call", ["load", "save", "publish"])
async def test_law7_the_stage_that_breaks_is_told(call: str) -> None:
    world = World()
    world.send(Add(amount=1))
    process = world.process()
    world.faults = Crasher(call)
    with pytest.raises(Crash):
        await process.run()
    assert process.told.broken == [call]
