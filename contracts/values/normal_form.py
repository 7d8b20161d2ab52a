"""Unicode's normal forms, in which a text is the same however it was typed. Nothing else here may make them.

Combining marks are sorted one by one, which takes the square of their number: the marks that one message holds would
keep a whole process for a second. So it is known beforehand how long a text may be, and no more of it is looked at.
"""

import unicodedata
from typing import Final, Literal

NormalForm = Literal["NFC", "NFKC"]

MOST_IN_ONE: Final = 4
"""Characters that become a single one at most, in either form."""


def normalized(text: str, form: NormalForm, longest: int) -> str:
    """The text in this form, where that has at most `longest` characters. Of any other it may be the beginning only:
    one that is longer than `longest` itself, and so is judged as the whole is."""
    return unicodedata.normalize(form, text[: longest * MOST_IN_ONE + 1])
