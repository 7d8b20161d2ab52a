"""Which links a message may carry (N8)."""

import re
import unicodedata
from urllib.parse import urlsplit

from services.notifications.isolation import BIDI_CONTROLS

_PLAIN_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+")
_DOT = "[.\u3002\uff0e\uff61]"  # each of these ends a label (IDNA)
_LOOKS_LIKE_LINK = re.compile(
    rf"(?:[a-z][a-z0-9+.-]*:/|https?:|www{_DOT})\S+"
    rf"|[\w-]+(?:{_DOT}[\w-]+)*{_DOT}(?:xn--|[^\W\d_]{{2}})\S*"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}\b\S*",
    re.IGNORECASE,
)
_AFTER_LINK = ".,;:!?)»،؛؟\u2069"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_allowed_link(link: str, hosts: frozenset[str]) -> bool:
    """True for an https link to one of the hosts; plain http only to a loopback address that is itself listed (N8)."""
    if not _PLAIN_LINK.fullmatch(link):
        return False
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if host is None or host not in hosts or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or host in _LOOPBACK


def links_in(text: str) -> tuple[str, ...]:
    """Everything in the text that a phone or mail reader may turn into a link, with or without scheme, port and path.

    Which last labels there are changes every month, so a dot with two letters behind it counts whatever they are: a
    mail's address, and the first word of a sentence that has no blank before it. Decimals and `e.g.` do not.
    """
    # Vowel signs and what is not seen belong to the letters around them, but are no letters to a pattern.
    hidden = {"Mn", "Mc", "Me", "Cf"}
    shape = "".join("x" if unicodedata.category(c) in hidden and c not in BIDI_CONTROLS else c for c in text)
    found = (text[each.start() : each.end()] for each in _LOOKS_LIKE_LINK.finditer(shape))
    return tuple(link.rstrip(_AFTER_LINK) for link in found)
