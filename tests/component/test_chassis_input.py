"""One clear outcome for whatever comes in, and the neighbours in the batch unharmed (law 7); everything sent twice."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from contracts.envelope import Envelope, to_headers
from contracts.operations import DEAD_LETTER
from contracts.sealed import Sealed
from services.chassis.keyring import Keyring
from services.chassis.metrics import Metrics
from tests.component.counter import Add, Count, Counted, Heard, Mine
from tests.component.service_under_test import House
from tests.eventually import eventually
from tests.first_copies import envelope_of

COMMANDS, EVENTS = "accounts.commands", "identity.events"


def headers(
    flow: str, type_name: str = Add.type_name, source: str = "web", **more: Any
) -> list[tuple[str, bytes | None]]:
    envelope = Envelope(str(uuid.uuid4()), source, type_name, flow, datetime.now(UTC), **more)
    return list(to_headers(envelope))


def bad_records(flow: str) -> list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes | None]], str]]:
    """Topic, key, value, headers and the reason why it is put aside."""
    key, good = flow.encode(), b'{"amount":1}'
    return [
        (COMMANDS, key, b"not JSON", headers(flow), "body-malformed"),
        (COMMANDS, key, b'{"amount":"1"}', headers(flow), "body-malformed"),
        (COMMANDS, key, b"{}", headers(flow), "body-malformed"),
        (COMMANDS, key, b'{"amount":1,"more":2}', headers(flow), "body-malformed"),
        (COMMANDS, key, json.dumps({"amount": 1, "remark": "x" * 201}).encode(), headers(flow), "body-malformed"),
        (COMMANDS, key, b'{"amount":1,"remark":"a\\u0000b"}', headers(flow), "body-malformed"),
        (COMMANDS, key, b'{"amount":NaN}', headers(flow), "body-malformed"),
        (COMMANDS, key, b"[" * 5_000, headers(flow), "body-malformed"),
        (COMMANDS, key, None, headers(flow), "body-malformed"),
        (COMMANDS, key, b'{"amount":1,"remark":"\xff"}', headers(flow), "body-malformed"),
        (COMMANDS, key, b" " * 70_000, headers(flow), "body-too-large"),
        (COMMANDS, b"k" * 100_000, b" " * 100_000, [("x" * 30_000, b"y")], "envelope"),
        (COMMANDS, key, good, [*headers(flow), ("ce_correlationid", None)], "envelope"),
        (COMMANDS, key, good, [*headers(flow), ("ce_causationid", b"\xff\xfe")], "envelope"),
        (COMMANDS, None, good, headers(flow), "envelope"),
        (COMMANDS, key, good, [], "envelope"),
        (COMMANDS, key, good, headers(flow, "hesabi.accounts.Nothing.v1"), "type-unknown"),
        (COMMANDS, key, good, headers(flow, Counted.type_name), "type-unknown"),
        (COMMANDS, key, good, headers(flow, source="billing"), "writer-not-permitted"),
        (COMMANDS, key, good, headers(flow, source="accounts"), "writer-not-permitted"),
        (EVENTS, key, b'{"amount":"1"}', headers(flow, Heard.type_name, "identity"), "body-malformed"),
        (EVENTS, key, b'{"amount":1}', headers(flow, Heard.type_name, "accounts"), "writer-not-permitted"),
    ]


def equal_to(total: int) -> Callable[[int], bool]:
    return lambda seen: seen == total


def called_twice(state: Count) -> bool:
    return state.calls == 2


def adding_up(state: Count) -> bool:
    return state.total == 438


async def test_law7_every_bad_record_has_one_outcome_and_its_neighbours_are_unharmed(house: House) -> None:
    flow, metrics = "wrong-1", Metrics()
    bad = bad_records(flow)
    good: list[str] = []
    before = len(house.said("dead-letters", ""))
    for record in bad:
        await house.raw(*record[:4])
        good.append(await house.send(Add(amount=1), flow))
    await house.raw(EVENTS, flow.encode(), b"{}", headers(flow, "hesabi.identity.NewThing.v1", "identity"))
    await house.send(Heard(amount=100), flow, sequence=1)
    async with house.service(metrics=metrics) as engine:
        await house.all_answered(flow, good)
        await eventually(partial(house.total, engine, flow), equal_to(len(good) + 100))
        letters = await eventually(
            lambda: house.said("dead-letters", "")[before:], lambda found: len(found) >= len(bad)
        )
        keyring = Keyring("accounts", house.keys, {})
        assert sorted(json.loads(r.value)["reason"] for r in letters) == sorted(record[4] for record in bad)
        body = DEAD_LETTER["accounts"].model_validate_json(letters[0].value)
        assert "stamp_ms" in keyring.opener(body, envelope_of(letters[0]).subject)("original")
        exposition = await eventually(metrics.exposition, lambda text: b"hesabi_lag_messages{" in text)
    for part in (
        b'hesabi_messages_total{lane="news",outcome="skipped"} 1.0',
        b'hesabi_messages_total{lane="ordinary",outcome="dead-letter"} 20.0',
        b'hesabi_dead_letters_total{lane="ordinary",reason="type-unknown"} 2.0',
        b'hesabi_lag_messages{lane="ordinary"}',
        b'hesabi_stage_seconds_count{lane="ordinary",stage="load"}',
        b'hesabi_stage_seconds_count{lane="ordinary",stage="decide"}',
        b'hesabi_stage_seconds_count{lane="ordinary",stage="save"}',
        b'hesabi_stage_seconds_count{lane="ordinary",stage="publish"}',
    ):
        assert part in exposition, part
    assert b"wrong-1" not in exposition


async def test_J3_refused_commands_are_answered_once_each(house: House) -> None:
    """Expired, without a valid token, with a broken seal, sealed for another flow."""
    flow, now = "refused-1", datetime.now(UTC)
    mine = Mine(token=house.sealed(house.token("refused-1-user"), Mine, flow, "token"), amount=7)
    forged = house.sealed(house.token("refused-1-user", channel="app"), Mine, flow, "token")
    elsewhere = house.sealed(house.token("refused-1-user"), Mine, "another-flow", "token")
    sent = [
        await house.send(mine, flow),
        await house.send(Add(amount=1), flow, time=now - timedelta(hours=1), expiry_time=now),
        await house.send(Mine(token=forged, amount=1), flow),
        await house.send(Mine(token=elsewhere, amount=1), flow),
        await house.send(Mine(token=Sealed(jwe="garbage..of.a.seal"), amount=1), flow),
        await house.send(Add(amount=1, note=Sealed(jwe="garbage..of.a.seal")), flow),
        await house.send(Add(amount=1, note=house.sealed("a note", Add, flow, "note")), flow),
    ]
    async with house.service() as engine:
        await house.all_answered(flow, sent)
        assert await house.total(engine, "refused-1-user") == 7
        assert await house.total(engine, flow) == 1
    reasons = [json.loads(next(iter(house.answers(flow)[i]))).get("public_reason") for i in sent]
    assert reasons == [
        None, "command-expired", "sign-in-needed", "malformed", "malformed", "malformed", None,
    ]  # fmt: skip


async def test_J3_everything_twice_is_as_once(house: House) -> None:
    """Each command is sent twice, each event comes twice; single run and double run end alike."""
    async with house.service() as engine:
        for flow, times in (("once-1", 1), ("twice-1", 2)):
            commands = []
            for n, amount in enumerate((1, 2, 13, 100, 300, 5)):
                made = datetime.now(UTC)
                command = Add(amount=amount)
                commands += [await house.send(command, flow, id=f"{flow}-{n}", time=made) for _ in range(times)]
            await house.all_answered(flow, commands)
            await eventually(partial(house.state, engine, flow), called_twice)
            for sequence in (1, 2, 3):
                for _ in range(times):
                    await house.send(Heard(amount=10), flow, sequence=sequence)
            await eventually(partial(house.state, engine, flow), adding_up)
        states = [await engine.read_state(f"count:{flow}") for flow in ("once-1", "twice-1")]
        assert states[0] == states[1]
    answers = [[house.answers(flow)[f"{flow}-{n}"] for n in range(6)] for flow in ("once-1", "twice-1")]
    assert answers[0] == answers[1]
    for kind in ("audit", "events"):
        values = [
            sorted(c.value for s, copies in house.copies(f).items() if s.topic.endswith(kind) for c in copies)
            for f in ("once-1", "twice-1")
        ]
        assert [v.replace(b"once", b"twice") for v in values[0]] == values[1]


async def test_law10_a_wake_up_comes_when_it_is_due(house: House) -> None:
    async with house.service() as engine:
        await house.send(Add(amount=1, wake_after_ms=300), "wake-1")
        await eventually(lambda: house.said("events", "wake-1"), lambda found: len(found) >= 2)
        state = await engine.read_state("count:wake-1")
        assert (state.woken, state.wake_at) == (1, None)
