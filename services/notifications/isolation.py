"""Inserted values in right-to-left text (N8).

Without isolation `2026-01-31` is shown as `31-01-2026` in an Arabic sentence, and a number with hyphens turns round.
"""

import unicodedata

LEFT_TO_RIGHT_ISOLATE = "\u2066"
POP_ISOLATE = "\u2069"
BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def isolate(value: str) -> str:
    """The value on one line between U+2066 and U+2069 (N8)."""
    return f"{LEFT_TO_RIGHT_ISOLATE}{one_line(value)}{POP_ISOLATE}"


def isolate_link(link: str) -> str:
    """The link isolated (N8), with a space before U+2069: link detection would take the mark in."""
    return f"{LEFT_TO_RIGHT_ISOLATE}{one_line(link)} {POP_ISOLATE}"


def one_line(value: str) -> str:
    """The value without direction marks and control characters: it can neither leave its isolate nor start a header."""
    kept = (" " if char.isspace() else char for char in value if char not in BIDI_CONTROLS)
    return " ".join("".join(char for char in kept if unicodedata.category(char) != "Cc").split())


def outside_isolates(text: str) -> str:
    """What is left of the text when every U+2066...U+2069 run is taken out; a lint looks for values in it."""
    kept: list[str] = []
    depth = 0
    for char in text:
        if char == LEFT_TO_RIGHT_ISOLATE:
            depth += 1
        elif char == POP_ISOLATE:
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(char)
    return "".join(kept)
