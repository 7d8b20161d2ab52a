"""Laws 5, 8 and 10: wake-ups, calls, nudges."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.operations import NUDGE, TIMER_ELAPSED
from services.chassis.document import Document
from tests.component.counter import Add, CallMade, counter_service
from tests.fakes.world import NOON, Crash, World, letters
from tests.first_copies import first_copies
from tests.store_suite import entry

TIMER = TIMER_ELAPSED["accounts"]


async def test_law10_a_wake_up_is_decided_by_the_clock() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=1, wake_after_ms=5_000))
    await process.run()
    world.send(TIMER(aggregate="count:f1"), "count:f1")
    await process.run()
    assert world.state().woken == 0
    assert process.told.outcomes_seen == {"decided": 1, "ignored": 1}
    world.pass_time(seconds=5)
    for _ in range(3):
        world.send(TIMER(aggregate="count:f1"), "count:f1")
    await process.run()
    document = world.store.documents["count:f1"]
    assert (world.state().woken, document.due_at) == (1, None)


async def test_law5_a_wake_up_is_decided_once_whoever_lost_its_partition_since() -> None:
    """A process that stood still meets a wake-up that others have decided and committed. By now it would decide
    otherwise; what it queued would seem proven by their commit, and be lost if it died before sending."""
    world = World()
    frozen = world.process()
    world.send(Add(amount=1, wake_after_ms=1))
    await frozen.run()
    world.pass_time(seconds=1)
    world.send(TIMER(aggregate="count:f1"), "count:f1")
    positions = dict(frozen.lanes["ordinary"].positions)
    await world.process().run()
    world.send(Add(amount=1, wake_after_ms=1))
    await world.process().run()
    world.pass_time(seconds=1)
    document = world.store.documents["count:f1"]
    frozen.lanes["ordinary"].positions = positions
    await frozen.run()
    assert frozen.told.outcomes_seen["duplicate"] == 2
    assert world.store.documents["count:f1"].version == document.version
    assert world.state().woken == 1


async def test_law5_a_wake_up_that_changed_nothing_is_not_decided_later_by_whoever_lost_its_partition_since() -> None:
    """It came too early and was committed. Who meets it again when something is due, and dies before sending, would
    leave what the commit seems to prove."""
    world = World()
    frozen = world.process()
    world.send(Add(amount=1, wake_after_ms=1_000))
    await frozen.run()
    world.send(TIMER(aggregate="count:f1"), "count:f1")
    positions = dict(frozen.lanes["ordinary"].positions)
    owner = world.process()
    await owner.run()
    world.pass_time(seconds=1)
    frozen.lanes["ordinary"].positions = positions
    await frozen.run()
    assert world.state().woken == 0
    world.send(TIMER(aggregate="count:f1"), "count:f1")
    await owner.run()
    assert world.state().woken == 1
    first_copies(world.records("events"))  # without a gap


async def test_law10_the_document_says_when_it_wants_to_be_woken() -> None:
    world = World()
    world.send(Add(amount=1, wake_after_ms=5_000))
    await world.process().run()
    assert world.store.documents["count:f1"].due_at == world.now + timedelta(seconds=5)


async def test_law9_what_is_granted_begins_no_earlier_than_its_message_came() -> None:
    world = World()
    process = world.process()
    process.loop.folder.present = lambda: world.now - timedelta(seconds=5)
    world.send(Add(amount=1, wake_after_ms=1_000))
    await process.run()
    assert world.state().wake_at == NOON + timedelta(seconds=1)


@pytest.mark.parametrize("call", ["publish", "commit"])
async def test_law10_a_wake_up_that_was_saved_and_comes_again_changes_nothing(call: str) -> None:
    world = World()
    world.send(Add(amount=1, wake_after_ms=1))
    await world.process().run()
    world.pass_time(seconds=1)
    world.send(TIMER(aggregate="count:f1"), "count:f1")

    def crash(made: str) -> None:
        if made == call:
            raise Crash

    world.faults = crash
    with pytest.raises(Crash):
        await world.process().run()
    world.faults = lambda _: None
    await world.process().run()
    assert world.state().woken == 1
    assert [c.value for c in first_copies(world.records("events")).popitem()[1]] == [b'{"amount":1}', b'{"amount":0}']


@pytest.mark.parametrize("call", ["save", "publish", "commit"])
async def test_law8_a_redelivery_never_calls(call: str) -> None:
    world = World()
    world.send(Add(amount=100))

    def crash(made: str) -> None:
        if made == call:
            raise Crash

    world.faults = crash
    first, second = world.process(), world.process()
    with pytest.raises(Crash):
        await first.run()
    world.faults = lambda _: None
    await second.run()
    assert first.started == []
    assert len(second.started) == (1 if call == "save" else 0)


async def test_law8_the_result_of_a_call_is_an_ordinary_message() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=100))
    world.send(CallMade(amount=100), "count:f1")
    await process.run()
    assert world.state().calls == 1


async def test_law5_a_nudge_publishes_again_and_trims_in_the_same_handling() -> None:
    world = World()
    world.send(Add(amount=1))
    await world.process().run()
    nudge = NUDGE["accounts"](aggregate="count:f1")
    world.log.committed.clear()  # an operator set the offsets back: nothing is proven any more
    fresh = world.process()
    fresh.acknowledged.committed.clear()
    fresh.lanes["ordinary"].positions = {p: len(world.log.records["accounts.commands"][p]) for p in range(6)}
    world.send(nudge, "count:f1")
    await fresh.run()
    assert world.bodies("events") == [{"amount": 1}] * 2
    assert world.store.documents["count:f1"].outbox == []
    assert world.total() == 1
    world.send(nudge, "count:f1")
    await fresh.run()
    assert len(world.bodies("events")) == 2


async def test_law5_a_nudge_trims_what_was_decided_beside_it() -> None:
    world = World()
    world.send(Add(amount=1))
    world.send(NUDGE["accounts"](aggregate="count:f1"), "count:f1")
    await world.process().run()
    assert (world.total(), world.bodies("events")) == (1, [{"amount": 1}])
    assert world.store.documents["count:f1"].outbox == []


async def test_law5_a_parked_aggregate_can_be_nudged() -> None:
    world = World()
    world.send(Add(amount=666))
    await world.process().run()
    assert world.store.documents["parked:count:f1"].outbox
    world.send(NUDGE["accounts"](aggregate="parked:count:f1"), "parked:count:f1")
    process = world.process()
    await process.run()
    assert process.told.letters == []
    assert world.store.documents["parked:count:f1"].outbox == []


async def test_law7_law10_a_wake_up_of_what_is_parked_is_no_letter() -> None:
    world = World()
    world.send(Add(amount=666))
    world.send(TIMER(aggregate="count:f1"), "count:f1")
    await world.process().run()
    world.send(TIMER(aggregate="count:f1"), "count:f1")
    await world.process().run()
    assert letters(world) == [0]


async def test_law10_a_wake_up_of_nothing_is_refused_without_a_save() -> None:
    world = World()
    world.send(TIMER(aggregate="count:nobody"), "count:nobody")
    await world.process().run()
    assert world.store.documents == {}
    assert world.records("answers") == []


async def test_law10_a_wake_up_of_a_kind_that_sleeps_for_ever_is_put_aside_and_parks_nothing() -> None:
    service = counter_service()
    world = World(replace(service, kinds=(replace(service.kinds[0], due_at=None, on_timer=None),)))
    world.send(Add(amount=1))
    for _ in range(3):
        world.send(TIMER(aggregate="count:f1"), "count:f1")
    world.send(Add(amount=1))
    process = world.process()
    await process.run()
    assert (world.total(), process.told.failures, process.told.letters) == (2, [], ["aggregate-malformed"] * 3)


async def test_law7_a_letter_that_is_published_at_the_third_try_is_counted_once() -> None:
    world = World()
    world.send(TIMER(aggregate="nothing"), "nothing")
    process, failures = world.process(), [0, 0]
    world.faults = lambda call: failures.pop() if call == "publish" and failures else None
    await process.run()
    assert failures == []
    assert process.told.letters == ["aggregate-malformed"]


async def test_law5_a_nudge_after_the_unparking_publishes_what_had_been_put_aside() -> None:
    """Nobody else comes back to the document of an aggregate that is parked no more."""
    world = World()
    process = world.process()
    await world.store.save(
        [Document("parked:count:f1", state='{"stage":"unparked","settled":0}', outbox=[entry()])], NOON
    )
    for seen in (1, 1):
        world.send(NUDGE["accounts"](aggregate="count:f1"), "count:f1")
        await process.run()
        assert len(world.bodies("events")) == seen
    assert world.store.documents["parked:count:f1"].outbox == []


async def test_law9_a_call_was_asked_for_at_the_stamp_of_its_message_and_not_when_that_was_decided() -> None:
    """A call that has waited too long is told by it: a lane that stood still for an hour has old messages to decide."""
    world = World()
    world.send(Add(amount=100))
    world.pass_time(minutes=1)
    process = world.process()
    await process.run()
    assert [due.asked_at for due in process.started] == [NOON]
