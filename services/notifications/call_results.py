"""What calls came to, as messages and for operators (law 8, N6)."""

from dataclasses import dataclass
from typing import Literal, assert_never

from contracts.message import Message
from contracts.notifications import AttemptReported, CodeHandOverReported, HandOverReported, StatusReported
from contracts.notifications_broadcast_internal import BroadcastHandOverReported
from services.notifications.attempt import AskStatus, Attempt, Effect, SendBroadcast, SendCode, SendEmail, SendSms
from services.notifications.composing import NotComposed
from services.notifications.hand_over import Accepted, HandOver, NotSent, Rejected, TooLate, Unknown
from services.notifications.unifonic_wire import Found, NeverAccepted, NoAnswer, StatusAnswer


@dataclass(frozen=True, slots=True)
class NotAnAddress:
    """What is known of the person is no number or address that the channel takes."""


Outcome = HandOver | TooLate | NotComposed | NotAnAddress


def report(message: type[AttemptReported], attempt: Attempt, outcome: Outcome) -> AttemptReported:
    """What became of an attempt, as the message of this type."""

    def told(
        result: Literal["accepted", "refused", "not-sent", "unknown", "expired"],
        reason: str | None = None,
        gateway_message_id: str | None = None,
    ) -> AttemptReported:
        return message(
            message_id=attempt.about.message_id,
            attempt=attempt.number,
            result=result,
            reason=reason,
            gateway_message_id=gateway_message_id,
        )

    match outcome:
        case Accepted(gateway_message_id):
            # A relay answers with the Message-ID, which is made from the message's id.
            return told("accepted", None, None if attempt.about.channel == "email" else gateway_message_id)
        case Rejected(reason):
            return told("refused", reason)
        case NotComposed(reason):
            return told("refused", reason)
        case NotAnAddress():
            return told("refused", "recipient")
        case NotSent(reason):
            return told("not-sent", reason)
        case Unknown(reason):
            return told("unknown", reason)
        case TooLate():
            return told("expired")
        case _:
            assert_never(outcome)


def not_begun(effect: Effect) -> Message:
    """The report of a call that stood in line when its process stopped: certainly nothing left the house."""
    match effect:
        case SendCode(attempt):
            return report(CodeHandOverReported, attempt, NotSent("not-now"))
        case SendSms(attempt) | SendEmail(attempt):
            return report(HandOverReported, attempt, NotSent("not-now"))
        case SendBroadcast(attempt):
            return report(BroadcastHandOverReported, attempt, NotSent("not-now"))
        case AskStatus(message_id, attempt=number):
            return StatusReported(message_id=message_id, attempt=number, status=status_word(NoAnswer()))
        case _:
            assert_never(effect)


def outcome_of(result: Message) -> str:
    """What a call came to, for operators: why nothing was sent, or else the result."""
    match result:
        case AttemptReported(result="not-sent", reason=str(reason)):
            return reason
        case AttemptReported(result=said) | StatusReported(status=said):
            return said
        case _:
            return "other"


def status_word(
    answer: StatusAnswer,
) -> Literal["taken", "delivered", "not-delivered", "never-accepted", "no-answer"]:
    """What the gateway says of a message, as its report has it."""
    match answer:
        case Found(status="delivered"):
            return "delivered"
        case Found(status="not-delivered"):
            return "not-delivered"
        case Found():
            return "taken"
        case NeverAccepted():
            return "never-accepted"
        case NoAnswer():
            return "no-answer"
        case _:
            assert_never(answer)
