"""Sessions that ended before their time: commands are judged by stamps, and memory has an end (I13)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from contracts.decision import Customer
from contracts.envelope import Envelope, to_headers
from contracts.identity_sessions import SessionsEnded
from contracts.sealed import Sealed
from services.chassis import ended_sessions
from services.chassis.ended_sessions import ENDS_AT_MOST, EndedSessions, Ending, ending
from services.chassis.session_reader import SessionReader
from services.chassis.tokens import SessionVerifier, TokenRefused, sign_session
from tests.component.counter import Mine
from tests.fakes.log import FakeRecord
from tests.fakes.world import World

NOON = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
SARA = Customer("user-1", "session-1", "web")
ACTING = Customer("b-1", "session-1", "web", actor="user-1")
KEY = OKPKey.generate_key("Ed25519")


def said(**changes: Any) -> SessionsEnded:
    stated: dict[str, Any] = {"user_id": "user-1", "ended_at": NOON, "forget_after": NOON + HOUR} | changes
    return SessionsEnded(**stated)


def after(*ends: Ending, present: datetime = NOON) -> EndedSessions:
    ended = EndedSessions()
    for each in ends:
        assert ended.learn(each, present)
    return ended


def test_I13_a_command_is_judged_by_its_stamp_and_that_of_the_end() -> None:
    ended = after(ending(said(session_id="session-1"), NOON))
    assert [ended.has_ended(SARA, NOON - HOUR, NOON + n * SECOND) for n in (-1, 0, 1)] == [False, True, True]
    assert not ended.has_ended(replace(SARA, session_id="session-2"), NOON - HOUR, NOON + SECOND)


def test_I13_all_sessions_end_that_were_issued_up_to_then() -> None:
    ended = after(ending(said(), NOON))
    assert [ended.has_ended(SARA, NOON + n * SECOND, NOON + 5 * SECOND) for n in (-1, 0, 1)] == [True, True, False]
    assert not ended.has_ended(replace(SARA, user_id="user-2"), NOON - SECOND, NOON + SECOND)


def test_I13_I17_with_a_person_ends_what_they_did_for_others_and_nobody_elses() -> None:
    whole = after(ending(said(), NOON))
    assert whole.has_ended(ACTING, NOON - SECOND, NOON + SECOND)
    assert not whole.has_ended(replace(ACTING, actor="user-2"), NOON - SECOND, NOON + SECOND)
    assert after(ending(said(session_id="session-1"), NOON)).has_ended(ACTING, NOON - SECOND, NOON + SECOND)


def test_I13_I17_a_token_for_acting_taken_while_the_end_was_on_its_way_ends_too() -> None:
    """The password is replaced at noon, the record is there five seconds later: whoever has the old token cannot turn
    it into another one in between."""
    ended = after(ending(said(), NOON + 5 * SECOND))
    assert [ended.has_ended(ACTING, NOON + n * SECOND, NOON + 9 * SECOND) for n in (1, 5, 6)] == [True, True, False]
    assert not ended.has_ended(SARA, NOON + SECOND, NOON + 9 * SECOND)


def test_I13_I17_a_person_who_acts_no_more_is_still_themselves() -> None:
    removed = after(ending(said(user_id="b-1", actor="user-1"), NOON))
    assert removed.has_ended(ACTING, NOON - SECOND, NOON + SECOND)
    assert not removed.has_ended(SARA, NOON - SECOND, NOON + SECOND)
    assert not removed.has_ended(replace(ACTING, actor="user-2"), NOON - SECOND, NOON + SECOND)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=8), st.integers(0, 100), st.integers(0, 100))
def test_I13_any_order_of_learning_judges_alike(ends: list[int], issued: int, came: int) -> None:
    records = [
        ending(said(ended_at=NOON + n * SECOND, forget_after=NOON + HOUR), NOON + n * SECOND + SECOND) for n in ends
    ]
    at, entered = NOON + issued * SECOND, NOON + came * SECOND
    expected = any(entered >= each.stamp and at <= each.ended_at for each in records)
    for order in (records, records[::-1], records * 2):
        assert after(*order).has_ended(SARA, at, entered) == expected


def test_I13_what_can_no_longer_matter_is_forgotten() -> None:
    ended = after(ending(said(session_id="old"), NOON))
    assert ended.learn(ending(said(session_id="new"), NOON + 2 * HOUR), NOON + 2 * HOUR)
    assert len(ended) == 2  # an hour longer, for lanes that lag
    late = said(session_id="newer", forget_after=NOON + 4 * HOUR)
    assert ended.learn(ending(late, NOON + 3 * HOUR), NOON + 2 * HOUR + SECOND)
    assert len(ended) == 1
    assert after(ending(said(), NOON), present=NOON + 3 * HOUR).has_ended(SARA, NOON, NOON) is False


def test_I13_nobody_is_remembered_for_longer_than_a_day_and_an_hour() -> None:
    for_ever = ending(said(forget_after=datetime(9999, 1, 1, tzinfo=UTC)), NOON)
    assert for_ever.forget_after == NOON + timedelta(days=1)


def test_I13_memory_is_bounded_and_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_sessions, "MOST_REMEMBERED", 2)
    ended = EndedSessions()
    told = [ended.learn(ending(said(session_id=f"session-{n}"), NOON), NOON) for n in (1, 2, 3)]
    assert told == [True, True, False]
    assert [ended.has_ended(replace(SARA, session_id=f"session-{n}"), NOON, NOON) for n in (1, 2, 3)] == [
        False,
        True,
        True,
    ]


def test_I13_of_one_person_s_many_ends_the_latest_are_told_apart() -> None:
    stamps = [NOON + n * SECOND for n in range(ENDS_AT_MOST + 1)]
    ended = after(*(ending(said(ended_at=at), at) for at in stamps))
    assert [ended.has_ended(SARA, NOON - HOUR, at) for at in stamps] == [False] + [True] * ENDS_AT_MOST


def test_I13_what_is_over_of_a_person_does_not_take_what_is_not_along() -> None:
    later = NOON + 2 * HOUR + SECOND
    again = said(ended_at=NOON + HOUR, forget_after=NOON + 2 * HOUR)
    ended = after(ending(said(), NOON), ending(again, NOON + HOUR))
    assert ended.learn(ending(said(session_id="other", forget_after=later + HOUR), later), later)
    assert ended.has_ended(SARA, NOON + HOUR, later)


def test_I13_whose_sessions_ended_again_is_not_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ended_sessions, "MOST_REMEMBERED", 2)
    again = ending(said(ended_at=NOON + SECOND), NOON + SECOND)
    ended = after(ending(said(), NOON), ending(said(user_id="user-2"), NOON), again)
    assert not ended.learn(ending(said(user_id="user-3"), NOON + SECOND), NOON + SECOND)
    assert ended.has_ended(SARA, NOON + SECOND, NOON + SECOND)


def test_I13_a_token_of_an_ended_session_is_refused_and_says_whose_it_was() -> None:
    ended = after(ending(said(session_id="session-1"), NOON))
    verifier = SessionVerifier(lambda _: KEY, ended.has_ended)
    token = sign_session(KEY, SARA, NOON - HOUR, NOON + HOUR)
    assert verifier.verify(token, NOON - SECOND, "web") == SARA
    assert verifier.verify(token, NOON, "web") == TokenRefused("token-session-ended", SARA)


async def test_I13_J3_a_command_sent_again_after_the_session_ended_gets_its_answer_again() -> None:
    world = World()
    process = world.process()
    command = Mine(token=Sealed.of("good-u1"), amount=2)
    known = world.send(command)
    await process.run()
    ended = TokenRefused("token-session-ended", Customer("u1", "s-1", "web"))
    process.decoder.check_token = lambda token, now, channel: ended
    assert world.send(command, id=known) == known
    await process.run()
    first, again = world.records("answers")
    assert (first.value, world.bodies("audit")) == (again.value, [])
    world.send(command)
    await process.run()
    assert world.total("u1") == 2
    assert world.bodies("answers")[2]["public_reason"] == "sign-in-needed"
    assert [body["reason"] for body in world.bodies("audit")] == ["token-session-ended"]


# --- reading --------------------------------------------------------------------------------------------------------
def record(body: bytes | None, source: str = "identity", type_name: str = SessionsEnded.type_name) -> FakeRecord:
    envelope = Envelope("id-1", source, type_name, "user:u-1", NOON)
    headers = tuple(to_headers(envelope))
    return FakeRecord("identity.sessions", 0, 1, int(NOON.timestamp() * 1000), b"user:u-1", body, headers)


def reader(ended: EndedSessions, counts: list[int]) -> SessionReader:
    return SessionReader({}, ended, lambda: NOON, counts.append)


def test_I13_the_stamp_of_the_record_is_the_brokers() -> None:
    ended, counts = EndedSessions(), list[int]()
    reader(ended, counts).take(record(said(session_id="session-1").model_dump_json().encode()))
    assert ended.has_ended(SARA, NOON - HOUR, NOON)
    assert counts == [1]


@pytest.mark.parametrize(
    "raw",
    [
        record(None),
        record(b"{}"),
        record(b"\xff"),
        record(json.dumps({"user_id": "user-1", "ended_at": "never", "forget_after": "never"}).encode()),
        record(said().model_dump_json().encode(), source="accounts"),
        record(said().model_dump_json().encode(), type_name="hesabi.identity.Other.v1"),
        replace(record(said().model_dump_json().encode()), headers=()),
    ],
)
def test_I13_what_identity_cannot_have_written_ends_nothing(raw: FakeRecord) -> None:
    ended, counts = EndedSessions(), list[int]()
    reader(ended, counts).take(raw)
    assert (len(ended), counts) == (0, [])
