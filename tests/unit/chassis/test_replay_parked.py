"""Law 7: a parked aggregate's letters are replayed in their order, once, and then it goes on."""

import contextlib
from dataclasses import replace
from typing import Any

from contracts.decision import Decision, Facts, Incoming
from services.chassis.document import Document
from tests.component.counter import Add, Ask, Count, Heard, add, counter_service
from tests.fakes.log import FakePublisher
from tests.fakes.world import Crash, Operator, Process, World, letters, with_route
from tests.first_copies import first_copies


def mended(state: Count | None, message: Incoming[Add], facts: Facts) -> Decision[Count]:
    """The release in which 666 is a number like others."""
    body = message.body.model_copy(update={"amount": 600}) if message.body.amount == 666 else message.body
    return add(state, replace(message, body=body), facts)


MENDED = with_route(counter_service(), Add, decide=mended)


async def parked_world(*amounts: int) -> tuple[World, Operator]:
    """A counter that met its bug with 666."""
    world = World()
    for amount in amounts:
        world.send(Add(amount=amount))
    await world.process().run()
    return world, Operator(world)


def added(world: World) -> list[int]:
    """What the events say was added, in their order."""
    streams = first_copies(world.records("events"))
    return [int(copy.value[10:-1]) for copies in streams.values() for copy in copies]


async def in_one_life(world: World) -> Process:
    process = world.process(service=MENDED)
    await process.run()
    return process


async def test_law7_replayed_in_order_and_unparked_it_is_as_if_nothing_had_failed() -> None:
    world, operator = await parked_world(1, 666, 3, 4)
    orders = [*operator.replay_all(), operator.unpark()]
    process = await in_one_life(world)
    assert [operator.told(order) for order in orders] == [["decided"], ["decided"], ["decided"], ["AggregateUnparked"]]
    assert process.told.went_on == ["count:f1"]
    assert added(world) == [1, 600, 3, 4]
    world.send(Add(amount=5))
    await in_one_life(world)
    assert added(world) == [1, 600, 3, 4, 5]
    assert len(letters(world)) == 3
    first_copies(world.log.in_order[4:])


async def test_law7_what_comes_while_letters_are_replayed_goes_behind_them() -> None:
    world, operator = await parked_world(666, 2)
    await in_one_life(world)
    world.send(Add(amount=3))
    orders = [*operator.replay_all(), operator.unpark()]
    process = world.process(service=MENDED)
    await process.lanes["ordinary"].step()
    await process.run()
    assert operator.told(orders[-1]) == ["letters-left"]
    assert added(world) == [600, 2]
    later = [operator.replay(*operator.letters()[-1]), operator.unpark()]
    await in_one_life(world)
    assert [operator.told(order) for order in later] == [["decided"], ["AggregateUnparked"]]
    assert added(world) == [600, 2, 3]


async def test_law7_a_letter_out_of_its_turn_is_refused_and_is_still_there() -> None:
    world, operator = await parked_world(666, 2)
    first, second = operator.letters()
    early = operator.replay(*second)
    await in_one_life(world)
    assert operator.told(early) == ["letter-out-of-order"]
    assert added(world) == []
    orders = [operator.replay(*first), operator.replay(*second)]
    await in_one_life(world)
    assert [operator.told(order) for order in orders] == [["decided"], ["decided"]]
    assert added(world) == [600, 2]


async def test_law7_a_letter_is_replayed_twice_without_a_second_effect() -> None:
    world, operator = await parked_world(666)
    orders = [*operator.replay_all(), *operator.replay_all(), operator.unpark(), *operator.replay_all()]
    await in_one_life(world)
    told = [operator.told(order) for order in orders]
    assert told == [["decided"], ["duplicate"], ["AggregateUnparked"], ["duplicate"]]
    assert added(world) == [600]


async def test_law7_a_query_among_the_letters_is_answered_once() -> None:
    """It leaves no number of its own: that it had its turn is all that is remembered."""
    world, operator = await parked_world(666)
    world.send(Ask())
    await world.process().run()
    orders = [*operator.replay_all(), *operator.replay_all()]
    await in_one_life(world)
    assert [operator.told(order) for order in orders] == [["decided"], ["answered"], ["duplicate"], ["duplicate"]]


