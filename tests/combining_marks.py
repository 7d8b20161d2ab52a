"""What Unicode takes long to put in order, and whether somebody let it."""

import time
import unicodedata
from collections.abc import Callable
from typing import Final

MARKS: Final = "\u0300" * 4_000 + "\u0316" * 4_000
"""In the normal form each mark below stands before every mark above: they are sorted one by one, which takes the square
of their number."""


def is_sorted_in(judge: Callable[[], object]) -> bool:
    """Whether that much work is in a call that is given the marks: at least a tenth of sorting them."""
    return _work(judge) > _work(lambda: unicodedata.normalize("NFC", MARKS)) / 10


def _work(call: Callable[[], object]) -> float:
    begun = time.thread_time()
    call()
    return time.thread_time() - begun
