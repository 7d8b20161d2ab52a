"""The door to a plan of instalments, and the late answer to the command that asked (A14, J3)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.accounts_request_internal import PlanDenied, PlanQuoted
from contracts.billing import DuesAsked, PlanOrdered
from contracts.requests import InstalmentsQuoted, Quote, RequestInstalments, RequestMoved
from services.accounts.customer import KnownCustomer
from services.accounts.instalment_door import give_no_quote, give_quote, request_instalments
from services.accounts.instalment_states import Asking, Quoted
from services.accounts.instalments import accept_plan, open_plan, quote_plan
from services.accounts.reference import ReferenceFacts
from tests.scenario import NOON, Given, arriving, given
from tests.unit.accounts.situations import (
    ACCOUNT,
    ASKER,
    DEFINED,
    HOLDER,
    HOUSED,
    NOURA,
    REFERENCE,
    TOKEN,
    from_billing,
)
from tests.unit.accounts.test_instalments import (
    FACTS,
    FILED,
    NEWS,
    OWN,
    PLAN,
    acceptance,
    asking,
    found,
    late_answers,
    quoted,
)


def asked_by(state: KnownCustomer | None, reference: str = REFERENCE) -> Given:
    ask = RequestInstalments(token=TOKEN, reference=reference, parts=3, answer_key=ASKER)
    command = arriving(ask, id="ask-1", customer=NOURA)
    return given(state).when(request_instalments, command, ReferenceFacts(NOON, OWN))


def test_A14_what_is_due_is_asked_for_under_a_reference_of_its_own() -> None:
    scene = asked_by(HOLDER).then(FILED.body)
    (known,) = scene.state.requests
    assert (known.reference, known.kind, known.state) == (OWN, "instalments", "asked")
    question = DuesAsked(asked_by=PLAN, account_number=ACCOUNT, user_id=NOURA.user_id, relation="owner")
    opened = given(None).when(open_plan, FILED, FACTS).then(question, *NEWS).then_state(Asking)
    opened.when(open_plan, FILED, FACTS).then()


def test_A11_J2_instalments_need_what_every_request_needs() -> None:
    asked_by(None).then_refused("step-missing", "national-address-missing", "choose-address")
    asked_by(HOUSED).then_refused("step-missing", "no-account-defined", "define-account")
    asked_by(HOLDER, OWN).then_refused("reference-not-found", "no-definition-of-theirs")


def test_J3_the_customers_aggregate_gives_the_one_answer_to_the_command_that_asked() -> None:
    scene = given(asking()).when(quote_plan, from_billing(found(30_000, 4_567), "ask-1"), FACTS)
    scene.then(PlanQuoted, *NEWS).then_state(Quoted)
    assert late_answers(scene) == {PlanQuoted: "ask-1"}
    news = scene.messages[0]
    assert isinstance(news, PlanQuoted)
    (answer,) = given(HOLDER).when(give_quote, arriving(news, source="accounts")).then(InstalmentsQuoted).messages
    assert isinstance(answer, InstalmentsQuoted)
    assert (answer.reference, answer.valid_until) == (OWN, NOON + timedelta(days=3))
    assert answer.quote.to == ASKER
    assert answer.quote.plain is not None
    quote = Quote.model_validate_json(answer.quote.plain.reveal())
    assert [part.amount_halalas for part in quote.parts] == [11_523, 11_522, 11_522]
    assert sum(part.amount_halalas for part in quote.parts) == quote.total_halalas == 34_567
    assert [part.due_date for part in quote.parts] == [date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)]


@pytest.mark.parametrize(
    ("reason", "public_reason"),
    [
        ("nothing-due", "nothing-due"),
        ("parts-too-small", "instalments-too-small"),
        ("dues-not-found", "not-available-now"),
        ("billing-silent", "not-available-now"),
    ],
)
def test_J3_a_plan_denied_is_the_refusal_of_the_command_that_asked(reason: Any, public_reason: str) -> None:
    denied = PlanDenied(user_id="u-1", reference=OWN, reason=reason, asker_key=ASKER)
    news = arriving(denied, source="accounts", correlation_id="ask-1")
    scene = given(HOLDER).when(give_no_quote, news).then_refused(public_reason, reason).then_state(HOLDER)
    assert scene.decision is not None
    assert scene.decision.refusal is not None
    assert scene.decision.refusal.command_id == "ask-1"
    assert scene.decision.refusal.command_type == RequestInstalments.type_name


def test_A14_A18_a_tenant_is_asked_about_as_a_tenant_and_whoever_acted_is_named() -> None:
    tenant = replace(HOLDER, definitions=(replace(DEFINED, relation="tenant"),))
    ask = RequestInstalments(token=TOKEN, reference=REFERENCE, parts=3, answer_key=ASKER)
    command = arriving(ask, id="ask-1", customer=replace(NOURA, actor="user-omar"))
    filed = FILED.body.model_copy(update={"relation": "tenant", "acted_by": "user-omar"})
    given(tenant).when(request_instalments, command, ReferenceFacts(NOON, OWN)).then(filed)
    question, news, _ = given(None).when(open_plan, replace(FILED, body=filed), FACTS).then(DuesAsked, *NEWS).messages
    assert isinstance(question, DuesAsked)
    assert isinstance(news, RequestMoved)
    assert (question.relation, news.acted_by) == ("tenant", "user-omar")


def test_I17_who_accepts_a_plan_for_a_business_is_named() -> None:
    accepting = acceptance(customer=replace(NOURA, actor="user-omar"))
    _, news, _ = given(quoted()).when(accept_plan, accepting, FACTS).then(PlanOrdered, *NEWS).messages
    assert isinstance(news, RequestMoved)
    assert (news.user_id, news.acted_by) == (NOURA.user_id, "user-omar")
