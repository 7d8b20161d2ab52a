"""Why an operator orders something: it stands in the audit for weeks, so no number of a person may get into it."""

import re
from typing import Final

from pydantic import TypeAdapter

from contracts.operations import Why

MEANT: Final = (
    "3 to 200 characters, no @, no eight digits in a row, no nine with blanks or hyphens between, digits only 0 to 9"
)

_NUMBER: Final = re.compile(r"(?:\d[\s().+/_-]*){9}")
"""Telephone numbers and identity numbers, with blanks and hyphens, in any script. A date has eight digits."""


def reason(text: str) -> str:
    """The text, if it may stand in the audit.

    Raises:
        ValueError: it may not.
    """
    if _NUMBER.search(text) is not None:
        raise ValueError(MEANT)
    return TypeAdapter[str](Why).validate_python(text)
