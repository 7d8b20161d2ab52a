"""In whatever order results, answers, receipts and wake-ups come, a message only goes on, no paid one goes twice."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.decision import Decision, Facts, Outgoing
from contracts.notifications import OtpHandedOver, OtpNotHandedOver
from services.notifications.attempt import SendCode, SendEmail, SendSms
from services.notifications.delivery_states import (
    About,
    Attempting,
    Delivered,
    DeliveryState,
    Expired,
    Failed,
    HandedOver,
    Settling,
    Unknown,
    Waiting,
    due_at,
)
from tests.scenario import NOON
from tests.unit.notifications.deliveries import (
    CODE,
    DELIVERIES,
    EMAIL,
    SMS,
    attempting,
    receipt,
    reported,
    status,
    timer,
)

RESULTS = st.tuples(
    st.just("result"), st.sampled_from(["accepted", "refused", "not-sent", "unknown", "expired"]), st.integers(1, 3)
)
ANSWERS = st.tuples(
    st.just("status"),
    st.sampled_from(["taken", "delivered", "not-delivered", "never-accepted", "no-answer"]),
    st.integers(1, 3),
)
RECEIPTS = st.tuples(st.just("receipt"), st.sampled_from(["taken", "delivered", "not-delivered"]), st.just(0))
WAKE_UPS = st.tuples(st.just("timer"), st.sampled_from(["early", "due"]), st.just(0))
STEPS = st.lists(st.one_of(RESULTS, ANSWERS, RECEIPTS, WAKE_UPS), max_size=25)

RANK = {Attempting: 0, Waiting: 0, Settling: 0, Unknown: 1, HandedOver: 2, Delivered: 3, Failed: 3, Expired: 3}
SENDS = (SendCode, SendSms, SendEmail)


def step(state: DeliveryState, about: About, happening: tuple[str, Any, int]) -> Decision[DeliveryState]:
    kind, said, attempt = happening
    present = Facts(NOON + timedelta(seconds=4))
    match kind:
        case "result":
            return DELIVERIES.on_result(state, reported(about, said, attempt), present)
        case "status":
            return DELIVERIES.on_status(state, status(about, said, attempt), present)
        case "receipt":
            return DELIVERIES.on_receipt(state, receipt(about, said), present)
        case _:
            due = due_at(state) or NOON
            now = due if said == "due" else due - timedelta(seconds=1)
            return DELIVERIES.on_timer(state, timer(about, now - NOON), Facts(now))


def walk(about: About, happenings: list[tuple[str, Any, int]]) -> list[tuple[DeliveryState, Decision[DeliveryState]]]:
    """Each state with the decision that was made in it."""
    state: DeliveryState = attempting(about)
    walked = []
    for happening in happenings:
        decision = step(state, about, happening)
        walked.append((state, decision))
        assert decision.state is not None
        state = decision.state
    return walked


def bodies(walked: list[tuple[DeliveryState, Decision[DeliveryState]]]) -> list[object]:
    return [m.body if isinstance(m, Outgoing) else m for _, decision in walked for m in decision.messages]


@given(st.sampled_from([CODE, SMS, EMAIL]), STEPS)
def test_N7_a_message_never_moves_back(about: About, happenings: list[tuple[str, Any, int]]) -> None:
    for before, decision in walk(about, happenings):
        assert decision.state is not None
        assert RANK[type(decision.state)] >= RANK[type(before)]
        if RANK[type(before)] == 3:
            assert (decision.state, decision.messages, decision.effects) == (before, (), ())


@settings(max_examples=150)
@given(STEPS)
def test_N10_no_code_is_sent_again_once_its_hand_over_is_unknown(happenings: list[tuple[str, Any, int]]) -> None:
    unknown = False
    for before, decision in walk(CODE, happenings):
        unknown = unknown or isinstance(before, Unknown)
        if unknown:
            assert decision.effects == ()


@settings(max_examples=150)
@given(STEPS)
def test_N6_no_sms_is_sent_again_that_may_have_been_taken(happenings: list[tuple[str, Any, int]]) -> None:
    walked = walk(SMS, happenings)
    free = False  # said since the last attempt: nothing was taken
    for (before, decision), (kind, said, attempt) in zip(walked, happenings, strict=True):
        if isinstance(before, Attempting | Settling) and attempt == before.attempt:
            free = free or said in {"not-sent", "never-accepted"}
        if any(isinstance(effect, SENDS) for effect in decision.effects):
            assert kind == "timer"
            assert free, "sent again without knowing"
            free = False


@given(STEPS)
def test_N10_identity_hears_of_a_code_once(happenings: list[tuple[str, Any, int]]) -> None:
    told = [b for b in bodies(walk(CODE, happenings)) if isinstance(b, OtpHandedOver | OtpNotHandedOver)]
    assert len(told) <= 1


@given(st.sampled_from([CODE, SMS, EMAIL]), STEPS)
def test_N2_what_was_personal_is_gone_once_nothing_is_to_be_sent(
    about: About, happenings: list[tuple[str, Any, int]]
) -> None:
    for _, decision in walk(about, happenings):
        if RANK[type(decision.state)] > 0:
            assert not hasattr(decision.state, "content")
