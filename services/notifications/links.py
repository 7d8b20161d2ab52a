"""Which links a message may carry (N8)."""

import re
from urllib.parse import urlsplit

_PLAIN_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+")
_LOOKS_LIKE_LINK = re.compile(r"(?:https?://|www\.)\S+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE)
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
    """Everything in the text that a phone or mail reader would turn into a link."""
    return tuple(found.group().rstrip(".,;:!?)") for found in _LOOKS_LIKE_LINK.finditer(text))
