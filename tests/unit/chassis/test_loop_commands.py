"""J3: every command gets exactly one answer, again when it is sent again."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.decision import Facts, Incoming, decided
from contracts.message import Command
from contracts.sealed import Sealed
from services.chassis.command_life import COMMAND_LIFE, SKEW_BORNE
from services.chassis.document import REMEMBERED_AT_LEAST, REMEMBERED_AT_MOST, REMEMBERED_FOR
from tests.component.counter import Add, Ask, CallMade, Mine, counter_service
from tests.fakes.log import FakeRecord
from tests.fakes.world import NOON, World, with_route
from tests.first_copies import envelope_of


def content(record: FakeRecord) -> tuple[Any, ...]:
    return record.key, record.value, record.headers


def reasons(world: World) -> list[tuple[str, str]]:
    return [(body["public_reason"], body["reason"]) for body in world.bodies("audit")]


async def test_J3_a_command_sent_again_gets_the_same_bytes_and_has_no_second_effect() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=100), id="same")
    world.send(Add(amount=100), id="same")
    await process.run()
    world.pass_time(minutes=14)
    world.send(Add(amount=100), id="same", time=world.now - timedelta(minutes=14))
    await world.process().run()  # another replica answers the same
    first, *again = map(content, world.records("answers"))
    assert again == [first, first]
    assert world.total() == 100
    assert len(world.records("events")) == 1
    assert len(process.started) == 1


async def test_J3_the_same_id_with_another_body_is_refused() -> None:
    world = World()
    world.send(Add(amount=1), id="same")
    world.send(Add(amount=2), id="same")
    await world.process().run()
    assert world.total() == 1
    assert reasons(world) == [("command-id-reused", "command-id-reused")]
    assert [envelope_of(r).correlation_id for r in world.records("answers")] == ["same", "same"]
    assert len({envelope_of(r).id for r in world.records("answers")}) == 2


async def test_J3_a_recorded_refusal_is_repeated_and_not_judged_again() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=1))
    world.send(Add(amount=13), id="same")
    world.send(Add(amount=13), id="same")
    await process.run()
    refusal, again = map(content, world.records("answers")[1:])
    assert refusal == again
    assert len(world.records("audit")) == 1


async def test_J3_an_answer_given_later_is_correlated_and_remembered_for_the_resend() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=300), id="later")
    world.send(Add(amount=300), id="later")  # no answer yet: none to repeat
    await process.run()
    assert world.records("answers") == []
    world.send(CallMade(amount=300), "count:f1")
    await process.run()
    world.send(Add(amount=300), id="later")
    await world.process().run()
    answer, again = world.records("answers")
    assert content(answer) == content(again)
    assert envelope_of(answer).correlation_id == envelope_of(answer).causation_id == "later"
    assert len(process.started) == 1


async def test_law4_commands_are_remembered_for_a_time_and_the_last_16_for_ever() -> None:
    world = World()
    process = world.process()
    for _ in range(40):
        world.send(Add(amount=1))
    await process.run()
    world.now += REMEMBERED_FOR + timedelta(milliseconds=1)
    world.send(Add(amount=1), id="last")
    await process.run()
    assert len(world.store.documents["count:f1"].commands) == 16


async def test_law4_an_expired_command_is_refused_unless_it_was_decided_in_time() -> None:
    world = World()
    process = world.process()
    world.send(Add(amount=1), id="in-time", expiry_time=world.now + timedelta(seconds=1))
    await process.run()
    made = world.now
    world.pass_time(seconds=2)
    world.send(Add(amount=1), id="in-time", time=made, expiry_time=made + timedelta(seconds=1))
    world.send(Add(amount=1), id="late", time=made, expiry_time=made + timedelta(seconds=1))
    world.send(Add(amount=1), id="never-said", time=made - timedelta(minutes=16))
    await process.run()
    assert world.total() == 1
    assert reasons(world) == [("command-expired", "command-expired")] * 2
    in_time = [r for r in world.records("answers") if envelope_of(r).correlation_id == "in-time"]
    assert len({content(r) for r in in_time}) == 1


async def test_law4_a_command_that_claims_to_be_made_later_cannot_outlive_the_memory_of_its_id() -> None:
    world = World()
    process = world.process()
    for _ in range(2):
        world.send(Add(amount=1), id="same", time=world.now + timedelta(days=1))
        await process.run()
        world.pass_time(hours=1)
    assert world.state() is None
    assert reasons(world) == [("command-expired", "command-from-the-future")] * 2


@pytest.mark.parametrize("room_made_after", [COMMAND_LIFE - timedelta(milliseconds=1), COMMAND_LIFE + SKEW_BORNE])
async def test_J3_a_command_is_remembered_to_the_end_of_its_life_however_far_clocks_are_ahead(
    room_made_after: timedelta,
) -> None:
    """Its sender's, and that of the broker whose stamp makes room."""
    world = World()
    process = world.process()
    made = world.now + SKEW_BORNE
    world.send(Add(amount=100), id="same", time=made)
    for _ in range(REMEMBERED_AT_LEAST):
        world.send(Add(amount=1))
    await process.run()
    world.now = made + room_made_after
    world.send(Add(amount=1))  # room is made for it
    await process.run()
    world.now = made + COMMAND_LIFE
    world.send(Add(amount=100), id="same", time=made)
    await process.run()
    assert world.total() == 100 + REMEMBERED_AT_LEAST + 1
    assert process.told.outcomes_seen["answered-again"] == 1


