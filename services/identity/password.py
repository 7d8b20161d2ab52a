"""Which passwords are taken (I16): long ones, of any composition, that nobody would try first. All offline.

A passphrase may hold a common word. What is refused is one of which too little is left when the guessable is taken out.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from contracts.values.digits import fold_digits
from contracts.values.normal_form import normalized

SHORTEST: Final = 15  # I16: characters, as there is no second factor
LONGEST: Final = 128  # I16
LEAST_LEFT: Final = 8  # ours: what must be left besides guessable parts, in characters
LONGEST_UNIT: Final = 8  # ours: repeating so short a unit adds nothing
SHORTEST_DATUM: Final = 5  # ours: shorter ones, such as `ali`, stand in innocent words
SHORTEST_COMMON: Final = 5

PasswordReason = Literal[
    "password-too-short",
    "password-too-long",
    "password-common",
    "password-company-word",
    "password-own-data",
    "password-repeats",
    "password-sequence",
]

# Order in which people run along: alphabets, digits, the rows of keyboards of both scripts.
_RUNS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "ضصثقفغعهخحجد",
    "شسيبلاتنمكط",
)
_NEIGHBOURS: Final = frozenset(pair for run in _RUNS for a, b in pairwise(run) for pair in ((a, b), (b, a)))


@dataclass(frozen=True, slots=True)
class Blocked:
    """What may not make up a password: common passwords, the company's words, the person's own data."""

    common: frozenset[str] = field(repr=False)
    company_words: tuple[str, ...]
    own_data: tuple[str, ...] = field(repr=False)


def normal_form(password: str) -> str:
    """What is hashed and compared: NFC, nothing else changed (I3, I16). Of what is too long for a password only the
    beginning, which is too long as well."""
    return normalized(password, "NFC", LONGEST)


def judge_password(password: str, blocked: Blocked) -> PasswordReason | None:
    """Why the password is not taken, or None (I16). Lengths are in characters of its normal form."""
    length = len(normal_form(password))
    if length < SHORTEST:
        return "password-too-short"
    if length > LONGEST:
        return "password-too-long"
    plain = _folded(password)
    if _holds_own_data(plain, blocked.own_data):
        return "password-own-data"
    if _repeats(plain):
        return "password-repeats"
    if _is_sequence(plain):
        return "password-sequence"
    if _is_company_word(plain, blocked.company_words):
        return "password-company-word"
    if _is_common(plain, blocked.common):
        return "password-common"
    return None


def public_password_reason(reason: PasswordReason) -> str:
    """What the public hears: whether a password is too short or too long, but not what makes it easy to guess (J4)."""
    match reason:
        case "password-too-short":
            return "password-too-short"
        case "password-too-long":
            return "password-too-long"
        case _:
            return "password-blocked"


def _folded(text: str) -> str:
    """For comparing only: case, width, script of digits and compatibility forms do not make a password stronger."""
    # No more of it than a password may be long: what is longer is no part of one.
    return fold_digits(normalized(text, "NFKC", LONGEST).casefold())


def _holds_own_data(plain: str, own_data: tuple[str, ...]) -> bool:
    data = (_folded(datum) for datum in own_data)
    return any(len(datum) >= SHORTEST_DATUM and datum in plain for datum in data)


def _repeats(plain: str) -> bool:
    """One short unit over and over, the last time perhaps cut off: `abcabcabcabcabca`, `111111111111111`."""
    return len(set(plain)) < SHORTEST_DATUM or any(
        all(plain[i] == plain[i - unit] for i in range(unit, len(plain))) for unit in range(1, LONGEST_UNIT + 1)
    )


def _is_sequence(plain: str) -> bool:
    """Too little is left without the steps along an alphabet, the digits or a keyboard row, or on the spot."""
    steps = pairwise(plain)
    return 1 + sum(a != b and (a, b) not in _NEIGHBOURS for a, b in steps) < LEAST_LEFT


def _is_common(plain: str, common: frozenset[str]) -> bool:
    """A common password, alone or with a few characters before or behind it."""
    longest_rest = min(LEAST_LEFT - 1, len(plain) - SHORTEST_COMMON)
    return any(
        plain[before : len(plain) - (rest - before)] in common
        for rest in range(longest_rest + 1)
        for before in range(rest + 1)
    )


def _is_company_word(plain: str, words: tuple[str, ...]) -> bool:
    left = plain
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(_folded(word), "")
    return left != plain and len(left) < LEAST_LEFT
