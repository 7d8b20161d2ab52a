"""Inside accounts: who stands where to a supply (A18), and who says to benefit from it (A10).

`supply:<account_number>` keeps the relations, `beneficiary:<account_number>` the claims. `transfer` is the id of a
transfer's aggregate, `transfer:...`: whatever it says about one transfer twice counts once.
"""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.accounts import Reference, Relation, TransferKind
from contracts.message import Event, Id
from contracts.requests import EvidenceKind
from contracts.sealed import Sealed, SealedFor
from contracts.topics import ACCOUNTS_INTERNAL
from contracts.transfers import Basis

SupplyDenialReason = Literal["busy", "already-theirs", "not-theirs", "other-party-unknown", "asked-too-often"]
"""`busy`: another transfer holds the supply. `already-theirs`: who wants it has it. `not-theirs`: who wants to leave is
not its party. `other-party-unknown`: nobody whom Hesabi knows would be on the other side. `asked-too-often`: who wants
it has had it for several transfers lately, each of which bothered the other party and kept everybody else out."""


# --- customer -> supply, beneficiary: a definition has been admitted ------------------------------------------------
class SupplyLodged(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """This person says to stand in this relation to the supply (A1); billing is asked whether they do."""

    account_number: Id
    user_id: Id
    relation: Relation
    reference: Reference
    defined_at: AwareDatetime


class BeneficiaryLodged(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """What this person has declared about the supply's actual beneficiary (A4)."""

    account_number: Id
    user_id: Id
    relation: Relation
    is_actual_beneficiary: bool
    reference: Reference
    defined_at: AwareDatetime


# --- transfer <-> supply (A9, A12, A13) -----------------------------------------------------------------------------
class SupplyWanted(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """A transfer wants the supply to itself. `user_id`: who asked for the transfer. Answered by `SupplyGranted` or
    `SupplyDenied`, to `transfer`."""

    account_number: Id
    transfer: Id
    user_id: Id
    kind: TransferKind


class SupplyGranted(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """The supply is this transfer's until `SupplyMoved` or `SupplyReleased`; nothing else moves it meanwhile.

    `present_user_id`: who is liable now, since `present_from_day`: it moves on a later day only. `owner_user_id`: the
    owner as last confirmed; None: none is known."""

    transfer: Id
    present_user_id: Id
    present_from_day: date
    owner_user_id: Id | None


class SupplyDenied(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """This transfer does not get the supply."""

    transfer: Id
    reason: SupplyDenialReason


class SupplyMoved(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """The transfer is done: `to_user_id` is liable from `day` on, the present party up to the day before. Ends the
    reservation. `contract_from`: from when on the tenancy contract is good that the registry has confirmed for it
    (A13); None: it needed none."""

    account_number: Id
    transfer: Id
    to_user_id: Id
    relation: Relation
    day: date
    contract_from: date | None = None


class SupplyReleased(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """The transfer will not happen. Ends the reservation."""

    account_number: Id
    transfer: Id


# --- evidence -> beneficiary <-> supply -> customer (A10, A18) ---------------------------------------------------
class EvidenceFiled(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """Customer -> evidence: a document to be checked with the registry. Its number is passed on, not kept."""

    reference: Reference
    definition_reference: Reference
    account_number: Id
    user_id: Id
    acted_by: Id | None = None
    evidence_kind: EvidenceKind
    document_number: Annotated[Sealed, SealedFor.THIS_SERVICE]
    filed_at: AwareDatetime


class EvidenceShown(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """Evidence -> beneficiary: the registry has confirmed this document for this person and this supply."""

    account_number: Id
    user_id: Id
    evidence_kind: EvidenceKind
    valid_from: date


class UseBegun(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """Beneficiary -> supply: somebody other than this person has confirmed that they use the supply from `from_day`
    on."""

    account_number: Id
    user_id: Id
    relation: Relation
    basis: Basis
    from_day: date


class UseEnded(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """Beneficiary -> supply: whoever used the supply does not from `day` on, and nobody else is known to."""

    account_number: Id
    day: date


MOST_TIMES: Final = 10
"""Times as the liable party of which a person's own document hears (ours), the latest ones."""


class LiableDays(BaseModel):
    """Days, both included, on which a person was liable for a supply: what was billed for them is their debt."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    from_day: date
    last_day: date


class RelationNoted(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """Supply -> customer: whether this person now has a confirmed relation to the supply (A18). It is said when that
    changes, beside the `RelationConfirmed` and `RelationEnded` that tell the days. `was_liable`: the latest of this
    person's own times as the liable party that are over."""

    user_id: Id
    account_number: Id
    holds: bool
    was_liable: Annotated[tuple[LiableDays, ...], Field(max_length=MOST_TIMES)] = ()


class PartyLeft(Event, service="accounts", topic=ACCOUNTS_INTERNAL):
    """Supply -> beneficiary: this person has handed the supply over and claims nothing of it any more.

    `to_user_id`: who has it from `day` on, and may claim it again if they had left before. `contract_from`: from when
    on that person's tenancy contract is good, where the registry has confirmed one for the move (A13). `is_sold`: who
    has handed it over owned it, and the other one does now (A12): a deed of before shows nothing any more."""

    account_number: Id
    user_id: Id
    day: date
    to_user_id: Id | None = None
    contract_from: date | None = None
    is_sold: bool = False