async def test_law3_a_command_for_an_absent_aggregate_is_refused_without_a_save() -> None:
    world = World()
    asked = world.send(Ask())
    await world.process().run()
    assert reasons(world) == [("not-found", "no-such-counter")]
    (answer,) = world.records("answers")
    assert (envelope_of(answer).correlation_id, envelope_of(answer).sequence) == (asked, None)
    assert world.store.documents == {}


async def test_law7_duplicates_are_told_before_a_refusal_of_what_they_say() -> None:
    """A redelivered command must not be refused as expired when it had been decided."""
    world = World()
    process = world.process()
    world.send(Add(amount=1), expiry_time=world.now + timedelta(seconds=1))
    await process.run()
    world.pass_time(minutes=1)
    process.lanes["ordinary"].positions = dict.fromkeys(range(6), 0)
    await process.run()
    assert world.records("audit") == []
    assert process.told.outcomes_seen["duplicate"] == 1


async def test_law12_a_token_that_does_not_count_is_answered_with_the_missing_step() -> None:
    world = World()
    world.send(Mine(token=Sealed.of("good-u1"), amount=2))
    world.send(Mine(token=Sealed.of("forged"), amount=2))
    world.send(Mine(token=Sealed(jwe="no..seal.at.all"), amount=2))
    await world.process().run()
    assert world.total("u1") == 2
    refusals = [body for body in world.bodies("answers") if "public_reason" in body]
    assert [(b["public_reason"], b["missing_step"]) for b in refusals] == [
        ("sign-in-needed", "log-in"),
        ("malformed", None),
    ]
    assert reasons(world) == [("sign-in-needed", "token-malformed"), ("malformed", "seal-not-opened")]


async def test_J3_an_answer_is_correlated_by_the_command_s_id_whatever_it_says_that_it_belongs_to() -> None:
    world = World()
    world.send(Add(amount=1), id="mine", correlation_id="another")
    await world.process().run()
    (answer,) = world.records("answers")
    assert envelope_of(answer).correlation_id == "mine"


async def test_law12_what_is_refused_to_nobody_known_is_not_kept_under_the_flow_that_it_names() -> None:
    """Who knows a flow's id may go on with it."""
    world = World()
    world.send(Mine(token=Sealed.of("forged"), amount=1), "f1", id="asked")
    await world.process().run()
    assert {record.key for record in (*world.records("audit"), *world.records("answers"))} == {b"asked"}


async def test_law11_a_seal_broken_inside_a_decision_refuses_the_message_unsaved() -> None:
    world = World()
    world.send(Add(amount=1, note=Sealed(jwe="no..seal.at.all")))
    world.send(Add(amount=2, note=Sealed.of("a note")))
    await world.process().run()
    assert world.total() == 2
    assert world.state().note.reveal() == "a note"
    assert reasons(world) == [("malformed", "seal-not-opened")]
    assert "a note" not in str(world.store.documents)


async def test_law2_facts_are_prepared_for_the_state_as_it_folds() -> None:
    seen: list[int | None] = []

    async def prepare(state: Any, message: Incoming[Add], effects: Any, present: Any) -> Any:
        seen.append(None if state is None else state.total)
        return Facts(present)

    world = World(with_route(counter_service(), Add, prepare=prepare))
    for flow in ("f1", "f1", "f2", "f1"):
        world.send(Add(amount=1), flow)
    await world.process().run()
    assert sorted(seen, key=lambda total: total or 0) == [None, None, 1, 2]
    assert (world.total("f1"), world.total("f2")) == (3, 1)


async def test_law3_a_decision_that_leaves_no_state_saves_nothing() -> None:
    world = World(with_route(counter_service(), Add, decide=lambda state, message, facts: decided(state)))
    world.send(Add(amount=1))
    await world.process().run()
    assert world.store.documents == {}


async def test_law4_a_flood_of_commands_is_refused_before_its_document_outgrows_the_database() -> None:
    world = World()
    process = world.process()
    ids = [world.send(Add(amount=1)) for _ in range(REMEMBERED_AT_MOST + 2)]
    await process.run()
    assert world.total() == len(world.store.documents["count:f1"].commands) == REMEMBERED_AT_MOST
    assert reasons(world) == [("not-available-now", "too-many-commands")] * 2
    assert {envelope_of(r).correlation_id for r in world.records("answers")} == {*ids}
    world.send(Add(amount=1), id=ids[0], time=NOON)
    await process.run()
    assert world.total() == REMEMBERED_AT_MOST  # one that is remembered is answered again, not refused (J3)
    world.now += REMEMBERED_FOR + timedelta(milliseconds=1)
    world.send(Add(amount=1))
    await process.run()
    assert world.total() == REMEMBERED_AT_MOST + 1


@pytest.mark.parametrize(
    "first",
    [(Ask(), {}), (Add(amount=5), {"expiry_time": NOON - timedelta(seconds=1)}), (Add(amount=1), {"id": "known"})],
    ids=["a query", "refused unsaved", "answered again"],
)
async def test_J3_what_was_answered_without_a_save_is_said_before_a_later_save_covers_it(
    first: tuple[Command, dict[str, Any]],
) -> None:
    world = World()
    world.send(Add(amount=1), id="known")
    await world.process().run()
    body, attributes = first
    asked = world.send(body, **attributes)
    decided = world.send(Add(amount=2))
    before = len(world.records("answers"))
    saves = world.store.saves

    def publish_fails_after_a_save(call: str) -> int | None:
        return 0 if call == "publish" and world.store.saves > saves else None

    world.faults = publish_fails_after_a_save
    await world.process().lanes["ordinary"].step()
    world.faults = lambda _: None
    await world.process().run()
    answered = [envelope_of(r).correlation_id for r in world.records("answers")[before:]]
    assert set(answered) == {asked, decided}
    assert world.total() == 3
