"""Days on which something of a supply can begin: no other that a neighbour names is believed."""

from datetime import date
from typing import Final

EARLIEST_DAY: Final = date(1800, 1, 1)
LATEST_DAY: Final = date(2199, 12, 31)
"""Nothing that neighbours say of a supply begins before or after these (ours): who knows no day gives the end of a
calendar, next to which there is none."""


def is_possible(day: date) -> bool:
    """Whether something of a supply can begin on this day."""
    return EARLIEST_DAY <= day <= LATEST_DAY
