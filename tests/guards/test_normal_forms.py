"""A text is brought to a normal form where its length is bounded, and nowhere else."""

import ast
from collections.abc import Iterable

import pytest

from tests.gates import Gates
from tests.guards.source import Source, sources

ITS_PLACE = "contracts/values/normal_form.py"
UNBOUNDED = {"normalize", "is_normalized"}

BAD = {
    "a text of any length": "import unicodedata\n\nform = unicodedata.normalize('NFC', text)",
    "the function by its name": "from unicodedata import normalize\n\nform = normalize('NFC', text)",
    "the module by another name": "import unicodedata as characters\n\nmake = characters.normalize",
    "a question that normalises": "import unicodedata\n\nis_right = unicodedata.is_normalized('NFC', text)",
}


def unbounded(files: Iterable[Source]) -> list[str]:
    """Where `unicodedata` is asked for a normal form, under whatever name."""
    return [
        f"{source.path}:{node.lineno}: {name}"
        for source in files
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute | ast.ImportFrom)
        for name in sorted(_names(node) & UNBOUNDED)
    ]


def _names(node: ast.Attribute | ast.ImportFrom) -> set[str]:
    return {node.attr} if isinstance(node, ast.Attribute) else {alias.name for alias in node.names}


def test_nothing_is_normalised_before_its_length_is_bounded() -> None:
    found = unbounded(sources("contracts", "services"))
    assert [each.partition(":")[0] for each in found] == [ITS_PLACE], "\n".join(found)


@pytest.mark.parametrize("what", BAD)
def test_it_refuses(what: str, gates: Gates) -> None:
    gates.refuses("normal forms", what, unbounded([Source("services/x.py", BAD[what])]))


def test_it_accepts_other_questions_about_characters() -> None:
    line = "import unicodedata\n\nkind = unicodedata.category(character)"
    assert unbounded([Source("services/x.py", line)]) == []
