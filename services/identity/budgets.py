"""How many codes somebody may have (I14): sliding windows over remembered moments, as pure functions.

Lists are bounded: a budget remembers no more moments than a day allows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

BudgetReason = Literal["codes-an-hour-used-up", "codes-a-day-used-up"]

CODES_AN_HOUR: Final = 10  # I14
CODES_A_DAY: Final = 50  # I14
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spent:
    """When codes were granted during the last day, oldest first; at most `CODES_A_DAY` moments."""

    moments: tuple[datetime, ...] = ()


NOTHING_SPENT: Final = Spent()


@dataclass(frozen=True, slots=True)
class SpentBySource:
    """What one channel drew. Each has a budget of its own, so that floods on one do not close the others (I14)."""

    source: str
    spent: Spent


def spend(spent: Spent, at: datetime, *, share: int = 1) -> Spent | BudgetReason:
    """One more code at `at`, or the reason why there is none (I14), out of the whole budget or of a half (`share` 2).
    A window is open at its old end."""
    recent = tuple(moment for moment in spent.moments if moment > at - DAY)
    if len(recent) >= CODES_A_DAY // share:
        return "codes-a-day-used-up"
    if sum(moment > at - HOUR for moment in recent) >= CODES_AN_HOUR // share:
        return "codes-an-hour-used-up"
    return Spent((*recent, at))


def spend_of_source(
    rows: tuple[SpentBySource, ...], source: str, at: datetime
) -> tuple[SpentBySource, ...] | BudgetReason:
    """One more code for this channel, leaving the other channels' budgets as they are (I14)."""
    others = tuple(row for row in rows if row.source != source)
    own = next((row.spent for row in rows if row.source == source), Spent())
    match spend(own, at):
        case Spent() as spent:
            return (*others, SpentBySource(source, spent))
        case reason:
            return reason
