"""Looking for marked values in whatever is kept, in each form in which they might have got there."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

SHORT_CODE: Final = re.compile(r"[0-9]{6}")


def forms_of(value: str) -> set[bytes]:
    """A text as it is, escaped for JSON or a URL, or inside base64 of either alphabet at any offset."""
    plain = value.encode()
    encoded = (base64.b64encode(b"\0" * offset + plain)[_first(offset) :] for offset in range(3))
    # What stands beside the text changes the first and last character of its base64.
    inner = {each.rstrip(b"=")[1:-2] for each in encoded}
    return (
        {plain, json.dumps(value)[1:-1].encode(), quote(value).encode(), quote(value, safe="").encode()}
        | inner
        | {each.replace(b"+", b"-").replace(b"/", b"_") for each in inner}
    )


def _first(offset: int) -> int:
    return {0: 0, 1: 2, 2: 3}[offset]


def search(planted: Mapping[str, str], places: Mapping[str, bytes]) -> list[str]:
    """Which planted value (by its name) stands in which place."""
    return sorted(
        f"{name} in {place}" for name, value in planted.items() for place, content in places.items()
        if is_in(value, content)
    )  # fmt: skip


def is_in(value: str, content: bytes) -> bool:
    """Whether a value stands in it. Six digits alone are found inside hashes by chance, so a code counts only with
    nothing beside it that could make it a part of something else."""
    if SHORT_CODE.fullmatch(value):
        return re.search(rb"(?<![0-9A-Za-z_.+/=-])" + value.encode() + rb"(?![0-9A-Za-z_+/=-])", content) is not None
    return any(form in content for form in forms_of(value))


def joined(parts: Iterable[bytes]) -> bytes:
    """Several contents as one place."""
    return b"\n".join(parts)
