"""What a transfer is about (A9, A12, A13): what is asked for, between whom, what is agreed and what is ordered."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from contracts.accounts import Relation, TransferKind
from contracts.decision import Facts
from services.accounts.addressing import aggregate_named
from services.accounts.bill_split import Shares
from services.accounts.request_news import RequestRecord

Role = Literal["incoming", "outgoing"]
Outcome = Literal["cancelled", "declined", "timed-out", "failed"]
EndReason = Literal[
    "cancelled-by-requester",
    "declined-by-other-party",
    "registry-silent",
    "evidence-not-confirmed",
    "evidence-not-yet-valid",
    "supply-silent",
    "busy",
    "already-theirs",
    "not-theirs",
    "other-party-unknown",
    "asked-too-often",
    "consent-missing",
    "billing-silent",
    "account-unknown-to-billing",
    "dues-do-not-add-up",
    "bill-makes-no-sense",
    "holder-change-refused",
]
"""Why a transfer did not happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long each wait is. `answer`: before a silent neighbour is asked again; `days_ahead`: the transfer's day comes
    so many days after the second consent."""

    evidence: timedelta
    consents: timedelta
    answer: timedelta
    reading: timedelta
    days_ahead: int


@dataclass(frozen=True, slots=True)
class TransferFacts(Facts):
    """`waits`: as the settings say."""

    waits: Waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked for: it stays the same to the end. `relation`: what the incoming party will be to the supply.
    `contract_from`: from when on the tenancy contract is good that the registry has confirmed (A13)."""

    record: RequestRecord
    kind: TransferKind
    relation: Relation
    contract_from: date | None = None

    @property
    def aggregate(self) -> str:
        """This transfer's id, which others repeat in their answers."""
        return aggregate_named("transfer", self.record.reference)

    @property
    def account_number(self) -> str:
        """The supply's account number."""
        return self.record.account_number.reveal()

    @property
    def requester(self) -> str:
        """Who asked for the transfer: the incoming party, or the one who ends a subscription."""
        return self.record.user_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who hands the supply over to whom: user ids of individuals or businesses."""

    incoming: str
    outgoing: str

    @property
    def both(self) -> tuple[str, str]:
        """The incoming party first."""
        return self.incoming, self.outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConsent:
    """Identity was asked, at this stamp, to let `person` consent for `party`: themselves, or the business that they act
    for."""

    consent_id: str
    party: str
    person: str
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`party` has consented by a code, at the broker's stamp of its entry."""

    party: str
    person: str
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Both have consented: who, and the first day of the incoming party."""

    parties: Parties
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The register at the beginning of the transfer's day in Wh; None: it was not read, and days are counted."""

    register_wh: int | None

    @property
    def reading(self) -> Literal["measured", "estimated"]:
        """How it came about, as everybody is told (A9)."""
        return "estimated" if self.register_wh is None else "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What billing is told to do, all or nothing. `debt_halalas`: what the outgoing party owes besides and keeps."""

    order_id: str
    agreement: Agreement
    debt_halalas: int
    closing: Closing
    shares: Shares
