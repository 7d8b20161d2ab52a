"""The supplies of one journey, with numbers of their own: nobody else has them."""

import random
from dataclasses import dataclass
from typing import Final, Self

_DRAWN: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Homes:
    """Account numbers: `home` and the eight times larger `large` have meter readings; `flat` changes hands, `claimed`
    is claimed by two, `shop` is a business's."""

    home: str
    large: str
    flat: str
    claimed: str
    shop: str

    @classmethod
    def drawn(cls) -> Self:
        """New ones, drawn by chance."""
        return cls(*(f"3{number:010d}" for number in _DRAWN.sample(range(10**10), 5)))
