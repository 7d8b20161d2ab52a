"""Whatever is said to a transfer in whatever order, by whomever and however often: it moves once, whole, with both
consents, or not at all, and then nothing is left half done (A9, A18)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.accounts_supply_internal import SupplyDenied, SupplyMoved, SupplyReleased, SupplyWanted
from contracts.billing import HolderChangeOrdered, HolderChangeWithdrawn
from contracts.decision import Incoming, Outgoing
from contracts.message import Message
from contracts.metering import ClosingReadingAsked, ClosingReadingReleased
from contracts.requests import RequestMoved
from contracts.transfers import TransferCompleted, TransferEnded
from services.accounts.transfer import (
    accept_evidence,
    do_without_supply,
    open_transfer,
    reject_evidence,
    take_supply,
)
from services.accounts.transfer_case import TransferFacts
from services.accounts.transfer_closing import divide_bill, note_debt, take_reading
from services.accounts.transfer_consent import consent_to_transfer, decline_transfer, note_consent, note_no_consent
from services.accounts.transfer_moving import complete_transfer, note_refused_change, note_undone_change
from services.accounts.transfer_questions import withdrawal_of
from services.accounts.transfer_states import AwaitingConsents, Completed, Ended, Transfer, due_at
from services.accounts.transfer_timer import wake_transfer
from services.accounts.transfer_undo import cancel_transfer
from tests.scenario import NOON, arriving
from tests.unit.accounts.situations import FAHAD, NOURA
from tests.unit.accounts.transfers import (
    BILL,
    CHANGE_REFUSED,
    CHANGED,
    CONFIRMED,
    DEED,
    DUES,
    GRANTED,
    HESSA,
    NOT_CONFIRMED,
    ORDER,
    READING,
    TIMER,
    TRANSFER,
    UNDONE,
    WAITS,
    cancelling,
    consent,
    consenting,
    declining,
    no_consent,
    told,
)

WITHDRAWN = withdrawal_of(ORDER)
MESSAGES: dict[str, tuple[Callable[..., Any], Incoming[Any]]] = {
    "evidence": (accept_evidence, told(CONFIRMED)),
    "supply": (take_supply, told(GRANTED)),
    "noura-asks": (consent_to_transfer, consenting(NOURA)),
    "fahad-asks": (consent_to_transfer, consenting(FAHAD)),
    "dues": (note_debt, told(DUES)),
    "reading": (take_reading, told(READING)),
    "bill": (divide_bill, told(BILL)),
    "changed": (complete_transfer, told(CHANGED)),
    "changed-finally": (complete_transfer, told(CHANGED, WITHDRAWN)),
    "undone": (note_undone_change, told(UNDONE, WITHDRAWN)),
    "refused": (note_refused_change, told(CHANGE_REFUSED)),
    "no-evidence": (reject_evidence, told(NOT_CONFIRMED)),
    "no-supply": (do_without_supply, told(SupplyDenied(transfer=TRANSFER, reason="busy"))),
    "cancel": (cancel_transfer, cancelling(NOURA)),
    "decline": (decline_transfer, declining(FAHAD)),
    "stranger": (cancel_transfer, cancelling(HESSA)),
}
CONSENTS = ("noura-consents", "fahad-consents", "noura-fails")
IN_ORDER = (
    "evidence",
    "supply",
    "noura-asks",
    "fahad-asks",
    "noura-consents",
    "fahad-consents",
    "dues",
    "reading",
    "bill",
    "changed",
)
EVENTS = (*MESSAGES, *CONSENTS, "timer")


def _opened() -> Transfer:
    filed = arriving(DEED, opened={"document_number": "310101234567"})
    state = open_transfer(None, filed, TransferFacts(NOON, WAITS)).state
    assert state is not None
    return state


@dataclass
class World:
    """One transfer of ownership, and all that it has said."""

    state: Transfer = field(default_factory=_opened)
    sent: list[Message] = field(default_factory=list)
    consented: set[str] = field(default_factory=set)
    now: datetime = NOON

    def happen(self, name: str) -> None:
        """A message arrives, or time passes."""
        if name == "timer":
            self.now = due_at(self.state) or self.now
            return self._decide(wake_transfer, TIMER)
        if name in CONSENTS:
            return self._answer(name)
        return self._decide(*MESSAGES[name])

    def _answer(self, name: str) -> None:
        party = (FAHAD if name.startswith("fahad") else NOURA).user_id
        open_ones = self.state.open if isinstance(self.state, AwaitingConsents) else ()
        for each in open_ones:
            if each.party == party:
                fails = name.endswith("fails")
                self._decide(*((note_no_consent, no_consent(each)) if fails else (note_consent, consent(each))))
                self.consented |= set() if fails else {party}

    def _decide(self, decide: Callable[..., Any], incoming: Incoming[Any]) -> None:
        decision = decide(self.state, replace(incoming, now=self.now), TransferFacts(self.now, WAITS))
        self.state = decision.state
        self.sent += [each.body if isinstance(each, Outgoing) else each for each in decision.messages]

    def said(self, kind: type[Message]) -> int:
        """How often."""
        return sum(isinstance(each, kind) for each in self.sent)


noise = st.lists(st.sampled_from(EVENTS), max_size=30)


def world_after(steps: int, events: list[str]) -> World:
    world = World()
    for name in (*IN_ORDER[:steps], *events):
        world.happen(name)
    return world


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(IN_ORDER)), noise)
def test_A9_it_moves_once_with_both_consents_or_not_at_all(steps: int, events: list[str]) -> None:
    world = world_after(steps, events)
    moved = world.said(SupplyMoved)
    assert moved == isinstance(world.state, Completed)
    assert world.said(TransferCompleted) == 2 * moved
    assert not (moved and world.said(TransferEnded))
    if moved:
        assert world.consented == {NOURA.user_id, FAHAD.user_id}


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(IN_ORDER)), noise)
def test_A9_a_transfer_that_has_ended_holds_nothing_any_more(steps: int, events: list[str]) -> None:
    world = world_after(steps, events)
    if isinstance(world.state, Ended):
        assert world.said(SupplyReleased) == bool(world.said(SupplyWanted))
        assert world.said(ClosingReadingReleased) == bool(world.said(ClosingReadingAsked))
        finals = [each for each in world.sent if isinstance(each, RequestMoved) and each.final]
        assert [each.state for each in finals] == [world.state.outcome]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(IN_ORDER)), noise)
def test_A9_left_alone_every_transfer_ends_or_asks_billing_what_has_happened(steps: int, events: list[str]) -> None:
    world = world_after(steps, events)
    for _ in range(20):
        world.happen("timer")
    if due_at(world.state) is not None:
        assert isinstance(world.sent[-1], HolderChangeWithdrawn)
        world.happen("undone")
    assert isinstance(world.state, Completed | Ended)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(IN_ORDER)), noise)
def test_A18_billing_is_ordered_one_change_whose_parts_are_the_bill(steps: int, events: list[str]) -> None:
    orders = [each for each in world_after(steps, events).sent if isinstance(each, HolderChangeOrdered)]
    assert all(each.from_share_halalas + each.to_share_halalas == BILL.amount_halalas for each in orders)
    assert len({each.order_id for each in orders}) <= 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(range(1, 4)), min_size=len(IN_ORDER), max_size=len(IN_ORDER)))
def test_A9_every_message_any_number_of_times_is_as_good_as_once(times: list[int]) -> None:
    once, often = World(), World()
    for name, count in zip(IN_ORDER, times, strict=True):
        once.happen(name)
        for _ in range(count):
            often.happen(name)
    assert isinstance(often.state, Completed)
    assert often.state == once.state
    assert often.said(SupplyMoved) == often.said(HolderChangeOrdered) == 1


def test_A9_the_steps_in_their_order_move_the_account() -> None:
    world = world_after(len(IN_ORDER), [])
    states = [each.state for each in world.sent if isinstance(each, RequestMoved)]
    assert states == ["awaiting-consents", "checking", "closing", "moving", "completed"]
    assert world.now - NOON == timedelta(0)
