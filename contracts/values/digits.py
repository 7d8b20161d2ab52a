"""Numbers, phones and codes are typed in either script and case, and pasted with marks nobody sees (I3).

Never for passwords: they stay as they were typed (I3, I16).
"""

import string

_ARABIC_INDIC = "٠١٢٣٤٥٦٧٨٩"
_EXTENDED_ARABIC_INDIC = "۰۱۲۳۴۵۶۷۸۹"
_TO_ASCII_DIGIT = str.maketrans(_ARABIC_INDIC + _EXTENDED_ARABIC_INDIC, "01234567890123456789")
_TO_CAPITAL = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
# Right-to-left keyboards and address books put these around numbers: ALM, LRM, RLM, embeddings, overrides, isolates.
_DIRECTION_MARKS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
# Copied with numbers from pages and documents: soft hyphen, zero-width space, joiners, word joiner, byte order mark.
_ZERO_WIDTH = (0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)
_HYPHENS = (0x002D, 0x2010, 0x2011, 0x2012, 0x2013, 0x2212)
_WITHOUT_DIRECTION_MARKS = dict.fromkeys(_DIRECTION_MARKS)
_WITHOUT_UNSEEN = dict.fromkeys((*_DIRECTION_MARKS, *_ZERO_WIDTH))
_WITHOUT_SEPARATORS = dict.fromkeys((*_DIRECTION_MARKS, *_ZERO_WIDTH, *_HYPHENS))


def fold_digits(text: str) -> str:
    """The same text with Arabic-Indic and Extended Arabic-Indic digits as ASCII digits (I3)."""
    return text.translate(_TO_ASCII_DIGIT)


def capitals(text: str) -> str:
    """The same text with a to z as capitals. `upper()` would make Latin letters of others, too: of a long s, a sharp s,
    a dotless i."""
    return text.translate(_TO_CAPITAL)


def without_direction_marks(text: str) -> str:
    """The same text without Unicode's invisible direction marks."""
    return text.translate(_WITHOUT_DIRECTION_MARKS)


def without_unseen(text: str) -> str:
    """The same text without anything that nobody sees. Not for names: a joiner shapes the letters beside it."""
    return text.translate(_WITHOUT_UNSEEN)


def compact(text: str) -> str:
    """Digits folded; white space, hyphens and what nobody sees, which carry no meaning in a number, taken out."""
    return "".join(fold_digits(text).translate(_WITHOUT_SEPARATORS).split())
