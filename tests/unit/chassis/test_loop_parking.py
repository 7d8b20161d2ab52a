"""Law 7: a fault is judged by where it arises; conflicts; budgets."""

import pytest

from contracts.decision import Incoming
from contracts.message import MAX_MESSAGE_BYTES
from services.chassis.document import Document
from services.chassis.fold import MAX_ROUND_BYTES
from tests.component.counter import Add, Heard, counter_service
from tests.fakes.world import Crash, World, fake_open, letters, with_route
from tests.first_copies import envelope_of, first_copies


async def test_law7_the_third_failure_parks_one_aggregate_and_harms_no_other() -> None:
    world = World()
    for amount in (1, 2, 666, 4, 5):
        world.send(Add(amount=amount), "f1")
        world.send(Add(amount=amount if amount != 666 else 3), "g1")
    process = world.process()
    await process.run()
    assert process.told.failures == [("count:f1", "Bug", False), ("count:f1", "Bug", False), ("count:f1", "Bug", True)]
    assert world.total("f1") == 3  # what came before stays
    assert world.total("g1") == 15
    offsets = [r.offset for r in world.log.all("accounts.commands") if r.key == b"f1"]
    assert letters(world) == offsets[2:]
    (parked,) = world.bodies("audit")
    assert parked == {"aggregate": "count:f1", "reason": "third-failure"}
    first_copies(world.log.in_order[10:])


async def test_law7_later_messages_of_a_parked_aggregate_follow_in_order_once() -> None:
    world = World()
    world.send(Add(amount=666))
    await world.process().run()
    for amount in range(1, 100):
        world.send(Add(amount=amount))
    process = world.process()
    process.lanes["ordinary"].max_records = 7
    await process.run()
    process.lanes["ordinary"].positions = dict.fromkeys(range(6), 0)
    await process.run()
    assert letters(world) == list(range(100))
    assert world.state() is None
    assert len(world.bodies("audit")) == 1
    assert len(world.store.documents["parked:count:f1"].outbox) <= 7  # what is known to be on the log has left
    first_copies(world.records("dead-letters"))


async def test_law7_what_was_put_aside_can_be_read_by_the_service_alone() -> None:
    world = World()
    world.send(Add(amount=666, remark="private"))
    await world.process().run()
    (letter,) = world.bodies("dead-letters")
    assert "private" not in str({name: value for name, value in letter.items() if name != "original"})
    assert fake_open(letter["original"]).startswith('{"key": ')


async def test_law5_what_was_saved_before_the_parking_is_published_after_a_crash() -> None:
    """The parked aggregate's own outbox is met, too: its entries would count as proven by the commit."""
    world = World()
    world.send(Add(amount=1))
    world.send(Add(amount=666))
    saves = [0]

    def crash(call: str) -> None:
        if call == "save":
            saves[0] += 1
        if call == "publish":
            raise Crash

    world.faults = crash
    with pytest.raises(Crash):
        await world.process().run()
    world.faults = lambda call: 0 if call == "publish" else None
    process = world.process()
    for _ in range(5):
        await process.lanes["ordinary"].step()
    world.faults = lambda _: None
    await world.process().run()
    assert world.bodies("events") == [{"amount": 1}]
    assert letters(world) == [1]
    first_copies(world.log.in_order[2:])


async def test_law7_failures_and_crashes_at_every_step_of_a_parking() -> None:
    for crash_at in range(1, 14):
        world = World()
        for amount in (1, 666, 3):
            world.send(Add(amount=amount))
        calls = [0]

        def crash(call: str, calls: list[int] = calls, crash_at: int = crash_at) -> None:
            calls[0] += 1
            if calls[0] == crash_at:
                raise Crash

        world.faults = crash
        try:
            await world.process().run()
        except Crash:
            await world.process().run()
        assert [c.value for c in first_copies(world.records("events")).popitem()[1]] == [b'{"amount":1}']
        assert sorted(set(letters(world))) == [1, 2]


