"""Saudi mobile numbers, E.164 `+9665XXXXXXXX` (domain, section 6)."""

import re
from dataclasses import dataclass, field
from typing import Literal

from contracts.values.digits import compact
from contracts.values.rejected import Rejected

MobileReason = Literal["mobile-malformed"]

_COUNTRY = "966"
_FORM = re.compile(r"(?:\+966|00966|966|0)(5[0-9]{8})")


@dataclass(frozen=True, slots=True)
class Mobile:
    """A mobile number in E.164, `+9665XXXXXXXX`. Made by `parse_mobile` only."""

    text: str = field(repr=False)

    @property
    def gateway_form(self) -> str:
        """What SMS gateways want: `9665XXXXXXXX`."""
        return self.text.removeprefix("+")


def parse_mobile(text: str) -> Mobile | Rejected[MobileReason]:
    """A number written as `05...`, `9665...`, `+9665...` or `009665...`; digits are folded (I3), separators ignored."""
    form = _FORM.fullmatch(compact(text))
    if form is None:
        return Rejected("mobile-malformed")
    return Mobile(f"+{_COUNTRY}{form[1]}")