async def test_law7_a_letter_ordered_again_behind_a_later_one_does_not_set_the_count_back() -> None:
    world, operator = await parked_world(666, 2)
    orders = [*operator.replay_all(), operator.replay(*operator.letters()[0]), operator.unpark()]
    await in_one_life(world)
    told = [operator.told(order) for order in orders]
    assert told == [["decided"], ["decided"], ["duplicate"], ["AggregateUnparked"]]


async def test_law7_a_bug_that_is_still_there_keeps_the_letter_and_the_order() -> None:
    world, operator = await parked_world(1, 666, 3)
    orders = [*operator.replay_all(), operator.unpark()]
    process = world.process()
    await process.run()
    told = [operator.told(order) for order in orders]
    assert told == [["letter-fails-again"], ["letter-out-of-order"], ["letters-left"]]
    assert process.told.failures == [("count:f1", "Bug", False)] * 3
    assert (added(world), len(letters(world))) == ([1], 2)
    again = [*operator.replay_all(), operator.unpark()]
    await in_one_life(world)
    assert [operator.told(order) for order in again] == [["decided"], ["decided"], ["AggregateUnparked"]]
    assert added(world) == [1, 600, 3]


async def test_law7_dropped_letters_are_settled_and_the_rest_goes_on() -> None:
    world, operator = await parked_world(1, 666, 3)
    orders = [operator.drop(1, 1), operator.replay(*operator.letters()[1]), operator.unpark()]
    process = world.process()
    await process.run()
    told = [operator.told(order) for order in orders]
    assert told == [["ParkedLettersDropped"], ["decided"], ["AggregateUnparked"]]
    assert added(world) == [1, 3]
    process.lanes["ordinary"].positions = dict.fromkeys(range(6), 0)
    await process.run()
    assert added(world) == [1, 3]


async def test_law7_what_was_dropped_stays_decided_when_it_comes_again() -> None:
    world, operator = await parked_world(666, 2)
    orders = [operator.replay(*operator.letters()[0]), operator.drop(2, 2), operator.unpark()]
    process = await in_one_life(world)
    assert [operator.told(order) for order in orders] == [["decided"], ["ParkedLettersDropped"], ["AggregateUnparked"]]
    process.lanes["ordinary"].positions = dict.fromkeys(range(6), 0)
    await process.run()
    assert (world.total(), process.told.outcomes_seen["duplicate"]) == (600, 2)


async def test_law7_a_drop_leaves_no_letter_out() -> None:
    world, operator = await parked_world(666, 2, 3)
    orders = [operator.drop(2, 3), operator.drop(1, 9), operator.drop(2, 1), operator.drop(1, 3), operator.drop(1, 2)]
    await in_one_life(world)
    assert [operator.told(order) for order in orders] == [
        ["letter-out-of-order"], ["letter-unknown"], ["letter-unknown"], ["ParkedLettersDropped"],
        ["letters-settled"],
    ]  # fmt: skip


async def test_law7_what_was_decided_is_not_told_to_be_dropped() -> None:
    """Two operators at work: one has replayed what the other, with an older list, drops."""
    world, operator = await parked_world(666, 2, 3)
    first, second, _ = operator.letters()
    decided = [operator.replay(*first), operator.replay(*second)]
    late, in_part = operator.drop(1, 2), operator.drop(1, 3)
    await in_one_life(world)
    assert [operator.told(order) for order in decided] == [["decided"], ["decided"]]
    assert (operator.told(late), operator.told(in_part)) == (["letters-settled"], ["ParkedLettersDropped"])
    assert [(told["first"], told["last"]) for told in world.bodies("audit") if "first" in told] == [(3, 3)]
    assert added(world) == [600, 2]


async def test_law7_only_what_is_parked_is_unparked_and_only_once() -> None:
    world, operator = await parked_world(666)
    world.send(Add(amount=1), "g1")
    never = operator.unpark("count:g1")
    orders = [operator.unpark(), *operator.replay_all(), operator.unpark(), operator.unpark()]
    await in_one_life(world)
    assert operator.told(never) == ["aggregate-not-parked"]
    assert [operator.told(order) for order in orders] == [
        ["letters-left"], ["decided"], ["AggregateUnparked"], ["aggregate-not-parked"],
    ]  # fmt: skip


