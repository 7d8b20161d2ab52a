"""How many parts a text message is billed as (N8).

A text that fits the GSM 03.38 default alphabet counts septets, any other counts UTF-16 units. Direction marks (U+2066,
U+2069) are not in the default alphabet: they count one unit each and make the whole text UCS-2.
"""

from collections.abc import Iterable
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
"""Each of these is an escape and a second septet, which stay together in one part."""

_LIMITS: dict[Encoding, tuple[int, int]] = {
    "GSM-7": (160, 153),  # N8: septets in a single part, in each part of several
    "UCS-2": (70, 67),  # N8: UTF-16 units likewise
}


def encoding_of(text: str) -> Encoding:
    """The alphabet the text is sent in."""
    return "GSM-7" if set(text) <= _BASIC | _EXTENSION else "UCS-2"


def unit_count(text: str) -> int:
    """Septets (GSM-7) or UTF-16 units (UCS-2) of the text."""
    return sum(_units(text))


def part_count(text: str) -> int:
    """Billed parts of the text, at least 1 (N8). No escape or surrogate pair is split over two parts."""
    single, each = _LIMITS[encoding_of(text)]
    if unit_count(text) <= single:
        return 1
    parts, used = 1, 0
    for units in _units(text):
        if used + units > each:
            parts, used = parts + 1, 0
        used += units
    return parts


def _units(text: str) -> Iterable[int]:
    match encoding_of(text):
        case "GSM-7":
            return (2 if char in _EXTENSION else 1 for char in text)
        case "UCS-2":
            return (2 if ord(char) > 0xFFFF else 1 for char in text)
