"""A request on its way through the steps of its kind."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestFiled, RequestNoted
from contracts.back_office import CaseOpened, CaseProgressed, CaseWithdrawn, DangerReported
from contracts.decision import Customer, Facts, Refusal
from contracts.message import TimerElapsed
from contracts.requests import RequestMoved, RequestWithdrawn, WithdrawRequest
from contracts.sealed import Sealed
from contracts.topics import BACK_OFFICE_REQUESTS, BACK_OFFICE_URGENT
from services.accounts.cases import TELL_AGAIN_AFTER
from services.accounts.effects import AccountsEffects, prepare_kind
from services.accounts.request import (
    MOST_EARLY_STEPS,
    REQUEST_ABSENT,
    Early,
    Ended,
    Open,
    Request,
    open_request,
    progress_request,
    tell_again,
    tell_again_at,
    withdraw_request,
)
from services.accounts.request_kind import RequestKinds
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.forms import GOOD
from tests.unit.accounts.situations import ACCOUNT, FAHAD, KEY, KINDS, NOURA, REFERENCE, TOKEN, TRANSFER_REFERENCE

OWN = TRANSFER_REFERENCE
ASKER = "request:" + OWN.replace("-", "")
NEWS = (RequestMoved, RequestNoted)


def filing(kind: str = "outage", actor: str | None = None) -> Any:
    body = RequestFiled(
        user_id=NOURA.user_id,
        acted_by=actor,
        account_number=ACCOUNT,
        kind=kind,
        reference=OWN,
        definition_reference=REFERENCE,
        state="received",
        urgent=kind == "danger",
        form=Sealed(jwe="a.b.c.d.e"),
        filed_at=NOON,
    )
    return arriving(body, source="accounts", subject="customer:noura", opened={"form": json.dumps(GOOD[kind])})


def step(name: str, minutes: int = 1) -> Any:
    body = CaseProgressed(asked_by=ASKER, case_id=OWN, step=name)
    return arriving(body, source="back-office", subject=ASKER, now=NOON + timedelta(minutes=minutes))


def withdrawal(customer: Customer = NOURA) -> Any:
    return arriving(WithdrawRequest(token=TOKEN, reference=OWN), customer=customer, now=NOON + timedelta(hours=1))


async def happened(state: Request | None, *messages: Any, kinds: RequestKinds = KINDS) -> Given:
    decisions: dict[type, Any] = {
        RequestFiled: open_request, CaseProgressed: progress_request, WithdrawRequest: withdraw_request
    }  # fmt: skip
    scene = given(state)
    for message in messages:
        facts = await prepare_kind(scene.state, message, AccountsEffects(KEY, kinds), NOON)
        scene = scene.when(decisions[type(message.body)], message, facts)
    return scene


async def test_A16_a_filed_request_becomes_a_case_with_its_form_sealed_and_its_state_is_told() -> None:
    scene = (await happened(None, filing())).then(CaseOpened, *NEWS).then_state(Open)
    case, news, noted = scene.messages
    assert isinstance(case, CaseOpened)
    assert case.user_id == NOURA.user_id
    assert isinstance(news, RequestMoved)
    assert (case.asked_by, case.case_id, case.kind, case.account_number) == (ASKER, OWN, "outage", ACCOUNT)
    assert case.form.plain is not None
    assert json.loads(case.form.plain.reveal()) == GOOD["outage"]
    assert (news.state, news.final, news.at, news.definition_reference) == ("received", False, NOON, REFERENCE)
    assert noted.model_dump() == news.model_dump()
    assert GOOD["outage"]["place"] not in repr(scene.state)
    (await happened(scene.state, filing())).then().then_state(scene.state)


async def test_A16_the_back_office_brings_a_request_to_its_end_and_the_form_is_gone() -> None:
    scene = (await happened(None, filing(), step("assigned"))).then(*NEWS).then_state(Open)
    assert scene.state.state == "assigned"
    scene = (await happened(scene.state, step("resolved", 2))).then(*NEWS)
    moved, _ = scene.messages
    assert isinstance(moved, RequestMoved)
    assert (moved.state, moved.final, moved.at) == ("resolved", True, NOON + timedelta(minutes=2))
    scene.then_state(Ended(record=scene.state.record, state="resolved", ended_at=NOON + timedelta(minutes=2)))


@pytest.mark.parametrize(
    ("before", "name", "reason"),
    [
        ((), "answered", "step-not-allowed"),
        ((), "withdrawn", "step-not-allowed"),
        ((step("assigned"),), "received", "step-not-allowed"),
        ((step("resolved"),), "assigned", "step-after-the-end"),
    ],
    ids=["of-another-kind", "withdrawn", "backwards", "after-the-end"],
)
async def test_J4_a_step_that_the_kind_does_not_allow_is_for_the_audit_and_harmless(
    before: tuple[Any, ...], name: str, reason: str
) -> None:
    state = (await happened(None, filing(), *before)).state
    (await happened(state, step(name))).then_refused("malformed", reason).then_state(state)


async def test_A16_the_same_step_again_changes_nothing() -> None:
    state = (await happened(None, filing(), step("assigned"))).state
    (await happened(state, step("assigned", 5))).then().then_state(state)
    ended = (await happened(state, step("resolved"))).state
    (await happened(ended, step("resolved", 5))).then().then_state(ended)


async def test_A17_a_step_of_a_kind_that_is_no_longer_offered_is_harmless() -> None:
    state = (await happened(None, filing())).state
    scene = await happened(state, step("assigned"), kinds=RequestKinds({}))
    scene.then_refused("malformed", "step-of-an-unknown-kind").then_state(state)


async def test_A16_danger_is_no_case_twice_and_steps_may_come_before_the_filing() -> None:
    (await happened(None, filing("danger"))).then(*NEWS)
    early = await happened(None, step("assigned"), step("wrong"), step("secured", 2), step("assigned", 3))
    early.then().then_state(Early)
    scene = (await happened(early.state, filing("danger"))).then(*NEWS, *NEWS, *NEWS).then_state(Ended)
    assert [m.state for m in scene.messages if isinstance(m, RequestMoved)] == ["received", "assigned", "secured"]


async def test_A16_steps_before_a_filing_have_an_end() -> None:
    steps = [step(f"step-{number}") for number in range(MOST_EARLY_STEPS + 3)]
    state = (await happened(None, *steps)).state
    assert len(state.steps) == MOST_EARLY_STEPS


async def test_A15_a_request_is_withdrawn_while_its_state_allows_it() -> None:
    scene = (await happened(None, filing("bill-correction"), step("under-review"), withdrawal())).then(
        RequestWithdrawn(reference=OWN), CaseWithdrawn(asked_by=ASKER, case_id=OWN), *NEWS
    )
    moved = scene.messages[2]
    assert isinstance(moved, RequestMoved)
    assert (moved.state, moved.final) == ("withdrawn", True)
    scene.then_state(Ended)
    (await happened(scene.state, step("corrected"))).then_refused("malformed", "step-after-the-end")


async def test_A16_J1_an_outage_that_the_back_office_never_closes_is_taken_back_by_who_reported_it() -> None:
    """One may be open at a time: otherwise they could report none again."""
    scene = (await happened(None, filing(), step("assigned"), withdrawal())).then(
        RequestWithdrawn(reference=OWN), CaseWithdrawn(asked_by=ASKER, case_id=OWN), *NEWS
    )
    news, noted = scene.then_state(Ended).messages[2:]
    assert isinstance(news, RequestMoved)
    assert isinstance(noted, RequestNoted)
    assert (noted.state, noted.final) == (news.state, news.final) == ("withdrawn", True)


async def test_I17_who_withdraws_in_a_businesss_name_is_told() -> None:
    withdrawing = withdrawal(Customer(NOURA.user_id, "s", "web", actor="user-omar"))
    scene = await happened(None, filing(actor="user-hala"), withdrawing)
    assert [m.acted_by for m in scene.messages if isinstance(m, RequestMoved)] == ["user-omar"]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((filing("complaint"), step("assigned"), step("escalated")), "state-not-withdrawable"),
        ((filing("danger"),), "state-not-withdrawable"),
        ((filing(), step("resolved")), "request-ended"),
        ((filing(), withdrawal()), "request-ended"),
    ],
    ids=["on-the-way", "danger", "done", "withdrawn"],
)
async def test_J2_too_late_is_too_late_to_withdraw(messages: tuple[Any, ...], reason: str) -> None:
    state = (await happened(None, *messages)).state
    (await happened(state, withdrawal())).then_refused("not-to-be-withdrawn", reason).then_state(state)


@pytest.mark.parametrize("messages", [(filing(),), (step("assigned"),)], ids=["open", "early"])
async def test_A8_another_persons_request_looks_like_none(messages: tuple[Any, ...]) -> None:
    assert Refusal("reference-not-found", "request-absent") == REQUEST_ABSENT
    state = (await happened(None, *messages)).state
    scene = (await happened(state, withdrawal(FAHAD))).then_refused("reference-not-found", "request-of-another")
    assert scene.decision is not None
    assert not scene.decision.recorded


@pytest.mark.parametrize(("kind", "case"), [("outage", CaseOpened), ("danger", DangerReported)])
async def test_A16_a_silent_back_office_is_told_again_and_nothing_is_lost(kind: str, case: type[Any]) -> None:
    opened = (await happened(None, filing(kind))).state
    due = NOON + TELL_AGAIN_AFTER
    assert tell_again_at(opened) == due
    wake_up = arriving(TimerElapsed(aggregate=ASKER), source="accounts")
    given(opened).when(tell_again, wake_up, Facts(due - timedelta(seconds=1))).then().then_state(opened)
    scene = given(opened).when(tell_again, wake_up, Facts(due)).then(case)
    scene.then_state(replace(opened, tell_again_at=due + TELL_AGAIN_AFTER))
    known = (await happened(opened, step("assigned"))).state
    assert tell_again_at(known) is None
    given(known).when(tell_again, wake_up, Facts(due)).then().then_state(known)


async def test_A8_I17_a_filed_request_is_told_with_who_filed_it_and_when() -> None:
    filed = filing(actor="user-hala")
    filed = replace(filed, body=filed.body.model_copy(update={"filed_at": NOON - timedelta(minutes=5)}))
    _, news, _ = (await happened(None, filed)).then(CaseOpened, *NEWS).messages
    assert isinstance(news, RequestMoved)
    assert (news.acted_by, news.at) == ("user-hala", NOON - timedelta(minutes=5))


async def test_A16_steps_before_the_filing_count_in_their_order() -> None:
    early = await happened(None, step("assigned"), step("secured", 2))
    news = (await happened(early.state, filing("danger"))).messages
    assert [(m.state, m.at) for m in news if isinstance(m, RequestMoved)] == [
        ("received", NOON),
        ("assigned", NOON + timedelta(minutes=1)),
        ("secured", NOON + timedelta(minutes=2)),
    ]


def test_A16_the_back_office_is_told_again_while_the_case_still_lies_on_its_topic() -> None:
    assert BACK_OFFICE_REQUESTS.retention >= TELL_AGAIN_AFTER * 2
    assert BACK_OFFICE_URGENT.retention >= TELL_AGAIN_AFTER * 2
