"""The door of requests: who may ask, what for, how often, and with which form."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import RequestFiled, RequestNoted
from contracts.accounts_supply_internal import RelationNoted
from contracts.back_office import DangerReported
from contracts.decision import Customer
from contracts.requests import ReportDanger, RequestAccepted, SubmitRequest
from contracts.sealed import Secret
from contracts.values.public_texts import text_for
from services.accounts.customer import KnownCustomer, KnownRequest, RequestStep, note_relation
from services.accounts.door import (
    LIMIT_PERIOD,
    MOST_IN_PERIOD,
    MOST_KEPT,
    MOST_STEPS,
    MOST_URGENT_IN_PERIOD,
    note_request,
)
from services.accounts.effects import AccountsEffects, prepare_submission
from services.accounts.request_form import SubmissionFacts
from services.accounts.submitting import report_danger, submit_request
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.forms import GOOD, LONG
from tests.unit.accounts.situations import (
    ACCOUNT,
    HOLDER,
    HOUSED,
    KEY,
    KINDS,
    NEWCOMER,
    NOURA,
    OTHER_ACCOUNT,
    REFERENCE,
    TOKEN,
    UNKNOWN_REFERENCE,
)

EFFECTS = AccountsEffects(KEY, KINDS)


def submission(kind: str = "outage", form: Any = None, reference: str = REFERENCE, id: str = "submit-1") -> Any:
    text = form if isinstance(form, str) else json.dumps(form or GOOD.get(kind, {}))
    body = SubmitRequest(token=TOKEN, reference=reference, kind=kind, form=TOKEN)
    return arriving(body, id=id, customer=NOURA, opened={"form": text})


def danger(form: Any = None) -> Any:
    body = ReportDanger(token=TOKEN, reference=REFERENCE, form=TOKEN)
    return arriving(body, id="danger-1", customer=NOURA, opened={"form": json.dumps(form or GOOD["danger"])})


async def decided_on(state: KnownCustomer | None, message: Any) -> Given:
    facts = await prepare_submission(state, message, EFFECTS, NOON)
    decide = report_danger if isinstance(message.body, ReportDanger) else submit_request
    return given(state).when(decide, message, facts)


def asked_for(number: int, **changes: Any) -> KnownRequest:
    request = KnownRequest(
        reference=f"REQ-{number}",
        definition_reference=REFERENCE,
        kind="complaint",
        state="received",
        requested_at=NOON - timedelta(days=1),
        history=(RequestStep(state="received", at=NOON),),
    )
    return replace(request, **changes)


async def test_A8_A16_a_request_is_accepted_with_its_own_reference_and_filed_with_its_form_sealed() -> None:
    scene = (await decided_on(HOLDER, submission())).then(RequestAccepted, RequestFiled)
    accepted, filing = scene.messages
    assert isinstance(accepted, RequestAccepted)
    assert isinstance(filing, RequestFiled)
    assert (accepted.state, accepted.reference) == ("received", filing.reference)
    assert (filing.kind, filing.account_number, filing.urgent) == ("outage", ACCOUNT, False)
    assert filing.form.plain is not None
    assert json.loads(filing.form.plain.reveal()) == GOOD["outage"]
    assert GOOD["outage"]["place"] not in repr(filing)
    (known,) = scene.state.requests
    assert (known.reference, known.kind, known.state, known.final) == (filing.reference, "outage", "received", False)


async def test_I17_a_request_in_a_businesss_name_says_who_acted() -> None:
    message = submission()
    message = replace(message, customer=Customer(NOURA.user_id, "s", "web", actor="user-omar"))
    _, filing = (await decided_on(HOLDER, message)).messages
    assert isinstance(filing, RequestFiled)
    assert (filing.user_id, filing.acted_by) == (NOURA.user_id, "user-omar")


async def test_A16_danger_goes_to_the_back_office_from_the_first_decision() -> None:
    scene = (await decided_on(HOLDER, danger())).then(DangerReported, RequestAccepted, RequestFiled)
    report, accepted, filing = scene.messages
    assert isinstance(report, DangerReported)
    assert isinstance(accepted, RequestAccepted)
    assert isinstance(filing, RequestFiled)
    assert report.case_id == accepted.reference == filing.reference
    assert report.asked_by == "request:" + filing.reference.replace("-", "")
    assert filing.urgent
    assert report.user_id == filing.user_id == NOURA.user_id
    assert scene.state.requests[-1].urgent
    assert report.form.plain is not None
    assert json.loads(report.form.plain.reveal()) == GOOD["danger"]


@pytest.mark.parametrize("message", [submission(), danger()], ids=["ordinary", "danger"])
@pytest.mark.parametrize(
    ("state", "reason", "missing_step"),
    [
        (None, "national-address-missing", "choose-address"),
        (NEWCOMER, "national-address-missing", "choose-address"),
        (HOUSED, "no-account-defined", "define-account"),
    ],
    ids=["unknown", "no-address", "no-account"],
)
async def test_A11_J2_what_is_missing_comes_before_everything_else(
    message: Any, state: KnownCustomer | None, reason: str, missing_step: str
) -> None:
    (await decided_on(state, message)).then_refused("step-missing", reason, missing_step)


@pytest.mark.parametrize(
    ("message", "public_reason", "reason"),
    [
        (submission(reference=UNKNOWN_REFERENCE), "reference-not-found", "no-definition-of-theirs"),
        (submission(reference="K7QD"), "reference-not-found", "reference-number-malformed"),
        (submission(kind="sunshine"), "request-kind-not-offered", "request-kind-unknown"),
        (submission(kind="danger"), "request-kind-not-offered", "danger-on-the-ordinary-lane"),
        (submission(form=LONG), "form-not-accepted", "form-too-large"),
        (submission(form="no"), "form-not-accepted", "form-not-json"),
        (submission(form='{"a": 1, "a": 2}'), "form-not-accepted", "form-duplicate-keys"),
        (submission(form={"a": 1}), "form-not-accepted", "form-fields-wrong"),
        (danger({"danger": "rain"}), "form-not-accepted", "form-fields-wrong"),
    ],
)
async def test_J4_what_is_not_accepted_is_refused_and_changes_nothing(
    message: Any, public_reason: str, reason: str
) -> None:
    (await decided_on(HOLDER, message)).then_refused(public_reason, reason).then_state(HOLDER)


@pytest.mark.parametrize("kind", ["bill-copy", "bill-correction", "bill-language", "smart-meter", "insulation"])
async def test_A10_A18_who_has_merely_defined_an_account_orders_nothing_for_it(kind: str) -> None:
    stranger = replace(HOLDER, confirmed=())
    scene = (await decided_on(stranger, submission(kind))).then_refused(
        "relation-not-confirmed", "relation-not-confirmed"
    )
    scene.then_state(stranger)
    elsewhere = replace(HOLDER, confirmed=(Secret(OTHER_ACCOUNT),))
    (await decided_on(elsewhere, submission(kind))).then_refused("relation-not-confirmed", "relation-not-confirmed")
    (await decided_on(HOLDER, submission(kind))).then(RequestAccepted, RequestFiled)


async def test_A18_who_has_moved_out_is_not_told_that_their_relation_is_still_being_checked() -> None:
    out = given(HOLDER).when(note_relation, arriving(RelationNoted(user_id="u", account_number=ACCOUNT, holds=False)))
    refused = await decided_on(out.state, submission("bill-copy"))
    refused.then_refused("relation-not-confirmed", "relation-not-confirmed")
    text = text_for("relation-not-confirmed")
    assert not any(word in text.ar + text.en for word in ("still", "ما زلنا"))
    assert "transfer" in text.en  # what they can do about it
    assert "نقل الحساب" in text.ar


@pytest.mark.parametrize("message", [submission("complaint"), submission("outage"), submission("barq-plus"), danger()])
async def test_A16_A17_reports_and_what_concerns_no_supply_are_open_to_whoever_has_defined_it(message: Any) -> None:
    stranger = replace(HOLDER, confirmed=())
    assert (await decided_on(stranger, message)).decision.refusal is None  # type: ignore[union-attr]


def relation_noted(holds: bool, account: str = ACCOUNT) -> Any:
    body = RelationNoted(user_id=NOURA.user_id, account_number=account, holds=holds)
    return arriving(body, source="accounts", subject=f"supply:{account}")


def test_A18_a_customer_knows_which_of_their_relations_are_confirmed_and_go_on() -> None:
    scene = given(replace(HOLDER, confirmed=()))
    for message in (relation_noted(True), relation_noted(True, OTHER_ACCOUNT), relation_noted(True)):
        scene = scene.when(note_relation, message).then()
    assert set(scene.state.confirmed) == {Secret(ACCOUNT), Secret(OTHER_ACCOUNT)}
    assert len(scene.state.confirmed) == 2
    scene = scene.when(note_relation, relation_noted(False)).when(note_relation, relation_noted(False)).then()
    assert scene.state.confirmed == (Secret(OTHER_ACCOUNT),)


async def test_A16_one_outage_of_a_definition_is_open_at_a_time() -> None:
    first = (await decided_on(HOLDER, submission())).state
    (await decided_on(first, submission(id="submit-2"))).then_refused("already-requested", "request-of-this-kind-open")
    ended = replace(first, requests=(replace(first.requests[0], final=True),))
    (await decided_on(ended, submission(id="submit-2"))).then(RequestAccepted, RequestFiled)
    (await decided_on(first, submission("complaint", id="submit-2"))).then(RequestAccepted, RequestFiled)


async def test_A20_a_reference_that_is_taken_is_not_given_again() -> None:
    first = (await decided_on(HOLDER, submission("complaint"))).state
    (await decided_on(first, submission("complaint"))).then_refused("command-id-reused", "reference-taken")


async def test_A8_requests_within_30_days_are_limited_and_danger_is_counted_apart() -> None:
    many = replace(HOLDER, requests=tuple(asked_for(number) for number in range(MOST_IN_PERIOD)))
    scene = (await decided_on(many, submission())).then_refused("too-many-requests", "too-many-requests-in-30-days")
    assert scene.decision is not None
    assert not scene.decision.recorded
    (await decided_on(many, danger())).then(DangerReported, RequestAccepted, RequestFiled)
    old = replace(many.requests[0], requested_at=NOON - LIMIT_PERIOD)
    (await decided_on(replace(many, requests=(old, *many.requests[1:])), submission())).then(
        RequestAccepted, RequestFiled
    )
    dangers = tuple(asked_for(number, kind="danger", urgent=True) for number in range(MOST_URGENT_IN_PERIOD))
    (await decided_on(replace(HOLDER, requests=dangers), danger())).then_refused(
        "too-many-requests", "too-many-requests-in-30-days"
    )


async def test_A8_the_oldest_that_has_ended_makes_room_and_none_that_is_open() -> None:
    long_ago = NOON - timedelta(days=90)
    kept = tuple(asked_for(number, requested_at=long_ago) for number in range(MOST_KEPT))
    (await decided_on(replace(HOLDER, requests=kept), submission())).then_refused(
        "too-many-requests", "too-many-open-requests"
    )
    some_ended = tuple(replace(each, final=number in (7, 9)) for number, each in enumerate(kept))
    state = (await decided_on(replace(HOLDER, requests=some_ended), submission())).state
    references = [each.reference for each in state.requests]
    assert len(references) == MOST_KEPT
    assert "REQ-7" not in references
    assert {"REQ-0", "REQ-9"} <= set(references)


async def test_A16_danger_is_reported_however_much_is_open() -> None:
    long_ago = NOON - timedelta(days=90)
    kept = tuple(asked_for(number, requested_at=long_ago) for number in range(MOST_KEPT))
    scene = (await decided_on(replace(HOLDER, requests=kept), danger())).then(
        DangerReported, RequestAccepted, RequestFiled
    )
    references = [each.reference for each in scene.state.requests]
    assert len(references) == MOST_KEPT
    assert references[:2] == ["REQ-1", "REQ-2"]


def note(state: str, minutes: int, reference: str = "REQ-1", final: bool = False) -> Any:
    body = RequestNoted(
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        kind="complaint",
        reference="K7QD-9RXM-2PTC" if reference == "unknown" else REFERENCE,
        definition_reference=REFERENCE,
        state=state,
        final=final,
        at=NOON + timedelta(minutes=minutes),
    )
    return arriving(body, source="accounts", subject="request:x")


def test_A8_each_new_state_is_noted_with_its_time_and_the_same_one_only_once() -> None:
    state = replace(HOLDER, requests=(asked_for(1, reference=REFERENCE), asked_for(2)))
    scene = given(state).when(note_request, note("received", 0)).then().then_state(state)
    for message in (note("assigned", 1), note("assigned", 1), note("answered", 2, final=True)):
        scene = scene.when(note_request, message).then()
    known, other = scene.state.requests
    assert [(step.state, step.at) for step in known.history] == [
        ("received", NOON),
        ("assigned", NOON + timedelta(minutes=1)),
        ("answered", NOON + timedelta(minutes=2)),
    ]
    assert (known.state, known.final, other) == ("answered", True, asked_for(2))
    scene.when(note_request, note("answered", 3, reference="unknown")).then().then_state(scene.state)


def test_A8_a_history_keeps_its_first_and_its_latest_states() -> None:
    scene = given(replace(HOLDER, requests=(asked_for(1, reference=REFERENCE),)))
    for number in range(MOST_STEPS + 5):
        scene = scene.when(note_request, note(f"state-{number}", number))
    (known,) = scene.state.requests
    assert len(known.history) == MOST_STEPS
    assert (known.history[0].state, known.history[-1].state) == ("received", f"state-{MOST_STEPS + 4}")


async def test_J2_nothing_is_opened_or_checked_for_somebody_who_may_not_ask_yet() -> None:
    sealed = replace(submission(), opener=None)
    facts = await prepare_submission(HOUSED, sealed, EFFECTS, NOON)
    assert facts == SubmissionFacts(NOON, facts.reference, KINDS.offered["outage"], None)
    (await decided_on(HOLDER, submission(kind="sunshine"))).then_refused(
        "request-kind-not-offered", "request-kind-unknown"
    )
