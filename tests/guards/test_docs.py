"""The documents speak of this repository: links lead somewhere, laws and traps exist, the example record is good."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

import pytest
from joserfc.jwk import OKPKey

from contracts.envelope import Envelope, from_headers
from contracts.identity import StartRegistration
from contracts.sealed import Sealed
from services.chassis.sealing import binding_of, open_seal, thumbprint
from tests.gates import Gates
from tests.guards.source import ROOT, Source, sources, tracked_files

CODE: Final = ("contracts", "services", "deploy", "tests")
PLACES: Final = {"law": "docs/architecture.md", "trap": "docs/libraries.md", "style": "docs/style.md"}
LIFE: Final = "One message's life on one screen"

_LINK: Final = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_NAMED_IN: Final = re.compile(r"`([^`\n]+)`\s+in\s+\[[^\]\n]*\]\(([^)\s#]+)")
_FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FILE: Final = re.compile(r"(?<![\w/.])(?:contracts|services|deploy|tests|docs)/[\w./-]*\.\w+")
_MAKE: Final = re.compile(r"(?:`|^)make ([a-z-]+)", re.MULTILINE)
_MENTION: Final = re.compile(
    r"(?:\b|_)(?P<word>law|trap|style)s?[ _\n]*(?P<numbers>\d+(?:(?:-|,\s+|\s+and\s+)\d+)*)|\btest_L(?P<law>\d+)_",
    re.IGNORECASE,
)


def pages() -> dict[str, str]:
    """Every Markdown page of the project, by its path."""
    return {str(p): (ROOT / p).read_text(encoding="utf-8") for p in tracked_files() if p.suffix == ".md"}


def anchors(text: str) -> set[str]:
    """What may stand behind `#`: headings as GitHub writes them."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(_FENCE.sub("", text)))
    return {heading.strip().replace(" ", "-") for heading in headings}


def broken_links(path: str, text: str) -> list[str]:
    """Relative links of a page that lead nowhere."""
    broken = []
    for target in _LINK.findall(_FENCE.sub("", text)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (ROOT / path).parent / name if name else ROOT / path
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            broken.append(f"{path}: {target}")
    return broken


def misplaced(path: str, text: str) -> list[str]:
    """Names that a page says are in a file, or in the files of a folder, and that do not stand there."""
    absent = []
    for name, target in _NAMED_IN.findall(_FENCE.sub("", text)):
        place = (ROOT / path).parent / target
        files = [place] if place.is_file() else [each for each in place.rglob("*") if each.is_file()]
        end = "" if name.endswith("...") else r"(?!\w)"  # `test_law1_...` stands for all names that begin so
        word = re.compile(rf"(?<!\w){re.escape(name.removesuffix('...'))}{end}")
        if not any(word.search(each.read_text(encoding="utf-8", errors="ignore")) for each in files):
            absent.append(f"{path}: {name} in {target}")
    return absent


def missing_files(text: str) -> list[str]:
    """Files that a text names by their path from the root and that are not there."""
    return sorted({name for name in _FILE.findall(text) if not (ROOT / name).exists()})


def unknown_targets(texts: Iterable[str]) -> list[str]:
    """`make` targets that pages speak of and the Makefile does not have."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    return sorted({name for text in texts for name in _MAKE.findall(text)} - targets)


def mentioned(text: str) -> set[tuple[str, int]]:
    """The laws, traps and rules of style that a text mentions."""
    found: set[tuple[str, int]] = set()
    for match in _MENTION.finditer(text):
        word = "law" if match["law"] else match["word"].lower()
        for part in re.split(r",\s+|\s+and\s+", match["law"] or match["numbers"]):
            first, _, last = part.partition("-")
            found |= {(word, number) for number in range(int(first), int(last or first) + 1)}
    return found


def explained() -> set[tuple[str, int]]:
    """Those that have a heading of their own."""
    return {
        (word, int(number))
        for word, page in PLACES.items()
        for number in re.findall(rf"^### {word} (\d+)\.", pages()[page], re.MULTILINE | re.IGNORECASE)
    }


def unexplained(files: Sequence[Source]) -> list[str]:
    """Mentions that no document explains."""
    known = explained()
    return sorted(f"{source.path}: {word} {n}" for source in files for word, n in mentioned(source.text) - known)


def the_life() -> str:
    """The README's part on the life of one message."""
    return pages()["README.md"].partition(f"## {LIFE}")[2].partition("\n## ")[0]


def test_links_lead_to_files_and_headings() -> None:
    found = [broken for path, text in pages().items() for broken in broken_links(path, text)]
    assert found == [], "\n".join(found)


def test_names_stand_in_the_files_in_which_pages_say_they_are() -> None:
    assert sum(len(_NAMED_IN.findall(text)) for text in pages().values()) >= 30
    found = [each for path, text in pages().items() for each in misplaced(path, text)]
    assert found == [], "\n".join(found)


def test_files_of_a_message_s_life_exist() -> None:
    life = the_life()
    assert len(set(_LINK.findall(life))) >= 10
    assert missing_files(life) == []


def test_pages_name_commands_that_exist() -> None:
    assert unknown_targets(pages().values()) == []


def test_laws_traps_and_style_are_explained() -> None:
    documents = [Source(path, text) for path, text in pages().items()]
    found = unexplained([*sources(*CODE), *documents])
    assert found == [], "\n".join(found)


def test_there_are_fourteen_laws() -> None:
    assert sorted(n for word, n in explained() if word == "law") == list(range(1, 15))


@pytest.fixture(scope="module")
def example() -> tuple[Envelope, StartRegistration]:
    """The record that integrators are shown."""
    page = pages()["docs/integrators.md"]
    headers, body = (
        re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0] for kind in ("text", "json")
    )
    pairs = [line.split(": ", 1) for line in headers.splitlines()]
    key = dict(pairs)["ce_subject"].encode()
    envelope = from_headers(key, [(name, value.encode()) for name, value in pairs])
    assert isinstance(envelope, Envelope), envelope
    return envelope, StartRegistration.model_validate_json(body)


