from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.sealed import Secret
from services.identity.one_time_code import (
    CodeFacts,
    ask_again,
    enter,
    hand_over_by,
    handed_over,
    is_in_time,
    issue,
    not_handed_over,
    valid_until,
)
from services.identity.states import Issued, Wanted
from tests.scenario import NOON
from tests.unit.identity.situations import ISSUED, MINUTE, SECOND, USER_ID, WANTED

moments = st.integers(-30, 300).map(lambda s: NOON + timedelta(seconds=s))


@pytest.mark.parametrize(
    ("sent_after", "entered_after", "counts"),
    [
        (None, 60, True),
        (None, 61, False),
        (0, 60, True),
        (0, 61, False),
        (40, 100, True),
        (40, 101, False),
        (60, 120, True),
        (90, 120, True),
        (90, 121, False),
    ],
)
def test_I6_a_code_counts_for_its_life_from_its_sending_and_twice_that_from_its_issue(
    sent_after: int | None, entered_after: int, counts: bool
) -> None:
    sent = None if sent_after is None else NOON + sent_after * SECOND
    entered = enter(replace(ISSUED, sent_at=sent), "123456", NOON + entered_after * SECOND)
    assert entered.reason == (None if counts else "code-expired")


@given(moments, st.none() | moments, moments, st.integers(1, 60))
def test_I6_holds_for_every_order_of_issue_sending_and_entry(
    issued_at: datetime, stamp: datetime | None, entry: datetime, life_s: int
) -> None:
    life = timedelta(seconds=life_s)
    code = replace(ISSUED, issued_at=issued_at, life=life)
    if stamp is not None:
        sent = handed_over(code, code.otp_id, stamp)
        assert isinstance(sent, Issued)
        sending = max(stamp, issued_at)
        assert is_in_time(sent, entry) == (entry <= sending + life and entry <= issued_at + 2 * life)
    else:
        assert is_in_time(code, entry) == (entry <= issued_at + life)


def test_I6_issue_is_the_present_of_the_decision_and_not_of_the_asking() -> None:
    issued = issue(WANTED, USER_ID, CodeFacts(NOON + 30 * SECOND, Secret("000001"), MINUTE))
    assert issued.issued_at == NOON + 30 * SECOND
    assert issued.asked_at == NOON
    assert hand_over_by(issued) == issued.issued_at + MINUTE
    assert valid_until(issued) == issued.issued_at + 2 * MINUTE


def test_I18_a_gateway_does_not_learn_from_a_codes_id_whose_it_is() -> None:
    facts = CodeFacts(NOON, Secret("000001"), MINUTE)
    wanted = [(WANTED, USER_ID), (replace(WANTED, number=2), USER_ID), (WANTED, "u-2"), (WANTED, USER_ID)]
    ids = [issue(code, holder, facts).otp_id for code, holder in wanted]
    assert not [each for each in ids if USER_ID in each]
    assert ids[0] == ids[3]
    assert len(set(ids)) == 3


def test_I6_a_code_issued_under_an_id_of_the_first_form_is_still_heard_of() -> None:
    issued = replace(ISSUED, otp_id=f"{USER_ID}.1")
    assert handed_over(issued, f"{USER_ID}.1", NOON + 5 * SECOND) == replace(issued, sent_at=NOON + 5 * SECOND)


def test_I6_the_first_report_of_the_hand_over_is_the_sending() -> None:
    once = handed_over(ISSUED, ISSUED.otp_id, NOON + 5 * SECOND)
    assert handed_over(once, ISSUED.otp_id, NOON + 50 * SECOND) == once
    assert not_handed_over(once, ISSUED.otp_id) == once


def test_I6_a_report_on_another_code_changes_nothing() -> None:
    assert handed_over(ISSUED, "another", NOON) == ISSUED
    assert not_handed_over(ISSUED, "another") == ISSUED
    assert handed_over(WANTED, ISSUED.otp_id, NOON) == WANTED


def test_I14_five_tries_and_then_not_even_the_right_code() -> None:
    code: Issued | Wanted = ISSUED
    for _ in range(5):
        entered = enter(code, "654321", NOON)
        assert entered.reason == "code-wrong"
        code = entered.code
    assert enter(code, "123456", NOON).reason == "code-too-many-tries"


def test_I14_a_late_code_uses_up_no_try() -> None:
    entered = enter(ISSUED, "654321", NOON + 61 * SECOND)
    assert (entered.reason, entered.code) == ("code-expired", ISSUED)


@pytest.mark.parametrize("typed", ["123456", "١٢٣٤٥٦", "۱۲۳۴۵۶", "123 456", "\u200f123456", "\ufeff123\u200b456"])
def test_I3_a_code_is_taken_in_either_script(typed: str) -> None:
    assert enter(ISSUED, typed, NOON).reason is None


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345x", "é" * 6])
def test_I14_what_is_no_code_uses_up_a_try(typed: str) -> None:
    entered = enter(ISSUED, typed, NOON)
    assert entered.reason == "code-wrong"
    assert entered.code == replace(ISSUED, wrong_tries=1)


def test_I6_a_code_that_was_never_issued_is_told_apart() -> None:
    assert enter(WANTED, "123456", NOON).reason == "code-not-issued"


def test_I14_another_code_a_minute_after_asking_at_the_earliest() -> None:
    assert ask_again(ISSUED, NOON + 59 * SECOND, MINUTE) == "resend-too-soon"
    assert ask_again(ISSUED, NOON + 60 * SECOND, MINUTE) == Wanted(2, NOON + MINUTE)


def test_I15_the_minute_is_the_same_whether_or_not_a_code_was_issued() -> None:
    late = replace(ISSUED, issued_at=NOON + 35 * SECOND)
    for at in (NOON + 59 * SECOND, NOON + 60 * SECOND):
        assert ask_again(late, at, MINUTE) == ask_again(WANTED, at, MINUTE)


def test_N10_a_lost_code_is_replaced_at_once_and_without_penalty() -> None:
    lost = not_handed_over(ISSUED, ISSUED.otp_id)
    assert ask_again(lost, NOON + SECOND, MINUTE) == Wanted(2, NOON + SECOND, replaces_lost=True)


def test_N10_a_hand_over_proven_late_ends_the_exemption() -> None:
    found = handed_over(not_handed_over(ISSUED, ISSUED.otp_id), ISSUED.otp_id, NOON + SECOND)
    assert ask_again(found, NOON + 2 * SECOND, MINUTE) == "resend-too-soon"


def test_I14_a_registration_has_ten_codes() -> None:
    assert ask_again(replace(ISSUED, number=10), NOON + 2 * MINUTE, MINUTE) == "codes-of-flow-used-up"
