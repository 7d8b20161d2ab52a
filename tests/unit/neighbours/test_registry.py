import json
from datetime import date
from typing import Any

import pytest

from contracts.message import Message
from contracts.registry import (
    AddressesAsked,
    AddressesFound,
    AuthorityAsked,
    AuthorityConfirmed,
    AuthorityNotConfirmed,
    EvidenceAsked,
    EvidenceConfirmed,
    EvidenceNotConfirmed,
)
from contracts.sealed import Sealed
from contracts.values.national_address import NationalAddress, StatedAddress, judge_national_address
from deploy.local.neighbours.registry import SLOWEST_S, addresses_json, answer_to
from deploy.local.neighbours.registry_records import (
    Business,
    Document,
    Person,
    Records,
    businesses_of,
    documents_of,
    people_of,
)

HOME = StatedAddress(
    building_number="1234",
    street="طريق الملك فهد",
    district="العليا",
    city="الرياض",
    postal_code="12211",
    additional_number="5678",
    short_address="RRRD1234",
)
NOURA = Person("citizen", "1000000008", "1410-05-12", "+966501234567", {"home": HOME}, SLOWEST_S)


def test_I12_a_persons_addresses_are_what_identity_can_judge() -> None:
    (address,) = json.loads(addresses_json(NOURA))
    assert address.pop("address_id") == "home"
    judged = judge_national_address(StatedAddress(**address))
    assert isinstance(judged, NationalAddress)
    assert judged.region == 1


@pytest.mark.parametrize("person", [None, Person("citizen", "1", "1410-05-12", None)], ids=["unknown", "without"])
def test_I12_an_unknown_person_and_one_without_addresses_have_an_empty_list(person: Person | None) -> None:
    assert addresses_json(person) == "[]"


def test_I5_people_are_data() -> None:
    data = {
        "identity_type": "citizen",
        "identity_number": "1000000008",
        "birth_date": "1410-05-12",
        "mobile": "+966501234567",
        "addresses": {"home": {part: value for part, value in vars_of(HOME).items() if value is not None}},
        "seconds_to_answer": 35.0,
    }
    assert people_of(json.dumps([data])) == [NOURA]


def test_I18_a_person_never_shows_who_they_are() -> None:
    assert "1000000008" not in repr(NOURA)
    assert "501234567" not in repr(NOURA)
    assert "1410" not in repr(NOURA)


def vars_of(address: StatedAddress) -> dict[str, str | None]:
    return {name: getattr(address, name) for name in StatedAddress.__slots__}


# --- businesses and documents ---------------------------------------------------------------------------------------
BUSINESS = "7001234567"
DEED = Document("ownership-deed", "3100-22", "30012345678", date(2024, 5, 1), user_id="user-noura")
LEASE = Document("tenancy-contract", "TC/77", "30012345678", date(2025, 1, 1))
SEALED = Sealed.of("-")


def book() -> Records:
    records = Records([NOURA], documents=[DEED, LEASE])
    records.may_act(NOURA, BUSINESS, "شركة النور", {"head-office": HOME})
    return records


def said(body: Message, **opened: str) -> Message:
    answer = answer_to(body, opened.__getitem__, book())
    assert answer is not None
    return answer[0]


def authority(kind: str, number: str, unified_number: str) -> Message:
    body = AuthorityAsked(asked_by="user:u", identity_type=kind, identity_number=SEALED, unified_number=SEALED)
    return said(body, identity_number=number, unified_number=unified_number)


def evidence(kind: Any, number: str, account_number: str = "30012345678", user_id: str = "user-noura") -> Message:
    body = EvidenceAsked(
        asked_by="transfer:t",
        evidence_kind=kind,
        document_number=SEALED,
        account_number=account_number,
        user_id=user_id,
    )
    return said(body, document_number=number)


@pytest.mark.parametrize("number", [BUSINESS, "٧٠٠١٢٣٤٥٦٧"], ids=["ascii", "arabic-indic"])
def test_I17_the_registry_confirms_who_may_act(number: str) -> None:
    assert authority("citizen", "1000000008", number) == AuthorityConfirmed(asked_by="user:u")


