"""The numbers by which a person or a business is known to the state (I3). A new type is one row of `IDENTITY_TYPES`."""

import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from stdnum import luhn

from contracts.values.digits import capitals, compact
from contracts.values.rejected import Rejected
from contracts.values.segment import Segment

IdentityReason = Literal[
    "identity-type-unknown",
    "identity-type-not-for-segment",
    "identity-number-malformed",
    "identity-number-checksum",
]

DIGITS = frozenset(string.digits)
CAPITALS_AND_DIGITS = frozenset(string.ascii_uppercase + string.digits)


@dataclass(frozen=True, slots=True)
class IdentityType:
    """One row: what a number of this type looks like. Lengths are in characters, both ends included."""

    code: str
    segment: Segment
    shortest: int
    longest: int
    characters: frozenset[str]
    first: str
    checksum: Callable[[str], bool] | None  # None: none is published, and none is invented


# I3. Lengths of GCC national numbers, passports and border numbers are ours: the source asks for length and characters
# without giving them. (GCC states use 8 to 15 digits; passports 5 to 12 leaves room around the 9 of ICAO 9303.)
_TABLE = (
    IdentityType("citizen", Segment.INDIVIDUAL, 10, 10, DIGITS, "1", luhn.is_valid),
    IdentityType("resident", Segment.INDIVIDUAL, 10, 10, DIGITS, "2", luhn.is_valid),
    IdentityType("gcc-national", Segment.INDIVIDUAL, 8, 15, DIGITS, "", None),
    IdentityType("passport", Segment.INDIVIDUAL, 5, 12, CAPITALS_AND_DIGITS, "", None),
    IdentityType("border-number", Segment.INDIVIDUAL, 10, 10, DIGITS, "", None),
    IdentityType("business", Segment.BUSINESS, 10, 10, DIGITS, "7", None),
)
IDENTITY_TYPES: dict[str, IdentityType] = {row.code: row for row in _TABLE}


@dataclass(frozen=True, slots=True)
class IdentityNumber:
    """An accepted number in canonical text: ASCII digits and capitals, no separators. Made by `judge_identity` only."""

    type_code: str
    text: str = field(repr=False)


def judge_identity(
    type_code: str, text: str, segment: Segment | None = None
) -> IdentityNumber | Rejected[IdentityReason]:
    """The identity number in `text`, if it is one of this type (I3).

    Where a segment is given, the type must be one of that segment's (I1).
    """
    row = IDENTITY_TYPES.get(type_code)
    if row is None:
        return Rejected("identity-type-unknown")
    if segment is not None and row.segment is not segment:
        return Rejected("identity-type-not-for-segment")
    number = capitals(compact(text))
    if not _looks_like(row, number):
        return Rejected("identity-number-malformed")
    if row.checksum is not None and not row.checksum(number):
        return Rejected("identity-number-checksum")
    return IdentityNumber(type_code, number)


def _looks_like(row: IdentityType, number: str) -> bool:
    return (
        row.shortest <= len(number) <= row.longest
        and row.characters.issuperset(number)
        and number.startswith(row.first)
    )
