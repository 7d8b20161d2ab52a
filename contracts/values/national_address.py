"""The Saudi national address (I12) and its short form, whose digits are a free cross-check."""

import re
from dataclasses import dataclass, field
from typing import Literal

from pydantic import ConfigDict, with_config

from contracts.values.digits import capitals, compact, without_direction_marks
from contracts.values.normal_form import normalized
from contracts.values.rejected import Rejected

AddressReason = Literal[
    "building-number-malformed",
    "street-malformed",
    "district-malformed",
    "city-malformed",
    "postal-code-malformed",
    "additional-number-malformed",
    "unit-malformed",
    "short-address-malformed",
    "short-address-contradicts-building-number",
]

LONGEST_LINE = 100  # characters of a street, district or city (ours)
LONGEST_UNIT = 10  # characters (ours)

_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_POSTAL_CODE = re.compile(r"[1-8][0-9]{4}")  # I12: the first digit is the region
_SHORT_ADDRESS = re.compile(r"[A-Z]{4}([0-9]{4})")


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class StatedAddress:
    """The parts of an address as somebody stated them, not judged yet. Hidden in reprs."""

    building_number: str = field(repr=False)
    street: str = field(repr=False)
    district: str = field(repr=False)
    city: str = field(repr=False)
    postal_code: str = field(repr=False)
    additional_number: str = field(repr=False)
    unit: str | None = field(repr=False, default=None)
    short_address: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class NationalAddress(StatedAddress):
    """An address in canonical form: ASCII digits, lines without stray spaces. Made by `judge_national_address` only."""

    @property
    def region(self) -> int:
        """The region, 1-8: the first digit of the postal code."""
        return int(self.postal_code[0])


def judge_national_address(stated: StatedAddress) -> NationalAddress | Rejected[AddressReason]:
    """The address in canonical form, or the first part of it that is not right (I12). Digits are folded (I3)."""
    address = _canonical(stated)
    short = _SHORT_ADDRESS.fullmatch(address.short_address) if address.short_address else None
    faults: tuple[tuple[bool, AddressReason], ...] = (
        (not _FOUR_DIGITS.fullmatch(address.building_number), "building-number-malformed"),
        (not _is_line(address.street, LONGEST_LINE), "street-malformed"),
        (not _is_line(address.district, LONGEST_LINE), "district-malformed"),
        (not _is_line(address.city, LONGEST_LINE), "city-malformed"),
        (not _POSTAL_CODE.fullmatch(address.postal_code), "postal-code-malformed"),
        (not _FOUR_DIGITS.fullmatch(address.additional_number), "additional-number-malformed"),
        (address.unit is not None and not _is_line(address.unit, LONGEST_UNIT), "unit-malformed"),
        (address.short_address is not None and short is None, "short-address-malformed"),
        (short is not None and short[1] != address.building_number, "short-address-contradicts-building-number"),
    )
    return next((Rejected(reason) for found, reason in faults if found), address)


def _canonical(stated: StatedAddress) -> NationalAddress:
    return NationalAddress(
        building_number=compact(stated.building_number),
        street=_one_line(stated.street, LONGEST_LINE),
        district=_one_line(stated.district, LONGEST_LINE),
        city=_one_line(stated.city, LONGEST_LINE),
        postal_code=compact(stated.postal_code),
        additional_number=compact(stated.additional_number),
        unit=_one_line(stated.unit or "", LONGEST_UNIT) or None,
        short_address=capitals(compact(stated.short_address or "")) or None,
    )


def _one_line(text: str, longest: int) -> str:
    # Stray spaces first: they do not count, and no character is joined with one.
    return normalized(" ".join(without_direction_marks(text).split()), "NFC", longest)


def _is_line(line: str, longest: int) -> bool:
    """Whether it says something and holds nothing that a printer or a terminal would obey."""
    return len(line) <= longest and line.isprintable() and any(character.isalnum() for character in line)
