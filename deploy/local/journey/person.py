"""Made-up people: what they would type, and what the registry holds on them. No two are alike."""

import random
import re
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from stdnum import luhn

from contracts.values.hijri_date import judge_hijri_date
from contracts.values.national_address import StatedAddress
from deploy.local.neighbours import registry

_DRAWN: Final = random.SystemRandom()
_WORDS: Final = ("falcon", "saffron", "lantern", "harbour", "juniper", "copper", "meadow", "violet", "cedar", "amber")
_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass(frozen=True, slots=True)
class Person:
    """One individual, with a business, a tenancy and something to say. Every personal text is this person's alone, so
    that it can be searched for."""

    language: Literal["ar", "en"]
    identity_number: str = field(repr=False)
    birth_date: str = field(repr=False)
    approved_mobile: str = field(repr=False)
    mobile: str = field(repr=False)
    email: str = field(repr=False)
    password: str = field(repr=False)
    addresses: dict[str, StatedAddress] = field(repr=False)
    unified_number: str = field(repr=False)
    business_name: str = field(repr=False)
    contract_number: str = field(repr=False)
    permit_number: str = field(repr=False)
    words: str = field(repr=False)
    identity_type: str = "citizen"

    @classmethod
    def made_up(cls, language: Literal["ar", "en"] = "ar") -> Self:
        """A new person, drawn by chance."""
        marker = "".join(_DRAWN.choices(_LETTERS, k=8)).lower()
        return cls(
            language=language,
            identity_number=_identity_number(),
            birth_date=f"{_DRAWN.randint(1380, 1420)}-{_DRAWN.randint(1, 12):02d}-{_DRAWN.randint(1, 29):02d}",
            approved_mobile=_mobile(),
            mobile=_mobile(),
            email=f"{marker}@example.com",
            password="-".join(_DRAWN.sample(_WORDS, 4)) + f"-{_DRAWN.randint(10, 99)}",
            addresses={"home": _address(marker), "work": _address(marker[::-1])},
            unified_number=f"7{_DRAWN.randrange(10**9):09d}",
            business_name=f"مؤسسة {_arabic(marker)} للتجارة",
            contract_number=f"T{_DRAWN.randrange(10**9):09d}",
            permit_number=f"P-{_DRAWN.randrange(10**9):09d}",
            words=f"signed {marker[2:] + marker[:2]}",
        )

    @property
    def in_registry(self) -> registry.Person:
        """This person as the registry knows them."""
        return registry.Person(
            self.identity_type, self.identity_number, self.birth_date, self.approved_mobile, self.addresses
        )

    @property
    def personal(self) -> dict[str, str]:
        """Everything personal by what it is: none of it may be found in clear where it does not belong."""
        year, month, day = (int(part) for part in self.birth_date.split("-"))
        born = judge_hijri_date(year, month, day)
        lines = {f"{key} {part}": str(getattr(a, part)) for key, a in self.addresses.items() for part in _PARTS}
        return lines | {
            "identity number": self.identity_number,
            "birth date": self.birth_date,
            "birth date, Gregorian": str(getattr(born, "gregorian", self.birth_date)),
            "approved mobile": _national(self.approved_mobile),
            "mobile": _national(self.mobile),
            "e-mail address": self.email,
            "e-mail name": self.email.partition("@")[0],
            "password": self.password,
            "unified number": self.unified_number,
            "business name": self.business_name,
            "contract number": self.contract_number,
            "permit number": self.permit_number,
            "words": self.words,
        }


_PARTS: Final = ("street", "district", "short_address")


def _national(mobile: str) -> str:
    return re.sub(r"^\+966", "", mobile)


def _identity_number() -> str:
    stem = f"1{_DRAWN.randrange(10**8):08d}"
    return f"{stem}{luhn.calc_check_digit(stem)}"


def _mobile() -> str:
    return f"+9665{_DRAWN.randrange(10**8):08d}"


def _address(marker: str) -> StatedAddress:
    building = f"{_DRAWN.randrange(1000, 10_000)}"
    return StatedAddress(
        building_number=building,
        street=f"شارع {_arabic(marker)}",
        district=f"حي {_arabic(marker[::-1])}",
        city="الرياض",
        postal_code=f"1{_DRAWN.randrange(10**4):04d}",
        additional_number=f"{_DRAWN.randrange(1000, 10_000)}",
        unit=None,
        short_address=f"{marker[:4].upper()}{building}",
    )


def _arabic(marker: str) -> str:
    """The marker in Arabic letters, one for one."""
    return "".join("بتثجحخدذرزسشصضطظعغفق"[_LETTERS.index(letter.upper())] for letter in marker)
