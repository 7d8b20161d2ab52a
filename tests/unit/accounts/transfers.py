"""How far a transfer has come, and what others say to it: the situations of the transfers' tests."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from contracts.accounts_supply_internal import SupplyGranted
from contracts.accounts_transfer_internal import TransferFiled
from contracts.billing import DuesFound, HolderChanged, HolderChangeRefused, HolderChangeUndone, RunningBillFound
from contracts.decision import Customer, Incoming
from contracts.identity_sessions import ConsentGiven, ConsentNotGiven
from contracts.message import Message
from contracts.metering import ClosingReadingTaken
from contracts.operations import TIMER_ELAPSED
from contracts.registry import EvidenceConfirmed, EvidenceNotConfirmed
from contracts.sealed import Sealed, Secret
from contracts.transfers import CancelTransfer, ConsentToTransfer, DeclineTransfer
from services.accounts.bill_split import Shares
from services.accounts.request_news import RequestRecord
from services.accounts.transfer_case import (
    Agreement,
    Case,
    Closing,
    Consent,
    OpenConsent,
    Order,
    Parties,
    TransferFacts,
    Waits,
)
from services.accounts.transfer_states import (
    AwaitingBill,
    AwaitingConsents,
    AwaitingReading,
    CheckingDues,
    CheckingEvidence,
    Completed,
    Ended,
    Moving,
    ReservingSupply,
    Transfer,
    Undoing,
)
from tests.scenario import NOON, arriving
from tests.unit.accounts.situations import ACCOUNT, FAHAD, NOURA, REFERENCE, TOKEN, TRANSFER_REFERENCE, due

WAITS = Waits(
    evidence=timedelta(days=1),
    consents=timedelta(days=3),
    answer=timedelta(hours=1),
    reading=timedelta(days=2),
    days_ahead=1,
)
FACTS = TransferFacts(NOON, WAITS)
TRANSFER: Final = f"transfer:{TRANSFER_REFERENCE.replace('-', '')}"
HESSA = Customer("user-hessa", "session-3", "web")
DAY = date(2026, 3, 2)  # the Riyadh day after NOON
DUE = NOON + timedelta(hours=1)

FILED = TransferFiled(
    user_id=NOURA.user_id,
    kind="actual-account",
    account_number=ACCOUNT,
    relation="owner",
    definition_reference=REFERENCE,
    reference=TRANSFER_REFERENCE,
    filed_at=NOON,
)
DEED = FILED.model_copy(update={"kind": "ownership", "document_number": Sealed(jwe="a.b.c.d.e")})
CONTRACT = DEED.model_copy(update={"kind": "subscriber", "relation": "tenant"})
LEAVING = FILED.model_copy(update={"kind": "subscription-end"})

RECORD = RequestRecord(
    user_id=NOURA.user_id,
    account_number=Secret(ACCOUNT),
    kind="actual-account",
    reference=TRANSFER_REFERENCE,
    definition_reference=REFERENCE,
)
CASE = Case(record=RECORD, kind="actual-account", relation="owner")
OWNERSHIP = Case(record=replace(RECORD, kind="ownership"), kind="ownership", relation="owner")
PARTIES = Parties(incoming=NOURA.user_id, outgoing=FAHAD.user_id)
NOURAS = OpenConsent(consent_id="consent-noura", party=NOURA.user_id, person=NOURA.user_id)
FAHADS = OpenConsent(consent_id="consent-fahad", party=FAHAD.user_id, person=FAHAD.user_id)
AGREEMENT = Agreement(parties=PARTIES, day=DAY)
MEASURED = Closing(register_wh=150_000)
SHARES = Shares(outgoing_halalas=5_000, incoming_halalas=5_001)
ORDER = Order(
    order_id=f"holder-change:{TRANSFER.removeprefix('transfer:')}",
    agreement=AGREEMENT,
    debt_halalas=34_567,
    closing=MEASURED,
    shares=SHARES,
)

CHECKING_EVIDENCE = CheckingEvidence(case=OWNERSHIP, due_at=NOON + WAITS.evidence)
RESERVING = ReservingSupply(case=CASE, due_at=DUE)
AWAITING_CONSENTS = AwaitingConsents(
    case=CASE,
    parties=PARTIES,
    earliest_day=date(2023, 3, 2),
    until=NOON + WAITS.consents,
    due_at=NOON + WAITS.consents + WAITS.answer,
)
ASKED = replace(AWAITING_CONSENTS, open=(NOURAS, FAHADS), codes_sent=2)
HALF_AGREED = replace(ASKED, given=(Consent(party=NOURA.user_id, person=NOURA.user_id, given_at=NOON),))
CHECKING_DUES = CheckingDues(case=CASE, agreement=AGREEMENT, due_at=DUE)
AWAITING_READING = AwaitingReading(
    case=CASE,
    agreement=AGREEMENT,
    debt_halalas=34_567,
    due_at=NOON.replace(hour=21) + WAITS.reading,  # DAY begins at 21:00 UTC
)
AWAITING_BILL = AwaitingBill(case=CASE, agreement=AGREEMENT, debt_halalas=34_567, closing=MEASURED, due_at=DUE)
MOVING = Moving(case=CASE, order=ORDER, due_at=DUE)
UNDOING = Undoing(case=CASE, order=ORDER, outcome="cancelled", reason="cancelled-by-requester", due_at=DUE)
COMPLETED = Completed(case=CASE, order=ORDER, completed_at=NOON)
CANCELLED = Ended(case=CASE, parties=PARTIES, outcome="cancelled", reason="cancelled-by-requester", ended_at=NOON)
TIMED_OUT = replace(CANCELLED, outcome="timed-out", reason="consent-missing")

WAITING: tuple[Transfer, ...] = (
    CHECKING_EVIDENCE,
    RESERVING,
    AWAITING_CONSENTS,
    HALF_AGREED,
    CHECKING_DUES,
    AWAITING_READING,
    AWAITING_BILL,
    MOVING,
    UNDOING,
)
OVER: tuple[Transfer, ...] = (COMPLETED, CANCELLED, TIMED_OUT)

GRANTED = SupplyGranted(
    transfer=TRANSFER, present_user_id=FAHAD.user_id, present_from_day=date(2023, 3, 1), owner_user_id=HESSA.user_id
)
CONFIRMED = EvidenceConfirmed(asked_by=TRANSFER, valid_from=date(2026, 3, 1))
NOT_CONFIRMED = EvidenceNotConfirmed(asked_by=TRANSFER)
DUES = DuesFound(
    asked_by=TRANSFER,
    account_number=ACCOUNT,
    user_id=FAHAD.user_id,
    as_of=NOON,
    dues=(due(34_567),),
    total_halalas=34_567,
)
READING = ClosingReadingTaken(asked_by=TRANSFER, account_number=ACCOUNT, day=DAY, register_wh=150_000)
BILL = RunningBillFound(
    asked_by=TRANSFER,
    account_number=ACCOUNT,
    period_from=date(2026, 2, 15),
    period_to=date(2026, 3, 16),
    amount_halalas=10_001,
    opening_wh=100_000,
    latest_wh=200_000,
)
CHANGED = HolderChanged(asked_by=TRANSFER, order_id=ORDER.order_id)
CHANGE_REFUSED = HolderChangeRefused(asked_by=TRANSFER, order_id=ORDER.order_id, reason="not-now")
UNDONE = HolderChangeUndone(asked_by=TRANSFER, order_id=ORDER.order_id)


def consent(by: OpenConsent, **changes: Any) -> Incoming[Any]:
    """Identity has seen the right code."""
    given = ConsentGiven(asked_by=TRANSFER, consent_id=by.consent_id, user_id=by.person, given_at=NOON, channel="web")
    return told(given.model_copy(update=changes))


def no_consent(by: OpenConsent) -> Incoming[Any]:
    """Identity has given up on this code."""
    return told(
        ConsentNotGiven(asked_by=TRANSFER, consent_id=by.consent_id, user_id=by.person, reason="too-many-tries")
    )


def told(body: Message, correlation_id: str = "c-1") -> Incoming[Any]:
    """What another aggregate or a neighbour says."""
    return arriving(body, subject=TRANSFER, source="elsewhere", correlation_id=correlation_id)


def consenting(who: Customer, **more: Any) -> Incoming[Any]:
    """This person asks for a code."""
    return arriving(ConsentToTransfer(token=TOKEN, reference=TRANSFER_REFERENCE), customer=who, **more)


def declining(who: Customer) -> Incoming[Any]:
    """This person says no."""
    return arriving(DeclineTransfer(token=TOKEN, reference=TRANSFER_REFERENCE), customer=who)


def cancelling(who: Customer) -> Incoming[Any]:
    """This person takes the transfer back."""
    return arriving(CancelTransfer(token=TOKEN, reference=TRANSFER_REFERENCE), customer=who)


TIMER = arriving(TIMER_ELAPSED["accounts"](aggregate=TRANSFER), source="accounts")
