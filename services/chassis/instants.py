"""Instants as the log and the database keep them, and as decisions see them: milliseconds, and datetimes in UTC."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=256)
def instant(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as a datetime in UTC. Whatever happens in one millisecond shares one: most messages of a
    batch were stamped, decided and said in the same few."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def ms(moment: datetime) -> int:
    """An instant as milliseconds, which is how the log stamps."""
    return round(moment.timestamp() * 1000)


def in_utc(moment: datetime) -> datetime:
    """An instant of the database, which has no zone and is in UTC; one of the driver's own zone costs ten times as much
    to read and to compare."""
    return moment.replace(tzinfo=UTC)
