"""A business, by the keyed hash of its unified national number: who may act for it and how it is reached (I17).

One number is one aggregate, so that a business is registered once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from contracts.decision import Decision, Facts, Incoming, decided
from contracts.identity import ContactProven, LanguageCode
from contracts.identity_business import BusinessActivated
from contracts.identity_business_internal import AuthorityTaken, BusinessClaimed, BusinessDenied, BusinessGranted
from contracts.sealed import Sealed, Secret
from services.identity.states import AddressesWanted

MOST_REMOVED: Final = 50
"""Of whom a business remembers that they were removed, the latest (ours): an invitation is on its way for seconds."""


@dataclass(frozen=True, slots=True)
class AuthorisedPerson:
    """A user who may act for the business, with the contact under which it may be reached."""

    person_id: str
    since: datetime
    added_by: str
    email: Secret
    mobile: Secret
    language: LanguageCode


@dataclass(frozen=True, slots=True)
class Removed:
    """A user who may act for the business no more, since then."""

    person_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Business:
    """Registered. `persons`: never empty, longest first; the first is the one by whom it is reached. `invitations`:
    when somebody was invited; `removed`: who was removed. `asked`, `shown` and `address` as an active user has them
    (I12)."""

    business_id: str
    unified_number: Secret
    name: Secret
    persons: tuple[AuthorisedPerson, ...]
    invitations: tuple[datetime, ...] = ()
    asked: tuple[AddressesWanted, ...] = ()
    shown: Secret | None = None
    address: Secret | None = None
    removed: tuple[Removed, ...] = ()
    stage: Literal["registered"] = "registered"

    @property
    def aggregate(self) -> str:
        """The id of this aggregate."""
        return f"business:{self.business_id}"

    def is_authorised(self, person_id: str) -> bool:
        """Whether this user may act for the business now."""
        return any(each.person_id == person_id for each in self.persons)

    def is_removed_since(self, person_id: str, invited_at: datetime | None) -> bool:
        """Whether somebody has removed this user since that invitation; an earlier release does not say when it was."""
        return invited_at is not None and any(
            each.person_id == person_id and each.at >= invited_at for each in self.removed
        )


def claim_business(state: Business | None, incoming: Incoming[BusinessClaimed], facts: Facts) -> Decision[Business]:
    """I17: the first whom the registry confirms registers it and is its first authorised person."""
    claim = incoming.body
    if state is not None:
        return decided(state, BusinessDenied(user_id=claim.user_id, business_id=claim.business_id))
    business = Business(
        business_id=claim.business_id,
        unified_number=Secret(incoming.opened("unified_number")),
        name=Secret(incoming.opened("name")),
        persons=(person_of(incoming, claim.user_id, facts),),
    )
    return decided(
        business,
        BusinessGranted(user_id=claim.user_id, business_id=claim.business_id),
        BusinessActivated(user_id=claim.business_id, authorised_person=claim.user_id, activated_at=facts.present),
        contact_of(business),
    )


def person_of(
    incoming: Incoming[BusinessClaimed] | Incoming[AuthorityTaken], added_by: str, facts: Facts
) -> AuthorisedPerson:
    """Who tells of themselves in this message, as an authorised person from now on."""
    body: Any = incoming.body
    return AuthorisedPerson(
        person_id=body.user_id,
        since=facts.present,
        added_by=added_by,
        email=Secret(incoming.opened("email")),
        mobile=Secret(incoming.opened("mobile")),
        language=body.language,
    )


def contact_of(business: Business) -> ContactProven:
    """Where the business is reached: at its longest authorised person."""
    person = business.persons[0]
    return ContactProven(
        user_id=business.business_id,
        email=Sealed.of(person.email.reveal()),
        mobile=Sealed.of(person.mobile.reveal()),
        language=person.language,
    )