@pytest.mark.parametrize(
    ("kind", "number", "unified_number"),
    [
        ("citizen", "1000000016", BUSINESS),
        ("citizen", "1000000008", "7009999999"),
        ("resident", "1000000008", BUSINESS),
    ],
    ids=["unknown-person", "unknown-business", "another-type"],
)
def test_I17_the_registry_does_not_say_why_somebody_may_not_act(kind: str, number: str, unified_number: str) -> None:
    assert authority(kind, number, unified_number) == AuthorityNotConfirmed(asked_by="user:u")


def test_I17_a_known_person_who_is_not_authorised_may_not_act() -> None:
    records = book()
    records.add(Person("citizen", "1000000016", "1410-05-12", None))
    body = AuthorityAsked(asked_by="user:u", identity_type="citizen", identity_number=SEALED, unified_number=SEALED)
    opened = {"identity_number": "1000000016", "unified_number": BUSINESS}
    answer = answer_to(body, opened.__getitem__, records)
    assert answer is not None
    assert answer[0] == AuthorityNotConfirmed(asked_by="user:u")


def test_I17_several_persons_may_act_for_one_business_and_its_addresses_stay() -> None:
    records = book()
    other = Person("citizen", "1000000016", "1410-05-12", None)
    records.may_act(other, BUSINESS, "شركة النور")
    records.may_act(other, BUSINESS, "شركة النور")
    business = records.business(BUSINESS)
    assert business is not None
    assert business.authorised == (("citizen", "1000000008"), ("citizen", "1000000016"))
    assert list(business.addresses) == ["head-office"]


def test_I12_I17_a_business_has_addresses_of_its_own() -> None:
    body = AddressesAsked(asked_by="business:b", identity_type="business", identity_number=SEALED)
    found = said(body, identity_number=BUSINESS)
    assert isinstance(found, AddressesFound)
    assert found.addresses.plain is not None
    assert [each["address_id"] for each in json.loads(found.addresses.plain.reveal())] == ["head-office"]


def test_A12_a_deed_confirms_whom_it_names_whatever_the_spelling() -> None:
    confirmed = EvidenceConfirmed(asked_by="transfer:t", valid_from=date(2024, 5, 1))
    assert evidence("ownership-deed", "3100-22") == evidence("ownership-deed", "310022") == confirmed


def test_A13_a_contract_that_names_nobody_confirms_whoever_presents_it() -> None:
    confirmed = EvidenceConfirmed(asked_by="transfer:t", valid_from=date(2025, 1, 1))
    assert evidence("tenancy-contract", "tc/77", user_id="anybody") == confirmed


@pytest.mark.parametrize(
    "asked",
    [
        ("ownership-deed", "999999"),
        ("tenancy-contract", "3100-22"),
        ("ownership-deed", "3100-22", "30099999999"),
        ("ownership-deed", "3100-22", "30012345678", "user-fahad"),
    ],
    ids=["unknown", "another-kind", "another-supply", "another-user"],
)
def test_A12_A13_what_a_document_does_not_say_is_not_confirmed(asked: tuple[str, ...]) -> None:
    assert evidence(*asked) == EvidenceNotConfirmed(asked_by="transfer:t")


def test_I17_businesses_and_documents_are_data() -> None:
    business = {"unified_number": BUSINESS, "name": "N", "authorised": [["citizen", "1000000008"]]}
    assert businesses_of(json.dumps([business])) == [Business(BUSINESS, "N", (("citizen", "1000000008"),))]
    lease = {"kind": "tenancy-contract", "number": "TC/77", "account_number": "30012345678", "valid_from": "2025-01-01"}
    assert documents_of(json.dumps([lease])) == [LEASE]
    assert BUSINESS not in repr(Business(BUSINESS, "N"))


def test_J3_the_registry_knows_no_other_requests() -> None:
    opened: dict[str, str] = {}
    assert answer_to(AuthorityConfirmed(asked_by="user:u"), opened.__getitem__, book()) is None