async def test_law7_an_aggregate_is_parked_and_unparked_again_and_again() -> None:
    world, operator = await parked_world(666)
    for round_number in range(1, 4):
        orders = [operator.replay(*operator.letters()[-1]), operator.unpark()]
        await in_one_life(world)
        assert [operator.told(order) for order in orders] == [["decided"], ["AggregateUnparked"]]
        world.send(Add(amount=666))
        await world.process().run()
        assert len(letters(world)) == round_number + 1
    parked = [b for b in world.bodies("audit") if b.get("reason") == "third-failure"]
    assert len(parked) == 4
    first_copies(world.log.in_order[1:])


async def test_law7_a_counter_of_letters_that_was_forgotten_stops_nobody() -> None:
    """After 30 days a busy document may forget a number: letters of earlier parkings are settled all the same."""
    world, operator = await parked_world(666)
    operator.replay_all()
    operator.unpark()
    await in_one_life(world)
    document = world.store.documents["count:f1"]
    await world.store.save([replace(document, numbers={})], world.now)
    world.send(Add(amount=666))
    await world.process().run()
    orders = [operator.replay(*operator.letters()[-1]), operator.unpark()]
    await in_one_life(world)
    assert [operator.told(order) for order in orders] == [["decided"], ["AggregateUnparked"]]


async def test_law13_what_the_release_before_put_aside_though_it_was_unparked_is_still_to_be_decided() -> None:
    """It takes any twin for a parked one: its letter has a number of its own, and its turn."""
    world, operator = await parked_world(666)
    operator.replay_all()
    operator.unpark()
    await in_one_life(world)
    world.send(Add(amount=2))
    process = world.process(service=MENDED)
    twin, document = (world.store.documents[i] for i in ("parked:count:f1", "count:f1"))
    record = world.log.all("accounts.commands")[-1]
    arrival: Any = process.decoder.read(record, Add.topic, world.now)
    aside = replace(twin, state='{"stage": "parked"}')
    folded = await process.loop.morgue.fold(aside, document, [arrival], world.now)
    await world.store.save([replace(folded.draft, state=twin.state)], world.now)
    await FakePublisher(world.log)([folded.draft.outbox[-1].record("accounts", "parked:count:f1")])
    process.lanes["ordinary"].commit([record])
    order = operator.replay(*operator.letters()[-1])
    await in_one_life(world)
    assert operator.told(order) == ["decided"]
    assert added(world) == [600, 2]


async def test_law7_news_of_several_senders_keep_their_numbers_through_a_parking() -> None:
    world = World()
    world.send(Add(amount=666))
    for sequence in (1, 2):
        world.send(Heard(amount=sequence), sequence=sequence)
    await world.process().run()
    operator = Operator(world)
    operator.replay_all()
    operator.unpark()
    process = await in_one_life(world)
    for lane in process.lanes.values():
        lane.positions = dict.fromkeys(range(6), 0)
    await process.run()
    assert added(world) == [600, 1, 2]
    document: Document = world.store.documents["count:f1"]
    assert document.numbers["identity/f1/identity.events"][0] == 2


async def test_law5_an_order_that_comes_again_says_the_same_once_more() -> None:
    world, operator = await parked_world(666, 2)
    operator.replay_all()
    operator.unpark()
    process = await in_one_life(world)
    said: list[Any] = [record.value for record in world.log.in_order]
    process.lanes["replay"].positions = dict.fromkeys(range(6), 0)
    await process.run()
    assert [record.value for record in world.log.in_order] == said
    assert added(world) == [600, 2]


async def test_law5_an_order_that_was_saved_and_comes_again_has_one_outcome() -> None:
    world, operator = await parked_world(666)
    (order,) = operator.replay_all()

    def crash(call: str) -> None:
        if call == "commit":
            raise Crash

    world.faults = crash
    with contextlib.suppress(Crash):
        await in_one_life(world)
    world.faults = lambda _: None
    await in_one_life(world)
    assert set(operator.told(order)) == {"decided"}


async def test_law5_J3_an_answer_that_a_letter_gets_again_is_published() -> None:
    """The command was answered, and sent again while its aggregate was parked: the first cause is long committed."""
    world = World()
    for amount in (1, 666, 1):
        world.send(Add(amount=amount), id="bug" if amount == 666 else "same")
    await world.process().run()
    Operator(world).replay_all()
    await in_one_life(world)
    assert [body for body in world.bodies("answers") if body.get("total") == 1] == [{"total": 1}] * 2
