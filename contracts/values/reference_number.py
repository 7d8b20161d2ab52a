"""Reference numbers that can be read over the phone (A20): `7K3M-0QXZ-91TC`.

Eleven symbols carry 55 bits of a keyed hash of the command's id; the twelfth is a check character. The code over the
field of 32 elements gives each place a weight of its own, and so catches every single wrong character and every two
characters that changed places. The same command has the same number for ever, and nothing personal is in it.
"""

import hashlib
import hmac
from functools import reduce
from typing import Literal, NewType

from contracts.values.digits import capitals, compact
from contracts.values.rejected import Rejected

ReferenceNumber = NewType("ReferenceNumber", str)
ReferenceReason = Literal["reference-number-malformed", "reference-number-check-character"]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # A20: without I, L, O and U
SHORTEST_KEY = 32  # bytes

_BITS_A_SYMBOL = 5
_HASH_SYMBOLS = 11  # 55 bits; A20 asks for at least 50
_SYMBOLS = _HASH_SYMBOLS + 1
_GROUP = 4
_PURPOSE = b"hesabi.reference-number.v1\x00"  # keeps this hash apart from other uses of a key
_FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive: powers of x differ for 31 places
_VALUE_OF = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOK_ALIKES = str.maketrans("OIL", "011")  # A20


def reference_number(key: bytes, command_id: str) -> ReferenceNumber:
    """The reference number of a command (A20). Raises ValueError for a key shorter than 32 bytes: a wrong setting."""
    if len(key) < SHORTEST_KEY:
        raise ValueError("the key of reference numbers is too short")
    digest = hmac.digest(key, _PURPOSE + command_id.encode(), hashlib.sha256)
    number = int.from_bytes(digest, "big")
    values = [number >> (_BITS_A_SYMBOL * place) & 31 for place in range(_HASH_SYMBOLS)]
    check = _times_x(_weighted_sum(values))
    return _in_groups("".join(ALPHABET[value] for value in (*values, check)))


def parse_reference(text: str) -> ReferenceNumber | Rejected[ReferenceReason]:
    """The reference number as somebody heard and wrote it (A20).

    Either script's digits, either case, look-alikes and any grouping are taken; the answer has the one printed form.
    """
    symbols = capitals(compact(text)).translate(_LOOK_ALIKES)
    if len(symbols) != _SYMBOLS or not _VALUE_OF.keys() >= set(symbols):
        return Rejected("reference-number-malformed")
    if _weighted_sum([_VALUE_OF[symbol] for symbol in symbols]) != 0:
        return Rejected("reference-number-check-character")
    return _in_groups(symbols)


def _weighted_sum(values: list[int]) -> int:
    """Horner's rule at x: the last place weighs 1, the one before x, then x squared ..."""
    return reduce(lambda total, value: _times_x(total) ^ value, values, 0)


def _times_x(element: int) -> int:
    doubled = element << 1
    return doubled ^ _FIELD_POLYNOMIAL if doubled > 31 else doubled


def _in_groups(symbols: str) -> ReferenceNumber:
    return ReferenceNumber("-".join(symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP)))
