"""What somebody may guess at is compared in constant time (I14, I15)."""

import hmac
from typing import Any

import pytest

from contracts.identity import ActivateUser
from contracts.identity_sessions_internal import ContactTold, ContactWithheld, ResetContactAsked
from services.identity.activation import activate_user
from services.identity.known_contact import tell_for_reset
from services.identity.one_time_code import enter
from tests.scenario import NOON, arriving, given
from tests.unit.identity.challenges import RESET
from tests.unit.identity.situations import BIRTH_DATE, ISSUED, SEALED, TOKEN, USER_ID, active, registered


@pytest.fixture(name="compared")
def _compared(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that is compared in constant time."""
    seen: list[Any] = []
    compare = hmac.compare_digest

    def noted(ours: Any, theirs: Any) -> bool:
        seen.append(theirs)
        return compare(ours, theirs)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    return seen


def test_I14_a_code_is_compared_in_constant_time(compared: list[Any]) -> None:
    assert enter(ISSUED, "123456", NOON).reason is None
    assert enter(ISSUED, "123457", NOON).reason == "code-wrong"
    assert compared == [b"123456", b"123457"]


@pytest.mark.parametrize("token", [TOKEN, TOKEN[:-1] + "x"], ids=["right", "wrong"])
def test_I10_a_link_is_compared_in_constant_time(compared: list[Any], token: str) -> None:
    given(registered).when(
        activate_user, arriving(ActivateUser(activation_token=SEALED), opened={"activation_token": token})
    )
    assert len(compared) == 1


@pytest.mark.parametrize(("birth_date", "answer"), [(BIRTH_DATE, ContactTold), ("1410-05-13", ContactWithheld)])
def test_I13_a_birth_date_is_compared_in_constant_time(compared: list[Any], birth_date: str, answer: type[Any]) -> None:
    asked = ResetContactAsked(challenge=RESET, user_id=USER_ID, birth_date=SEALED)
    given(active).when(tell_for_reset, arriving(asked, opened={"birth_date": birth_date})).then(answer)
    assert compared == [birth_date]
