import json

import pytest

from contracts.values.national_address import NationalAddress, StatedAddress, judge_address_fields
from deploy.local.neighbours.registry import SLOWEST_S, Person, addresses_json, people_of

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
    judged = judge_address_fields(address)
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
