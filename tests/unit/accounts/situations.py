"""How far a definition has come, and who is asking: the situations of accounts' tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contracts.accounts import DefinitionClaimed
from contracts.billing import Due, DuesFound
from contracts.decision import Customer, Incoming
from contracts.message import Message
from contracts.sealed import Sealed, Secret
from contracts.values.reference_number import reference_number
from services.accounts.customer import DefinedAccount, KnownCustomer, KnownRequest, RequestStep
from services.accounts.definition import (
    Agreed,
    AwaitingDues,
    Begun,
    Complete,
    Completing,
    Confirmed,
    Declared,
    Informed,
    Named,
    Supply,
    TermsEvidence,
)
from services.accounts.kind_files import OUR_KINDS, read_kinds
from services.accounts.service_terms import CURRENT_VERSION, text_hash
from tests.scenario import NOON, arriving

ACCOUNT = "30012345678"
OTHER_ACCOUNT = "30087654321"
NOURA = Customer("user-noura", "session-1", "web")
FAHAD = Customer("user-fahad", "session-2", "app")
TOKEN = Sealed(jwe="a.b.c.d.e")
ASKER = '{"crv":"X25519","kty":"OKP","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}'
KEY = bytes(range(32))
KINDS = read_kinds(OUR_KINDS)
REFERENCE = reference_number(KEY, "complete-1")
TRANSFER_REFERENCE = reference_number(KEY, "transfer-1")
UNKNOWN_REFERENCE = reference_number(KEY, "never-used")
GIVE_UP_AT = NOON + timedelta(seconds=20)

_SUPPLY = Supply(relation="owner", identifier_kind="account-number", identifier=Secret(ACCOUNT))
_TERMS = TermsEvidence(
    version=CURRENT_VERSION,
    language="ar",
    text_hash=text_hash(CURRENT_VERSION, "ar") or "",
    accepted_at=NOON,
    channel="web",
)

BEGUN = Begun(user_id=NOURA.user_id, relation="owner")
NAMED = Named(user_id=NOURA.user_id, supply=_SUPPLY)
CONFIRMED = Confirmed(user_id=NOURA.user_id, supply=_SUPPLY)
DECLARED = Declared(user_id=NOURA.user_id, supply=_SUPPLY, is_actual_beneficiary=True)
AWAITING_DUES = AwaitingDues(
    user_id=NOURA.user_id,
    supply=_SUPPLY,
    is_actual_beneficiary=True,
    command_id="dues-1",
    answer_key=ASKER,
    give_up_at=GIVE_UP_AT,
)
INFORMED = Informed(user_id=NOURA.user_id, supply=_SUPPLY, is_actual_beneficiary=True, dues_as_of=NOON)
AGREED = Agreed(user_id=NOURA.user_id, supply=_SUPPLY, is_actual_beneficiary=True, terms=_TERMS)
COMPLETING = Completing(
    user_id=NOURA.user_id, supply=_SUPPLY, is_actual_beneficiary=True, terms=_TERMS, command_id="complete-1"
)
COMPLETE = Complete(
    user_id=NOURA.user_id,
    supply=_SUPPLY,
    is_actual_beneficiary=True,
    terms=_TERMS,
    reference=REFERENCE,
    defined_at=NOON,
)
EVERY_STAGE = (BEGUN, NAMED, CONFIRMED, DECLARED, AWAITING_DUES, INFORMED, AGREED, COMPLETING, COMPLETE)

DEFINED = DefinedAccount(
    flow_id="flow-1",
    reference=REFERENCE,
    identifier_kind="account-number",
    identifier=Secret(ACCOUNT),
    relation="owner",
    is_actual_beneficiary=True,
    defined_at=NOON,
)
NEWCOMER = KnownCustomer()
HOUSED = KnownCustomer(region=1)
HOLDER = KnownCustomer(region=1, definitions=(DEFINED,), confirmed=(Secret(ACCOUNT),))
MOVING = replace(
    HOLDER,
    requests=(
        KnownRequest(
            reference=TRANSFER_REFERENCE,
            definition_reference=REFERENCE,
            kind="actual-account",
            state="requested",
            requested_at=NOON,
            history=(RequestStep(state="requested", at=NOON),),
        ),
    ),
)

CLAIM = DefinitionClaimed(
    flow_id="flow-1",
    user_id=NOURA.user_id,
    identifier_kind="account-number",
    identifier=ACCOUNT,
    relation="owner",
    is_actual_beneficiary=True,
    reference=REFERENCE,
    claimed_at=NOON,
)


def due(halalas: int) -> Due:
    """One month's consumption."""
    return Due(
        what_for="consumption",
        period_from=date(2026, 1, 1),
        period_to=date(2026, 1, 31),
        amount_halalas=halalas,
        due_date=date(2026, 2, 28),
    )


def dues_found(**changes: Any) -> DuesFound:
    """Billing's answer to Noura's question: 345.67 riyals in two parts."""
    found = {
        "asked_by": "definition:flow-1",
        "account_number": ACCOUNT,
        "user_id": NOURA.user_id,
        "as_of": datetime(2026, 3, 1, 8, 59, tzinfo=UTC),
        "dues": (due(30_000), due(4_567)),
        "total_halalas": 34_567,
    }
    return DuesFound.model_validate(found | changes)


def from_billing(body: Message, command_id: str = "dues-1") -> Incoming[Any]:
    """An answer of billing to the question that this command led to."""
    return arriving(body, source="billing", subject="definition:flow-1", correlation_id=command_id)
