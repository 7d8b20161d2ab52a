"""Whether a broadcast may be started: whom it is for, how long it is of use, and what it says (N4, N8)."""

import unicodedata
from datetime import datetime, timedelta
from typing import Final

from contracts.broadcasts import StartBroadcast
from contracts.decision import Refusal
from services.notifications.isolation import BIDI_CONTROLS, LEFT_TO_RIGHT_ISOLATE, POP_ISOLATE
from services.notifications.links import is_allowed_link, links_in
from services.notifications.sms_parts import part_count

LONGEST_VALIDITY: Final = timedelta(days=30)
MOST_PARTS: Final = 3
"""Parts that one SMS of a broadcast may cost (N8; the number is ours)."""

_ISOLATES: Final = frozenset({LEFT_TO_RIGHT_ISOLATE, POP_ISOLATE})
_NEVER: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of control characters, of what is no character, and of line ends."""
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a symbol of which nothing is to be seen."""


def judge_order(
    order: StartBroadcast, now: datetime, first_slot: datetime, link_hosts: frozenset[str]
) -> Refusal | None:
    """Why it may not be started; None when all is well. `first_slot`: when the first message may go out (N4)."""
    if bool(order.regions) == bool(order.user_ids):
        return Refusal("broadcast-recipients-not-accepted", "regions-or-list")
    if order.valid_until <= now:
        return Refusal("broadcast-validity-not-accepted", "validity-over")
    if order.valid_until > now + LONGEST_VALIDITY:
        return Refusal("broadcast-validity-not-accepted", "validity-too-long")
    if order.valid_until <= first_slot:
        return Refusal("broadcast-validity-not-accepted", "validity-over-before-it-goes-out")
    return next((no for text in (order.text_ar, order.text_en) if (no := _judge_text(text, link_hosts))), None)


def _judge_text(text: str, link_hosts: frozenset[str]) -> Refusal | None:
    """N8, for a text that somebody has typed."""
    if not any(map(_is_visible, text)) or any(unicodedata.category(char) in _NEVER for char in text):
        return Refusal("broadcast-text-not-accepted", "character-not-allowed")
    if "{" in text or "}" in text:
        return Refusal("broadcast-text-not-accepted", "placeholder-left")
    if not _isolates_pair(text):
        return Refusal("broadcast-text-not-accepted", "direction-marks-not-in-pairs")
    if not all(is_allowed_link(link, link_hosts) for link in links_in(text)):
        return Refusal("broadcast-text-not-accepted", "link-not-allowed")
    if part_count(text) > MOST_PARTS:
        return Refusal("broadcast-text-not-accepted", "too-many-parts")
    return None


def _is_visible(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNPS" and char not in _BLANK


def _isolates_pair(text: str) -> bool:
    """No direction marks but U+2066 ... U+2069 round a value, each closed before the next."""
    marks = [char for char in text if char in BIDI_CONTROLS]
    return set(marks) <= _ISOLATES and marks == [LEFT_TO_RIGHT_ISOLATE, POP_ISOLATE] * (len(marks) // 2)
