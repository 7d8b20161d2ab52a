"""What identity and accounts ask the national registry and what comes back. The registry may take 35 s or be away for
hours.

Every answer repeats `asked_by`, the id of the aggregate that asked, and is correlated to the command that began it
all."""

from datetime import date
from typing import Annotated, Literal

from contracts.message import Code, Event, Id
from contracts.sealed import Sealed, SealedFor
from contracts.topics import (
    REGISTRY_ANSWERS,
    REGISTRY_EVIDENCE_ANSWERS,
    REGISTRY_EVIDENCE_REQUESTS,
    REGISTRY_REQUESTS,
)


class ApprovedMobileAsked(Event, service="registry", topic=REGISTRY_REQUESTS):
    """Which mobile has this person approved? `birth_date` is the declared Hijri date, `1410-05-12`."""

    asked_by: Id
    identity_type: Code
    identity_number: Annotated[Sealed, SealedFor.REGISTRY]
    birth_date: Annotated[Sealed, SealedFor.REGISTRY]


class ApprovedMobileFound(Event, service="registry", topic=REGISTRY_ANSWERS):
    """The approved mobile in E.164."""

    asked_by: Id
    mobile: Annotated[Sealed, SealedFor.IDENTITY]


class ApprovedMobileAbsent(Event, service="registry", topic=REGISTRY_ANSWERS):
    """No such person, another birth date, or no approved mobile: the registry does not say which."""

    asked_by: Id


class AddressesAsked(Event, service="registry", topic=REGISTRY_REQUESTS):
    """Which national addresses does this person have?"""

    asked_by: Id
    identity_type: Code
    identity_number: Annotated[Sealed, SealedFor.REGISTRY]


class AddressesFound(Event, service="registry", topic=REGISTRY_ANSWERS):
    """The person's national addresses: JSON, a list of at most 20 objects with the fields of a national address and an
    `address_id` each."""

    asked_by: Id
    addresses: Annotated[Sealed, SealedFor.IDENTITY]


class AuthorityAsked(Event, service="registry", topic=REGISTRY_REQUESTS):
    """May this person act for the business with this unified national number (I17)?"""

    asked_by: Id
    identity_type: Code
    identity_number: Annotated[Sealed, SealedFor.REGISTRY]
    unified_number: Annotated[Sealed, SealedFor.REGISTRY]


class AuthorityConfirmed(Event, service="registry", topic=REGISTRY_ANSWERS):
    """Yes, this person may act for this business."""

    asked_by: Id


class AuthorityNotConfirmed(Event, service="registry", topic=REGISTRY_ANSWERS):
    """No, or no such business, or no such person: the registry does not say which."""

    asked_by: Id


class EvidenceAsked(Event, service="registry", topic=REGISTRY_EVIDENCE_REQUESTS):
    """Does this document exist for this supply, and does it name this user? (A10, A12, A13) The document itself is
    neither sent nor stored, its number not kept."""

    asked_by: Id
    evidence_kind: Literal["tenancy-contract", "ownership-deed"]
    document_number: Annotated[Sealed, SealedFor.REGISTRY]
    account_number: Id
    user_id: Id


class EvidenceConfirmed(Event, service="registry", topic=REGISTRY_EVIDENCE_ANSWERS):
    """It does, from this day on."""

    asked_by: Id
    valid_from: date


class EvidenceNotConfirmed(Event, service="registry", topic=REGISTRY_EVIDENCE_ANSWERS):
    """It does not, or there is no such document: the registry does not say which."""

    asked_by: Id
