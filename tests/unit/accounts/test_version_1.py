"""Law 13: what channels of the last release ask is answered as they read it (A5, A14)."""

from dataclasses import replace
from datetime import timedelta

from contracts import accounts_v1
from contracts.accounts_request_internal import PlanDenied, PlanFiled, PlanQuoted
from contracts.billing import DuesAsked
from contracts.decision import Facts
from services.accounts.definition import Informed
from services.accounts.dues import give_up_on_dues, show_dues, show_found_dues
from services.accounts.instalment_door import give_no_quote, give_quote, request_instalments
from services.accounts.instalments import open_plan, quote_plan
from services.accounts.reference import ReferenceFacts
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import (
    AWAITING_DUES,
    DECLARED,
    GIVE_UP_AT,
    HOLDER,
    NOURA,
    REFERENCE,
    TOKEN,
    dues_found,
    from_billing,
)
from tests.unit.accounts.test_dues import FACTS as DUES_FACTS
from tests.unit.accounts.test_dues import TIMER, answered_command
from tests.unit.accounts.test_instalments import FACTS, FILED, NEWS, OWN, found

AWAITING_IN_CLEAR = replace(AWAITING_DUES, answer_key=None)


def test_A5_dues_are_shown_in_clear() -> None:
    found = dues_found()
    ask = arriving(accounts_v1.ShowDues(token=TOKEN), id="dues-1", customer=NOURA)
    scene = given(DECLARED).when(show_dues, ask, DUES_FACTS).then(DuesAsked).then_state(AWAITING_IN_CLEAR)
    shown = accounts_v1.DuesShown(
        as_of=found.as_of, dues=found.dues, total_halalas=34_567, next_step="accept-service-terms"
    )
    scene.when(show_found_dues, from_billing(found)).then(shown).then_state(Informed)
    late = given(AWAITING_IN_CLEAR).when(give_up_on_dues, TIMER, Facts(GIVE_UP_AT))
    assert answered_command(late) == ("dues-1", accounts_v1.ShowDues.type_name)


def test_A14_a_plan_is_quoted_in_clear() -> None:
    ask = accounts_v1.RequestInstalments(token=TOKEN, reference=REFERENCE, parts=3)
    scene = given(HOLDER).when(request_instalments, arriving(ask, customer=NOURA), ReferenceFacts(NOON, OWN))
    (filed,) = scene.then(PlanFiled).messages
    assert isinstance(filed, PlanFiled)
    plan = given(None).when(open_plan, replace(FILED, body=filed), FACTS)
    news = plan.when(quote_plan, from_billing(found(30_000, 4_567), "ask-1"), FACTS).then(PlanQuoted, *NEWS).messages
    (answer,) = given(HOLDER).when(give_quote, arriving(news[0], source="accounts")).messages
    assert isinstance(answer, accounts_v1.InstalmentsQuoted)
    assert sum(part.amount_halalas for part in answer.parts) == answer.total_halalas == 34_567
    assert (answer.reference, answer.valid_until) == (OWN, NOON + timedelta(days=3))


def test_A14_a_plan_denied_is_the_refusal_of_the_version_that_asked() -> None:
    denied = PlanDenied(user_id=NOURA.user_id, reference=OWN, reason="nothing-due")
    news = arriving(denied, source="accounts", correlation_id="ask-1")
    scene = given(HOLDER).when(give_no_quote, news).then_refused("nothing-due", "nothing-due")
    assert answered_command(scene) == ("ask-1", accounts_v1.RequestInstalments.type_name)
