"""A refused value is a value, too: judging bad input returns it and never raises."""

from dataclasses import dataclass
from typing import Generic, TypeVar

ReasonT_co = TypeVar("ReasonT_co", bound=str, covariant=True)


@dataclass(frozen=True, slots=True)
class Rejected(Generic[ReasonT_co]):
    """What was given is not the value asked for. The reason is the precise one (J4).

    `public_reasons` has the public one for it. It never holds the input, so that it can be logged.
    """

    reason: ReasonT_co
