"""One message to one person by one channel, from the wish to its receipt (N2, N6, N7, N10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from contracts.decision import Decision, Facts, Incoming, decided, ignored
from contracts.message import TimerElapsed
from contracts.notifications import AttemptReported, ReceiptReceived, StatusReported
from services.notifications.attempt import AskStatus, Attempt, AttemptRules, effect_of
from services.notifications.delivery_news import (
    now_delivered,
    now_expired,
    now_failed,
    now_handed_over,
    now_unknown,
)
from services.notifications.delivery_states import (
    About,
    Attempting,
    Content,
    Delivered,
    DeliveryState,
    Expired,
    Failed,
    HandedOver,
    Settling,
    UnderWay,
    Unknown,
    Waiting,
    due_at,
)
from services.notifications.permitted_hours import DAYTIME, PermittedHours

DeliveryDecision = Decision[DeliveryState]


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Decides what becomes of a message once it is wanted."""

    rules: AttemptRules
    hours: PermittedHours = DAYTIME

    def wait_until(self, about: About, content: Content, not_before: datetime, now: datetime) -> DeliveryDecision:
        """The first attempt begins at `not_before`; what is of no use by then expires at once (N2, N4)."""
        return self.begin(about, content, now) if not_before <= now else self._wait(about, content, 0, not_before)

    def begin(self, about: About, content: Content, now: datetime, attempt: int = 1) -> DeliveryDecision:
        """`Attempting` (law 8): the call follows the save. What can no longer be used is not sent (N2)."""
        if now > about.hand_over_by:
            return now_expired(about)
        if self._permitted(about, now) != now:
            return self._wait(about, content, attempt - 1, now)
        start_by = self._start_by(about, now)
        call = effect_of(Attempt(about, content, attempt, start_by))
        return decided(Attempting(about, content, attempt, self.rules.settle_at(start_by)), effects=(call,))

    def on_result(self, state: DeliveryState, incoming: Incoming[AttemptReported], facts: Facts) -> DeliveryDecision:
        """An attempt has reported, perhaps after it was given up."""
        report = incoming.body
        match state:
            case Attempting() | Waiting() | Settling() if report.result == "accepted":
                # Even of an attempt before the last: the gateway has it and bills it, nothing is sent again (N6).
                return now_handed_over(state.about, report.gateway_message_id or "")
            case Attempting() | Settling() if report.attempt == state.attempt:
                return self._not_accepted(state, report, _latest(incoming, facts))
            case Attempting() | Waiting() | Settling():
                return ignored(state)
            case Unknown(about):
                if report.result != "accepted":
                    return ignored(state)
                return now_handed_over(about, report.gateway_message_id or "", told=True)  # N10: `unknown` was final
            case HandedOver() | Delivered() | Failed() | Expired():
                return ignored(state)
            case _:
                assert_never(state)

    def on_status(self, state: DeliveryState, incoming: Incoming[StatusReported], facts: Facts) -> DeliveryDecision:
        """The gateway has answered a query (N6)."""
        report = incoming.body
        match report.status:
            case "taken" | "delivered" | "not-delivered":
                return _moved_forward(state, report.status, "")
            case "never-accepted":
                if isinstance(state, Settling) and report.attempt == state.attempt:
                    return self._again(state, _latest(incoming, facts))
                return ignored(state)
            case "no-answer":
                return ignored(state)  # the timer asks again

    def on_receipt(self, state: DeliveryState, incoming: Incoming[ReceiptReceived], _: Facts) -> DeliveryDecision:
        """A receipt moves a message forward only (N7)."""
        return _moved_forward(state, incoming.body.status, incoming.body.gateway_message_id)

    def on_timer(self, state: DeliveryState, _: Incoming[TimerElapsed], facts: Facts) -> DeliveryDecision:
        """An attempt that never reported, a wait that is over, a query that is due (law 10)."""
        due = due_at(state)
        if due is None or facts.present < due:
            return ignored(state)
        match state:
            case Attempting():
                return self._unsure(state, facts.present)
            case Waiting(about, content, attempt):
                return self.begin(about, content, facts.present, attempt + 1)
            case Settling():
                return self._ask(state, facts.present)
            case _:
                return ignored(state)

    def _not_accepted(self, state: Attempting | Settling, report: AttemptReported, now: datetime) -> DeliveryDecision:
        match report.result:
            case "refused":
                return now_failed(state.about, report.reason or "refused")
            case "expired":
                return now_expired(state.about)
            case "not-sent":
                return self._again(state, now)
            case "unknown":
                return self._unsure(state, now) if isinstance(state, Attempting) else ignored(state)
            case "accepted":
                return now_handed_over(state.about, report.gateway_message_id or "")

    def _again(self, state: UnderWay, now: datetime) -> DeliveryDecision:
        """Certainly nothing left the house: another attempt, unless it comes too late (N2)."""
        retry_at = self._retry_at(state, now)
        if retry_at is None:
            return now_failed(state.about, "not-sent")
        return self._wait(state.about, state.content, state.attempt, retry_at)

    def _retry_at(self, state: UnderWay, now: datetime) -> datetime | None:
        """None when no further attempt can be counted."""
        about, wait = state.about, self.rules.wait_after(state.about, state.attempt)
        if wait is None:
            return None
        spread = self.rules.spread_of(wait, about, state.attempt)
        # A night's failures do not all begin with the permitted hours (N4).
        return self.hours.later(now + wait, spread) if about.keeps_hours else now + wait + spread

    def _wait(self, about: About, content: Content, attempt: int, until: datetime) -> DeliveryDecision:
        """Delayed, not dropped (N4), as long as it is of use (N2). `attempt` was the last one, 0 before the first."""
        until = self._permitted(about, until)
        return now_expired(about) if until > about.hand_over_by else decided(Waiting(about, content, attempt, until))

    def _permitted(self, about: About, instant: datetime) -> datetime:
        return self.hours.opening(instant) if about.keeps_hours else instant

    def _start_by(self, about: About, now: datetime) -> datetime:
        start_by = self.rules.start_by(about, now)
        return min(start_by, self.hours.closing(now)) if about.keeps_hours else start_by

    def _unsure(self, state: Attempting, now: datetime) -> DeliveryDecision:
        """The message may have been taken."""
        if state.about.is_code:
            return now_unknown(state.about)  # N10
        if state.about.channel == "sms":
            ask_at = now + self.rules.held_at_most
            return decided(Settling(state.about, state.content, state.attempt, 0, ask_at))  # N6
        # Law 8: an e-mail may be sent again with the same Message-ID.
        retry_at = self._retry_at(state, now) if state.attempt <= self.rules.doubted_at_most else None
        if retry_at is None or retry_at > state.about.hand_over_by:
            return now_unknown(state.about)
        return decided(Waiting(state.about, state.content, state.attempt, retry_at))

    def _ask(self, state: Settling, now: datetime) -> DeliveryDecision:
        queries = state.queries + 1
        if queries > len(self.rules.query_waits):
            return now_unknown(state.about)
        ask_again_at = now + max(self.rules.query_waits[queries - 1], self.rules.call_limit + self.rules.margin)
        asked = Settling(state.about, state.content, state.attempt, queries, ask_again_at)
        return decided(asked, effects=(AskStatus(state.about.message_id, state.attempt),))


def _moved_forward(state: DeliveryState, status: str, gateway_message_id: str) -> DeliveryDecision:
    """N7: what a receipt or query says counts only where it leads on."""
    match state:
        case Attempting() | Waiting() | Settling() | Unknown():
            told = isinstance(state, Unknown)
            match status:
                case "delivered":
                    return now_delivered(state.about, told=told)
                case "not-delivered":
                    return now_failed(state.about, "not-delivered", told=told)
                case _:
                    return now_handed_over(state.about, gateway_message_id, told=told)
        case HandedOver(about):
            match status:
                case "delivered":
                    return now_delivered(about, handed_over=True)
                case "not-delivered":
                    return now_failed(about, "not-delivered", told=True)
                case _:
                    return ignored(state)
        case Delivered() | Failed() | Expired():
            return ignored(state)
        case _:
            assert_never(state)


def _latest(incoming: Incoming[AttemptReported] | Incoming[StatusReported], facts: Facts) -> datetime:
    return max(incoming.now, facts.present)
