"""What is said of a plan at each of its steps, and of which plan billing speaks (A14)."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.requests import RequestMoved
from services.accounts.instalments import (
    READ_LATE,
    accept_plan,
    agree_plan,
    open_plan,
    quote_plan,
    refuse_plan,
    settle_plan,
)
from tests.scenario import Given, given
from tests.unit.accounts.situations import from_billing
from tests.unit.accounts.test_instalments import (
    AGREED,
    FACTS,
    FILED,
    REFUSED,
    WAKE_UP,
    acceptance,
    asking,
    found,
    ordered,
    quoted,
    unanswered,
)


def told(scene: Given) -> list[tuple[str, bool]]:
    return [(each.state, each.final) for each in scene.messages if isinstance(each, RequestMoved)]


def test_A14_a_plan_is_final_when_it_is_agreed_refused_or_expired_and_not_before() -> None:
    assert told(given(None).when(open_plan, FILED, FACTS)) == [("asked", False)]
    assert told(given(asking()).when(quote_plan, from_billing(found(30_000), "ask-1"), FACTS)) == [("quoted", False)]
    assert told(given(quoted()).when(accept_plan, acceptance(), FACTS)) == [("accepted", False)]
    assert told(given(ordered()).when(agree_plan, AGREED)) == [("agreed", True)]
    assert told(given(ordered()).when(refuse_plan, REFUSED)) == [("refused", True)]
    late = replace(FACTS, present=FACTS.present + FACTS.terms.quote_holds + READ_LATE)
    assert told(given(quoted()).when(settle_plan, WAKE_UP, late)) == [("expired", True)]


@pytest.mark.parametrize(("decide", "word"), [(agree_plan, AGREED), (refuse_plan, REFUSED)], ids=["agreed", "refused"])
def test_A14_billings_word_on_another_order_changes_nothing(decide: Any, word: Any) -> None:
    other = replace(word, body=word.body.model_copy(update={"order_id": "another"}))
    given(ordered()).when(decide, other).then().then_state(ordered())


def test_A14_who_tries_again_as_they_were_told_hears_that_billing_has_refused_meanwhile() -> None:
    late = given(unanswered()).when(refuse_plan, REFUSED)
    again = late.when(accept_plan, acceptance("accept-2"), FACTS)
    again.then_refused("plan-not-agreed", "billing-refused-the-plan").then_state(late.state)
