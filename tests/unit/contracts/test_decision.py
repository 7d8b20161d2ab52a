"""The words of a decision say what they mean."""

import pytest

from contracts.decision import Decision, Outgoing, Refusal, answered, decided, ignored, refused
from contracts.identity import RegistrationStarted, UserRegistered
from contracts.notifications import AskContactChannels
from tests.scenario import arriving

ANSWER = RegistrationStarted(next_step="confirm-otp")


def test_decided_saves_and_sends() -> None:
    decision = decided("state", ANSWER, effects=("call",))
    assert decision == Decision("state", (ANSWER,), ("call",), None, recorded=True)


def test_J4_refused_carries_both_reasons_and_the_missing_step() -> None:
    decision = refused("state", "code-not-accepted", "code-expired", "confirm-otp")
    assert decision.refusal == Refusal("code-not-accepted", "code-expired", "confirm-otp")
    assert (decision.state, decision.messages, decision.recorded) == ("state", (), True)


def test_answered_is_not_recorded() -> None:
    assert answered("state", ANSWER) == Decision("state", (ANSWER,), recorded=False)


def test_ignored_changes_and_says_nothing() -> None:
    assert ignored("state") == Decision("state")


def test_more_messages_come_last() -> None:
    later = Outgoing(ANSWER, "c-2")
    assert decided("state", ANSWER).and_send(later).messages == (ANSWER, later)


def test_who_and_seals_are_there_only_where_the_message_has_them() -> None:
    message = arriving(AskContactChannels(), opened={"code": "123456"})
    assert message.opened("code") == "123456"
    with pytest.raises(TypeError, match="customer"):
        _ = message.who


def test_what_a_seal_opens_to_is_not_shown() -> None:
    assert "123456" not in repr(arriving(AskContactChannels(), opened={"code": "123456"}))


def test_a_message_of_anybody_else_has_another_correlation() -> None:
    command = arriving(AskContactChannels(), id="c-9")
    event = arriving(UserRegistered(user_id="u-1", segment="individual", language="ar"), id="e-9")
    assert (command.correlation_id, event.correlation_id) == ("c-9", "c-1")
