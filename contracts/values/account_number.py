"""By what a person names a supply (A2). A new kind of identifier is one row of `ACCOUNT_IDENTIFIER_KINDS`.

Assumption (ours): an account number, which customers know as their subscription number, has 11 digits, any of them
first, and no checksum. The source names the identifier but not its form; billing must confirm it.
"""

import string
from dataclasses import dataclass, field
from typing import Literal

from contracts.values.digits import compact
from contracts.values.rejected import Rejected

AccountIdentifierReason = Literal["account-identifier-kind-unknown", "account-number-malformed"]


@dataclass(frozen=True, slots=True)
class AccountIdentifierKind:
    """One row: what an identifier of this kind looks like. The length is in characters."""

    code: str
    length: int
    characters: frozenset[str]


_TABLE = (AccountIdentifierKind("account-number", 11, frozenset(string.digits)),)  # A2
ACCOUNT_IDENTIFIER_KINDS: dict[str, AccountIdentifierKind] = {row.code: row for row in _TABLE}


@dataclass(frozen=True, slots=True)
class AccountIdentifier:
    """An accepted identifier in canonical text: ASCII, no separators. Made by `judge_account_identifier` only."""

    kind: str
    text: str = field(repr=False)


def judge_account_identifier(kind: str, text: str) -> AccountIdentifier | Rejected[AccountIdentifierReason]:
    """The identifier in `text`, if it is one of this kind (A2). Digits are folded (I3)."""
    row = ACCOUNT_IDENTIFIER_KINDS.get(kind)
    if row is None:
        return Rejected("account-identifier-kind-unknown")
    identifier = compact(text)
    if len(identifier) != row.length or not row.characters.issuperset(identifier):
        return Rejected("account-number-malformed")
    return AccountIdentifier(kind, identifier)
