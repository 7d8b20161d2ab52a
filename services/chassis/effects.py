"""The chassis's own randomness (style 5)."""

from uuid import uuid4


def fresh_id() -> str:
    """An id that nothing derives: for timers and nudges, which are not remembered (law 10)."""
    return str(uuid4())
