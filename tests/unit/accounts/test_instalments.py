"""A plan of instalments: quoted from what is due, accepted, agreed by billing (A14)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import PlanDenied, PlanFiled, RequestNoted
from contracts.billing import AccountUnknown, DuesFound, PlanAgreed, PlanOrdered, PlanRefused
from contracts.decision import Customer, Facts, Outgoing, Refusal
from contracts.message import TimerElapsed
from contracts.requests import (
    AcceptInstalments,
    InstalmentPlanAgreed,
    InstalmentsAgreed,
    RequestMoved,
)
from services.accounts.instalment_states import (
    Asking,
    Closed,
    InForce,
    InstalmentFacts,
    InstalmentTerms,
    Ordered,
    Plan,
)
from services.accounts.instalments import (
    PLAN_ABSENT,
    READ_LATE,
    accept_plan,
    agree_plan,
    open_plan,
    plan_due_at,
    quote_plan,
    refuse_plan,
    refuse_unknown_account,
    settle_plan,
)
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    ASKER,
    FAHAD,
    NOURA,
    OTHER_ACCOUNT,
    REFERENCE,
    TOKEN,
    TRANSFER_REFERENCE,
    due,
    dues_found,
    from_billing,
)

OWN = TRANSFER_REFERENCE
PLAN = "plan:" + OWN.replace("-", "")
TERMS = InstalmentTerms(billing_wait=timedelta(seconds=20), quote_holds=timedelta(days=3), smallest_part_halalas=5_000)
FACTS = InstalmentFacts(NOON, TERMS)
NEWS = (RequestMoved, RequestNoted)
FILED = arriving(
    PlanFiled(
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        relation="owner",
        reference=OWN,
        definition_reference=REFERENCE,
        parts=3,
        filed_at=NOON,
        asker_key=ASKER,
    ),
    source="accounts",
    correlation_id="ask-1",
)
WAKE_UP = arriving(TimerElapsed(aggregate=PLAN), source="accounts")


def found(*halalas: int, **changes: Any) -> DuesFound:
    amounts = tuple(due(each) for each in halalas)
    return dues_found(**{"asked_by": PLAN, "dues": amounts, "total_halalas": sum(halalas)} | changes)


def acceptance(id: str = "accept-1", customer: Customer = NOURA, now: datetime = NOON) -> Any:
    return arriving(AcceptInstalments(token=TOKEN, reference=OWN), id=id, customer=customer, now=now)


AGREED = arriving(PlanAgreed(asked_by=PLAN, order_id=OWN), source="billing", correlation_id="accept-1")
REFUSED = arriving(
    PlanRefused(asked_by=PLAN, order_id=OWN, reason="dues-changed"), source="billing", correlation_id="accept-1"
)


def asking() -> Plan:
    return given(None).when(open_plan, FILED, FACTS).state  # type: ignore[no-any-return]


def quoted() -> Plan:
    return given(asking()).when(quote_plan, from_billing(found(30_000, 4_567), "ask-1"), FACTS).state  # type: ignore[no-any-return]


def ordered() -> Plan:
    return given(quoted()).when(accept_plan, acceptance(), FACTS).state  # type: ignore[no-any-return]


def unanswered() -> Plan:
    state = ordered()
    assert isinstance(state, Ordered)
    return replace(state, command_id=None)


def late_answers(scene: Given) -> dict[type, str]:
    assert scene.decision is not None
    return {type(each.body): each.correlation_id for each in scene.decision.messages if isinstance(each, Outgoing)}


def test_R7_due_dates_are_counted_from_riyadhs_day() -> None:
    late = InstalmentFacts(datetime(2026, 3, 1, 21, 0, tzinfo=UTC), TERMS)
    state = given(asking()).when(quote_plan, from_billing(found(30_000), "ask-1"), late).state
    assert state.parts[0].due_date == date(2026, 4, 2)


@pytest.mark.parametrize(
    ("message", "reason", "state"),
    [
        (found(), "nothing-due", "nothing-due"),
        (found(14_999), "parts-too-small", "parts-too-small"),
        (found(30_000, user_id="user-fahad"), "dues-not-found", "not-available"),
        (found(30_000, account_number=OTHER_ACCOUNT), "dues-not-found", "not-available"),
        (found(30_000, total_halalas=29_999), "dues-not-found", "not-available"),
    ],
    ids=["nothing", "too-small", "of-another", "other-account", "sum"],
)
def test_A14_where_no_plan_can_be_offered_the_command_is_refused_with_the_reason(
    message: DuesFound, reason: str, state: str
) -> None:
    scene = given(asking()).when(quote_plan, from_billing(message, "ask-1"), FACTS)
    denied = PlanDenied(user_id=NOURA.user_id, reference=OWN, reason=reason, asker_key=ASKER)  # type: ignore[arg-type]
    scene.then(denied, *NEWS)
    scene.then_state(Closed(record=scene.state.record, state=state))  # type: ignore[arg-type]
    assert late_answers(scene) == {PlanDenied: "ask-1"}
    moved = scene.messages[1]
    assert isinstance(moved, RequestMoved)
    assert (moved.state, moved.final) == (state, True)


def test_A14_an_account_unknown_to_billing_and_a_silent_billing_end_the_plan() -> None:
    unknown = AccountUnknown(asked_by=PLAN, account_number=ACCOUNT, user_id=NOURA.user_id)
    given(asking()).when(refuse_unknown_account, from_billing(unknown, "ask-1")).then(PlanDenied, *NEWS)
    given(asking()).when(settle_plan, WAKE_UP, Facts(NOON + timedelta(seconds=19))).then().then_state(Asking)
    scene = given(asking()).when(settle_plan, WAKE_UP, Facts(NOON + timedelta(seconds=20)))
    denied = PlanDenied(user_id=NOURA.user_id, reference=OWN, reason="billing-silent", asker_key=ASKER)
    scene.then(denied, *NEWS).then_state(Closed)
    assert late_answers(scene) == {PlanDenied: "ask-1"}


def test_A14_an_answer_to_another_question_or_a_late_one_means_nothing() -> None:
    for state in (asking(), quoted(), ordered()):
        given(state).when(quote_plan, from_billing(found(30_000), "other"), FACTS).then().then_state(state)
    given(quoted()).when(quote_plan, from_billing(found(99_000), "ask-1"), FACTS).then().then_state(quoted())
    unknown = AccountUnknown(asked_by=PLAN, account_number=ACCOUNT, user_id=NOURA.user_id)
    given(quoted()).when(refuse_unknown_account, from_billing(unknown, "ask-1")).then().then_state(quoted())


# --- accepting ------------------------------------------------------------------------------------------------------
def test_A14_the_quoted_plan_is_ordered_as_it_was_quoted_and_agreed() -> None:
    scene = given(quoted()).when(accept_plan, acceptance(), FACTS).then(PlanOrdered, *NEWS).then_state(Ordered)
    order = scene.messages[0]
    assert isinstance(order, PlanOrdered)
    assert (order.order_id, order.user_id, order.total_halalas) == (OWN, NOURA.user_id, 34_567)
    assert sum(part.amount_halalas for part in order.parts) == order.total_halalas
    scene = scene.when(agree_plan, AGREED).then(InstalmentPlanAgreed, *NEWS, InstalmentsAgreed(reference=OWN))
    scene.then_state(InForce)
    assert late_answers(scene) == {InstalmentsAgreed: "accept-1"}
    event = scene.messages[0]
    assert isinstance(event, InstalmentPlanAgreed)
    assert [part.number for part in event.parts] == [1, 2, 3]
    scene.when(agree_plan, AGREED).then().then_state(InForce)


def test_A14_billing_refuses_and_the_command_hears_it() -> None:
    scene = given(ordered()).when(refuse_plan, REFUSED).then_refused("plan-not-agreed", "billing-refused-the-plan")
    scene.then_state(Closed)
    assert scene.decision is not None
    assert scene.decision.refusal is not None
    assert scene.decision.refusal.command_id == "accept-1"
    given(unanswered()).when(refuse_plan, REFUSED).then(*NEWS).then_state(Closed)


def test_A14_after_a_silent_billing_one_may_try_again_and_its_late_word_still_counts() -> None:
    early = Facts(NOON + timedelta(seconds=19))
    given(ordered()).when(settle_plan, WAKE_UP, early).then().then_state(ordered())
    scene = given(ordered()).when(settle_plan, WAKE_UP, Facts(NOON + timedelta(seconds=20)))
    scene.then_refused("not-available-now", "billing-silent-about-the-plan", "accept-instalments")
    assert plan_due_at(scene.state) is None
    assert late_answers(scene.when(agree_plan, AGREED).then(InstalmentPlanAgreed, *NEWS).then_state(InForce)) == {}
    again = scene.when(accept_plan, acceptance("accept-2"), FACTS).then(PlanOrdered)
    assert late_answers(again.when(agree_plan, AGREED)) == {InstalmentsAgreed: "accept-2"}


def test_A14_a_quote_ends_by_itself() -> None:
    end = NOON + timedelta(days=3)
    assert plan_due_at(quoted()) == end + READ_LATE
    given(quoted()).when(settle_plan, WAKE_UP, Facts(end)).then().then_state(quoted())
    scene = given(quoted()).when(settle_plan, WAKE_UP, Facts(end + READ_LATE)).then(*NEWS).then_state(Closed)
    scene.when(accept_plan, acceptance(), FACTS).then_refused("quote-expired", "quote-closed")
    given(quoted()).when(accept_plan, acceptance(now=end), FACTS).then_refused("quote-expired", "quote-past-its-time")


def test_J4_an_acceptance_out_of_its_time_is_refused() -> None:
    in_force = given(ordered()).when(agree_plan, AGREED).state
    denied = given(asking()).when(quote_plan, from_billing(found(), "ask-1"), FACTS).state
    for state, public_reason, reason in (
        (asking(), "not-available-now", "plan-waits-for-billing"),
        (ordered(), "not-available-now", "plan-waits-for-billing"),
        (in_force, "already-requested", "plan-in-force"),
        (denied, "not-found", "plan-closed"),
    ):
        given(state).when(accept_plan, acceptance("accept-2"), FACTS).then_refused(public_reason, reason).then_state(
            state
        )


def test_A8_another_persons_plan_looks_like_none() -> None:
    assert Refusal("reference-not-found", "plan-absent") == PLAN_ABSENT
    for state in (asking(), quoted(), ordered()):
        scene = given(state).when(accept_plan, acceptance(customer=FAHAD), FACTS)
        scene.then_refused("reference-not-found", "plan-of-another").then_state(state)
        assert scene.decision is not None
        assert not scene.decision.recorded


def test_A14_what_billing_says_of_another_order_or_too_late_changes_nothing() -> None:
    other = arriving(PlanAgreed(asked_by=PLAN, order_id="other"), source="billing")
    given(ordered()).when(agree_plan, other).then().then_state(ordered())
    for state in (quoted(), asking()):
        given(state).when(agree_plan, AGREED).then().then_state(state)
        given(state).when(refuse_plan, REFUSED).then().then_state(state)
    in_force = given(ordered()).when(agree_plan, AGREED).state
    given(in_force).when(refuse_plan, REFUSED).then().then_state(in_force)
    given(in_force).when(settle_plan, WAKE_UP, Facts(NOON + timedelta(days=30))).then().then_state(in_force)
