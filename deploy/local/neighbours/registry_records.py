"""What the simulated registry holds: people, businesses and who may act for them, documents about supplies.

Everything is data that a demo or a test adds; nothing is known by itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from pydantic import TypeAdapter

from contracts.values.digits import compact
from contracts.values.document_number import judge_document_number
from contracts.values.national_address import StatedAddress
from contracts.values.rejected import Rejected
from deploy.local.neighbours.request_desk import SECONDS_TO_ANSWER

BUSINESS = "business"
"""The type of identity under which a business's addresses are asked for (I3)."""


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person: what the registry holds. `birth_date` is the declared Hijri date, `1410-05-12`; `mobile` E.164,
    None without an approved one; `addresses` by their address id."""

    identity_type: str
    identity_number: str = field(repr=False)
    birth_date: str = field(repr=False)
    mobile: str | None = field(repr=False)
    addresses: Mapping[str, StatedAddress] = field(repr=False, default_factory=dict)
    seconds_to_answer: float = SECONDS_TO_ANSWER


@dataclass(frozen=True, slots=True)
class Business:
    """A made-up business (I17). `authorised`: who may act for it, as (identity type, identity number)."""

    unified_number: str = field(repr=False)
    name: str = field(repr=False)
    authorised: tuple[tuple[str, str], ...] = field(repr=False, default=())
    addresses: Mapping[str, StatedAddress] = field(repr=False, default_factory=dict)
    seconds_to_answer: float = SECONDS_TO_ANSWER


@dataclass(frozen=True, slots=True)
class Document:
    """A tenancy contract or an ownership deed for a supply (A10, A12, A13). `user_id`: whom it names; None: whoever
    presents it, which spares a demo to know who that will be."""

    kind: Literal["tenancy-contract", "ownership-deed"]
    number: str = field(repr=False)
    account_number: str
    valid_from: date
    user_id: str | None = None


class Records:
    """The registry's own book."""

    def __init__(
        self, people: Iterable[Person] = (), businesses: Iterable[Business] = (), documents: Iterable[Document] = ()
    ) -> None:
        self._people: dict[tuple[str, str], Person] = {}
        self._businesses: dict[str, Business] = {}
        self._documents: dict[tuple[str, str], Document] = {}
        for person in people:
            self.add(person)
        for business in businesses:
            self.add_business(business)
        for document in documents:
            self.add_document(document)

    def add(self, person: Person) -> None:
        """From now on this person is known."""
        self._people[person.identity_type, person.identity_number] = person

    def add_business(self, business: Business) -> None:
        """From now on this business is known."""
        self._businesses[business.unified_number] = business

    def add_document(self, document: Document) -> None:
        """From now on this document exists."""
        self._documents[document.kind, _canonical(document.number)] = document

    def may_act(
        self,
        person: Person,
        unified_number: str,
        name: str,
        addresses: Mapping[str, StatedAddress] | None = None,
    ) -> None:
        """From now on this person is known and may act for this business, beside whoever may already."""
        self.add(person)
        known = self._businesses.get(unified_number, Business(unified_number, name))
        own = (person.identity_type, person.identity_number)
        others = tuple(each for each in known.authorised if each != own)
        held = known.addresses if addresses is None else addresses
        self.add_business(replace(known, name=name, authorised=(*others, own), addresses=held))

    def person(self, identity_type: str, number: str) -> Person | None:
        """Who has this number, in either script."""
        return self._people.get((identity_type, compact(number)))

    def business(self, unified_number: str) -> Business | None:
        """Which business has this number, in either script."""
        return self._businesses.get(compact(unified_number))

    def holder_of_addresses(self, identity_type: str, number: str) -> Person | Business | None:
        """The person or the business whose addresses are asked for (I12, I17)."""
        return self.business(number) if identity_type == BUSINESS else self.person(identity_type, number)

    def document(self, kind: str, number: str, account_number: str, user_id: str) -> Document | None:
        """The document of this kind and number, if it is for this supply and names this user."""
        found = self._documents.get((kind, _canonical(number)))
        if found is None or found.account_number != account_number:
            return None
        return found if found.user_id in (None, user_id) else None


def _canonical(number: str) -> str:
    judged = judge_document_number(number)
    return number if isinstance(judged, Rejected) else judged


def people_of(text: str) -> list[Person]:
    """People from a JSON list of objects with the fields of `Person`. Raises pydantic's ValidationError."""
    return TypeAdapter(list[Person]).validate_json(text)


def businesses_of(text: str) -> list[Business]:
    """Businesses from a JSON list of objects with the fields of `Business`. Raises pydantic's ValidationError."""
    return TypeAdapter(list[Business]).validate_json(text)


def documents_of(text: str) -> list[Document]:
    """Documents from a JSON list of objects with the fields of `Document`. Raises pydantic's ValidationError."""
    return TypeAdapter(list[Document]).validate_json(text)
