"""Law 7: a record that could not be read is replayed as if it came for the first time; each no has its reason."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.operations import REPLAY_DEAD_LETTER
from contracts.sealed import Sealed
from services.chassis.instants import ms
from services.chassis.service import Service
from tests.component.counter import Add, CallMade, Heard, Mine, counter_service
from tests.fakes.log import FakeRecord
from tests.fakes.world import NOON, Operator, World, fake_open, fake_seal, letters, with_route
from tests.first_copies import first_copies
from tests.unit.chassis.test_replay_parked import added

NEW = counter_service()
OLD = replace(NEW, routes=tuple(route for route in NEW.routes if route.message not in {Add, CallMade, Mine}))
"""A release that does not know some messages yet."""

Letter = dict[str, Any]


async def unread(*bodies: Any, **attributes: Any) -> tuple[World, Operator]:
    """Messages that the old release put aside."""
    world = World()
    for body in bodies:
        world.send(body, **attributes)
    await world.process(service=OLD).run()
    return world, Operator(world)


async def replayed(world: World, operator: Operator, service: Service = NEW) -> list[str]:
    """What the audit hears when the first letter is replayed."""
    order = operator.replay(*operator.letters()[0])
    await world.process(service=service).run()
    return operator.told(order)


async def test_law7_a_record_is_decided_after_all() -> None:
    world, operator = await unread(Add(amount=7))
    assert [letter["reason"] for _, letter in operator.letters()] == ["type-unknown"]
    assert await replayed(world, operator) == ["decided"]
    assert added(world) == [7]
    assert await replayed(world, operator) == ["duplicate"]
    assert added(world) == [7]
    answers = [body for body in world.bodies("answers") if "total" in body]
    assert answers == [{"total": 7}]
    first_copies(world.records("audit"))


async def test_law9_its_first_stamp_judges_what_it_claims_and_the_present_what_is_granted() -> None:
    world, operator = await unread(Add(amount=7, wake_after_ms=1000))
    world.pass_time(minutes=5)
    assert await replayed(world, operator) == ["decided"]
    assert world.state().wake_at == NOON + timedelta(minutes=5, seconds=1)
    numbers = world.store.documents["count:f1"].numbers
    assert {stream.split("/")[1]: at for stream, (_, at) in numbers.items()} == {
        "accounts.commands": ms(NOON),
        "accounts.replay": ms(NOON + timedelta(minutes=5)),
    }


async def test_law4_a_command_that_is_too_old_is_refused_and_not_decided() -> None:
    world, operator = await unread(Add(amount=7))
    world.pass_time(minutes=16)
    assert await replayed(world, operator) == ["refused"]
    assert world.state() is None
    refusals = [body["public_reason"] for body in world.bodies("answers") if "public_reason" in body]
    assert refusals == ["command-expired"]


async def test_law4_a_letter_that_its_stream_has_gone_past_is_a_duplicate() -> None:
    world = World()
    world.send(Heard(amount=1), sequence=1)
    await world.process().run()
    world.send(CallMade(amount=5), "count:f1", sequence=1)
    await world.process(service=OLD).run()
    world.send(CallMade(amount=5), "count:f1", sequence=2)
    await world.process().run()
    operator = Operator(world)
    assert await replayed(world, operator) == ["duplicate"]
    assert world.state().calls == 1


async def test_law7_one_that_is_still_no_good_is_a_letter_again_with_its_first_place() -> None:
    world, operator = await unread(Add(amount=7))
    assert await replayed(world, operator, OLD) == ["dead-letter"]
    first, second = operator.letters()
    place = ("source_topic", "epoch", "partition", "offset", "reason")
    assert [first[1][name] for name in place] == [second[1][name] for name in place]
    assert first[0].key == second[0].key
    order = operator.replay(*second)
    await world.process(service=NEW).run()
    assert operator.told(order) == ["decided"]
    assert added(world) == [7]


async def test_law7_for_a_parked_aggregate_it_goes_behind_in_its_order() -> None:
    world, operator = await unread(Mine(token=Sealed.of("good-f1"), amount=7))
    world.send(Heard(amount=1), "f1", sequence=1)
    buggy = with_route(NEW, Heard, decide=_bug)
    await world.process(service=buggy).run()
    assert await replayed(world, operator) == ["put-aside"]
    assert [letter["source_topic"] for _, letter in operator.letters("aggregate-parked")] == [
        "identity.events",
        "accounts.commands",
    ]
    orders = [operator.replay(*each) for each in operator.letters("aggregate-parked")] + [operator.unpark()]
    await world.process().run()
    assert [operator.told(order) for order in orders] == [["decided"], ["decided"], ["AggregateUnparked"]]
    assert added(world) == [1, 7]


async def test_law7_a_replayed_record_can_park_its_aggregate() -> None:
    world, operator = await unread(Add(amount=666))
    assert await replayed(world, operator) == ["put-aside"]
    assert letters(world) == [0]
    assert await replayed(world, operator) == ["duplicate"]
    first_copies(world.log.in_order[1:])


def _bug(*_: Any) -> Any:
    raise RuntimeError


async def test_law7_a_record_that_is_not_replayed_is_dropped() -> None:
    world, operator = await unread(Add(amount=7))
    order = operator.drop_record(*operator.letters()[0])
    await world.process().run()
    assert operator.told(order) == ["DeadLetterDropped"]
    (dropped,) = world.bodies("audit")
    assert (dropped["operator"], dropped["why"]) == ("sami", "corrected in release 2")
    assert added(world) == []


async def test_law7_an_event_of_no_use_any_more_is_skipped() -> None:
    world = World()
    world.log.append("identity.events", b"f1", b"{}", _headers(world, Heard(amount=1)))
    await world.process().run()
    without = replace(NEW, routes=tuple(route for route in NEW.routes if route.message is not Heard))
    assert await replayed(world, Operator(world), without) == ["skipped"]


async def test_law7_a_record_too_large_to_be_kept_is_said_to_be() -> None:
    world = World()
    world.log.append("accounts.commands", b"f1", b"{}" + b" " * 100_000, _headers(world, Add(amount=1)))
    await world.process().run()
    assert await replayed(world, Operator(world)) == ["original-not-kept"]


def _headers(world: World, body: Any) -> Any:
    """The headers of a good message."""
    other = World()
    other.send(body, sequence=1 if isinstance(body, Heard) else None)
    return other.log.in_order[0].headers


def kept(**changes: Any) -> str:
    """The text in a letter, as anybody may write it; the letters of release 0.1 look like this."""
    good = {"key": "ZjE=", "value": "e30=", "headers": [], "stamp_ms": ms(NOON)}
    return json.dumps(good | changes)


def _sealed_anew(text: str) -> Sealed:
    order = REPLAY_DEAD_LETTER["accounts"](
        letter_id="l", source_topic="t", epoch=1, partition=0, offset=0, original=Sealed.of(text), operator="sami",
        why="why",
    )  # fmt: skip
    sealed = fake_seal(order, "f1")
    assert isinstance(sealed, REPLAY_DEAD_LETTER["accounts"])
    return sealed.original


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"original": Sealed(jwe="A..A.A.A")}, None, "letter-not-opened"),
        *(
            ({"original": _sealed_anew(text)}, None, "letter-not-opened")
            for text in (
                "no JSON",
                "{}",
                "[]",
                '"x"',
                "[" * 100_000,
                kept(stamp_ms=float("inf")),
                kept(stamp_ms=10**20),
                kept(stamp_ms=-(10**14)),
                kept(stamp_ms=1.5),
                kept(value="no base64"),
                kept(headers=[["h", 1]]),
            )
        ),
        ({"original": _sealed_anew(kept(place=["accounts.commands", 0, 5]))}, None, "letter-does-not-fit"),
        ({"original": _sealed_anew(kept(proof="0" * 32))}, None, "letter-does-not-fit"),
        ({"original": _sealed_anew(kept(proof="é"))}, None, "letter-does-not-fit"),
        ({"offset": 9}, "1.accounts.commands.1.9", "letter-does-not-fit"),
        (
            {"aggregate": "count:f1", "sequence": 1, "original": _sealed_anew(kept(place=["a", 1, 1]))},
            "count:f1",
            "letter-does-not-fit",
        ),
        ({}, "elsewhere", "order-key-wrong"),
        ({"source_topic": "identity.codes"}, "1.identity.codes.1.0", "topic-not-read"),
        ({"source_topic": "accounts.replay"}, "1.accounts.replay.1.0", "topic-not-read"),
        ({"aggregate": "count:f1"}, "count:f1", "letter-does-not-fit"),
        ({"aggregate": "count:g1", "sequence": 1}, "count:g1", "letter-does-not-fit"),
        ({"aggregate": "count:f1", "sequence": 1}, "count:f1", "letter-unknown"),
        ({"aggregate": "nothing:f1", "sequence": 1}, "nothing:f1", "aggregate-unknown"),
    ],
)
async def test_law7_an_order_that_does_not_fit_is_refused(
    changes: dict[str, Any], key: str | None, reason: str
) -> None:
    world, operator = await unread(Add(amount=7))
    record, letter = operator.letters()[0]
    body = {name: letter[name] for name in ("source_topic", "epoch", "partition", "offset", "original")}
    original = {"original": Sealed(jwe=letter["original"])}
    order = REPLAY_DEAD_LETTER["accounts"](
        **body | original | {"letter_id": "l", "operator": "sami", "why": "corrected"} | changes
    )
    sent = operator.send(order, key or _place_key(record))
    await world.process(unproven_until=NOON + timedelta(days=1)).run()
    assert operator.told(sent) == [reason]
    assert added(world) == []


@pytest.mark.parametrize(
    ("proven", "unproven_until", "told"),
    [
        (False, None, "letter-does-not-fit"),
        (False, NOON, "letter-does-not-fit"),
        (False, NOON + timedelta(seconds=1), "decided"),
        (True, None, "decided"),
    ],
)
async def test_law12_a_letter_without_its_service_s_proof_is_taken_only_as_long_as_an_operator_allows_it(
    proven: bool, unproven_until: datetime | None, told: str
) -> None:
    world = World()
    world.send(Heard(amount=1), sequence=1)
    await world.process().run()
    world.send(CallMade(amount=5), "count:f1", sequence=1)
    await world.process(service=OLD).run()
    operator = Operator(world)
    record, letter = operator.letters()[0]
    text = json.loads(fake_open(letter["original"]))
    of_0_1 = {name: text[name] for name in ("key", "value", "headers", "stamp_ms")}
    order = operator.replay(record, letter, original=_sealed_anew(json.dumps(text if proven else of_0_1)))
    await world.process(unproven_until=unproven_until).run()
    assert operator.told(order) == [told]
    assert world.state().calls == (1 if told == "decided" else 0)


def _place_key(record: FakeRecord) -> str:
    return (record.key or b"").decode()


async def test_law7_a_parked_letter_that_cannot_be_read_now_keeps_its_turn() -> None:
    world = World()
    world.send(Add(amount=666))
    await world.process().run()
    operator = Operator(world)
    assert await replayed(world, operator, OLD) == ["letter-not-readable"]
    drop = operator.drop(1, 1)
    unpark = operator.unpark()
    await world.process(service=OLD).run()
    assert [operator.told(order) for order in (drop, unpark)] == [["ParkedLettersDropped"], ["AggregateUnparked"]]


async def test_law4_an_order_has_a_command_s_life() -> None:
    world, operator = await unread(Add(amount=7))
    record, letter = operator.letters()[0]
    made = world.now - timedelta(hours=1)
    body = json.loads(record.value or b"")
    order = REPLAY_DEAD_LETTER["accounts"](
        **{name: body[name] for name in ("source_topic", "epoch", "partition", "offset")},
        original=Sealed(jwe=letter["original"]), letter_id="l", operator="sami", why="corrected",
    )  # fmt: skip
    sent = world.send(order, _place_key(record), source="operators", time=made)
    await world.process().run()
    assert operator.told(sent) == ["command-expired"]


async def test_law12_nobody_but_operators_orders() -> None:
    world, operator = await unread(Add(amount=7))
    operator.replay(*operator.letters()[0])
    order = world.log.in_order[-1]
    headers = [(name, b"web" if name == "ce_source" else value) for name, value in order.headers]
    world.log.append(order.topic, order.key, order.value, headers)
    await world.process(service=OLD).run()
    assert [letter["reason"] for _, letter in operator.letters()] == [
        "type-unknown", "type-unknown", "writer-not-permitted",
    ]  # fmt: skip