async def test_law7_three_messages_that_fail_once_each_park_nobody() -> None:
    world, failed = World(), set[str]()

    async def fails_once(_: object, message: Incoming[Add], *__: object) -> None:
        if message.body.amount == 7 and message.id not in failed:
            failed.add(message.id)
            raise RuntimeError

    world.service = with_route(counter_service(), Add, prepare=fails_once)
    for amount in (7, 1, 7, 1, 7, 7, 7):
        world.send(Add(amount=amount))
    process = world.process()
    await process.run()
    assert (world.total(), process.told.outcomes_seen, len(process.told.failures)) == (37, {"decided": 7}, 5)


async def test_law7_what_somebody_else_has_decided_since_it_failed_here_parks_nobody() -> None:
    """A replica whose pool is broken, and one that is well and got the partition meanwhile."""
    world, tries = World(), [0]

    async def broken(*_: object) -> None:
        tries[0] += 1
        if tries[0] == 3:
            await world.process().run()
        raise RuntimeError

    world.send(Add(amount=1))
    process = world.process(service=with_route(counter_service(), Add, prepare=broken))
    await process.run()
    assert (world.total(), process.told.outcomes_seen) == (1, {"duplicate": 1})
    assert {*world.store.documents} == {"count:f1"}
    assert world.records("dead-letters") == []


async def test_law7_the_same_command_put_aside_twice_makes_two_letters() -> None:
    world = World()
    for amount in (666, 1, 1):
        world.send(Add(amount=amount), id="same")
    process = world.process()
    process.lanes["ordinary"].max_records = 1
    await process.run()
    assert letters(world) == [0, 1, 2]
    assert len({copy.id for copy in first_copies(world.records("dead-letters")).popitem()[1]}) == 3


async def test_law5_two_messages_of_one_cause_s_id_are_both_published() -> None:
    """The result of a call, sent twice after a doubtful acknowledgement, is decided twice: both decisions count."""
    world = World()
    process = world.process()
    for _ in range(3):
        world.send(Heard(amount=1), id="same")
        await process.run()
    assert world.total() == 3
    assert len(first_copies(world.records("events")).popitem()[1]) == 3


async def test_law5_a_parked_aggregate_s_own_outbox_is_met_by_a_duplicate() -> None:
    """One replica saved and died while another parked: the redelivery must still publish what was saved."""
    world = World()
    world.send(Heard(amount=5), sequence=1)

    def crash(call: str) -> None:
        if call == "publish":
            raise Crash

    world.faults = crash
    with pytest.raises(Crash):
        await world.process().run()
    world.faults = lambda _: None
    await world.store.save([Document("parked:count:f1", state='{"stage": "parked"}')], world.now)
    await world.process().run()
    assert world.bodies("events") == [{"amount": 5}]
    assert world.records("dead-letters") == []


async def test_law7_the_event_of_a_parking_and_its_first_letter_have_ids_of_their_own() -> None:
    world = World()
    world.send(Add(amount=666))
    await world.process().run()
    said = [*world.records("audit"), *world.records("dead-letters")]
    assert len({envelope_of(record).id for record in said}) == len(said) == 2


async def test_law7_a_round_of_large_letters_ends_before_its_document_outgrows_the_database() -> None:
    world = World()
    world.send(Add(amount=666))
    await world.process().run()
    for _ in range(60):
        world.send(Add(amount=1))
        newest = world.log.in_order[-1]
        newest.value = (newest.value or b"").ljust(MAX_MESSAGE_BYTES)
    sizes = [0]
    world.faults = lambda _: sizes.append(sum(len(e.body) for d in world.store.documents.values() for e in d.outbox))
    await world.process().run()
    assert letters(world) == list(range(61))
    assert MAX_ROUND_BYTES < max(sizes) < 2 * MAX_ROUND_BYTES