def test_the_example_record_can_be_read_and_opened(example: tuple[Envelope, StartRegistration]) -> None:
    envelope, body = example
    vectors = json.loads((ROOT / "contracts/published/vectors/seals.json").read_text(encoding="utf-8"))
    key = OKPKey.import_key(json.loads(vectors["recipient_private_jwk"]))
    opened = {}
    for name in body.sealed_fields:
        sealed = getattr(body, name)
        assert isinstance(sealed, Sealed)
        binding = binding_of(envelope.type, envelope.subject, name)
        opened[name] = open_seal(sealed.jwe or "", {thumbprint(key): key}, binding)
    assert envelope.type == StartRegistration.type_name
    assert opened == {"identity_number": "1087654321", "birth_date": "1410-05-12"}


def test_it_refuses(gates: Gates) -> None:
    gates.refuses("docs: links", "[x](docs/nowhere.md)", broken_links("README.md", "[x](docs/nowhere.md)"))
    gates.refuses("docs: headings", "[x](README.md#nothing)", broken_links("README.md", "[x](README.md#nothing)"))
    for name in ("may_write", "writers_o", "test_law12_..."):
        moved = f"`{name}` in [known.py](../services/chassis/known.py)"
        gates.refuses("docs: names", moved, misplaced("docs/architecture.md", moved))
    gates.refuses("docs: files", "services/identity/nowhere.py", missing_files("see services/identity/nowhere.py"))
    gates.refuses("docs: commands", "`make coffee`", unknown_targets(["`make coffee`"]))
    far = 99
    for mention in (f"law {far}", f"laws 3-{far}", f"trap {far}", f"style {far}", f"def test_L{far}_x"):
        gates.refuses("docs: laws and traps", f"a docstring with {mention}", unexplained([Source("x.py", mention)]))
    assert unexplained([Source("x.py", "laws 1, 2\nand 5; traps 1-23; def test_L11_x")]) == []
