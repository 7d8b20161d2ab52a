"""What a person owes, for whoever asked and nobody else (law 1, decision 36)."""

from typing import Final

from contracts.accounts import Dues
from contracts.requests import Quote
from contracts.sealed import Sealed

PADDED_TO: Final = 2048
"""Bytes. A seal is as long as its text: without blanks behind it everybody saw who owes nothing."""


def sealed_amounts(amounts: Dues | Quote, answer_key: str) -> Sealed:
    """JSON with blanks at its end, which its readers pass over."""
    text = amounts.model_dump_json()
    return Sealed.of(text.ljust(-(-len(text) // PADDED_TO) * PADDED_TO), to=answer_key)
