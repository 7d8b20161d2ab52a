"""The number of a tenancy contract or an ownership deed, as a person types it (A10, A12, A13).

Assumption (ours): 4 to 40 ASCII letters and digits, slashes between them. The source does not give the forms; the
registry knows which numbers exist.
"""

import re
from typing import Literal

from contracts.values.digits import capitals, compact
from contracts.values.rejected import Rejected

DocumentNumberReason = Literal["document-number-malformed"]

_FORM = re.compile(r"[0-9A-Z][0-9A-Z/]{2,38}[0-9A-Z]")


def judge_document_number(text: str) -> str | Rejected[DocumentNumberReason]:
    """The number in canonical text: digits folded (I3), capitals, without spaces and hyphens."""
    number = capitals(compact(text))
    return number if _FORM.fullmatch(number) else Rejected("document-number-malformed")
