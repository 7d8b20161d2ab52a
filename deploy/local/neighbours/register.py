"""What stands on a simulated meter's register: made up from the account's number, the same for every neighbour that
speaks of it, so that billing's running bill and metering's closing reading agree."""

import hashlib
from datetime import date
from typing import Final

_INSTALLED: Final = date(2020, 1, 1)
_LEAST_WH_A_DAY: Final = 5_000
_SPREAD_WH_A_DAY: Final = 40_000


def register_wh(account_number: str, day: date) -> int:
    """The register in Wh at the beginning of `day` in Riyadh: so much a day, the same every day, since 2020."""
    digest = hashlib.sha256(account_number.encode()).digest()
    a_day = _LEAST_WH_A_DAY + int.from_bytes(digest[:4], "big") % _SPREAD_WH_A_DAY
    return max(0, (day - _INSTALLED).days) * a_day
