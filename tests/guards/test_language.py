"""What may not stand in any file of the repository: places of one machine, addresses of registries, unfinished work."""

import re

import pytest

from tests.gates import Gates
from tests.guards.source import ROOT, tracked_files

# Written so that this file does not find itself.
FORBIDDEN = {
    "a folder of one machine": re.compile(r"(?<![\w.])/(?:work|home|Users)/[a-z]"),
    "an address of a registry": re.compile(
        r"py[p]i\.org|files\.pythonhosted\.org|repo1?\.mave[n]\.|registry\.npmj[s]|crates\.i[o]"
    ),
    "a registry by option": re.compile(r"(?<!no-emit-)(?:extra-)?index-ur[l]\b"),
    "unfinished work": re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b"),
    "a makeshift": re.compile(r"\b[Hh]ac[k](?:s|y|ed)?\b"),
}
BAD_LINES = {
    "a folder of one machine": "see /" + "work/notes.txt",
    "an address of a registry": "https://py" + "pi.org/simple",
    "a registry by option": "--index-" + "url mirror",
    "unfinished work": "TO" + "DO: later",
    "a makeshift": "a quick ha" + "ck",
}


EXEMPT = {"services/identity/data/common_passwords.txt": "what people type as passwords"}


def forbidden_in(text: str) -> list[str]:
    """What a text holds that it may not."""
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


def readable(path: str) -> str | None:
    """The text of a tracked file; None for fonts, pictures and archives."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_no_file_holds_it() -> None:
    names = [str(path) for path in tracked_files() if str(path) not in EXEMPT]
    found = [f"{name}: {what}" for name in names for what in forbidden_in(readable(name) or "")]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_it_refuses(what: str, gates: Gates) -> None:
    gates.refuses("language", what, forbidden_in(BAD_LINES[what]))


@pytest.mark.parametrize(
    "line", ["/network/work", "a session's framework/x", "--no-emit-index-" + "url", "9665XXXXXXX"]
)
def test_it_accepts(line: str) -> None:
    assert forbidden_in(line) == []
