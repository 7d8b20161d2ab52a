"""Every rule that this release promises is named by a test, and no test names a rule that does not exist."""

import ast
import re
from collections.abc import Iterable

from tests.gates import Gates
from tests.guards.rules import RULES, TO_PROVE
from tests.guards.source import Source, proofs_of, sources

_ID = re.compile(r"(?<![A-Za-z0-9])[JIANR][0-9]{1,2}(?![A-Za-z0-9])")


def rules_named(tests: Iterable[Source]) -> dict[str, str]:
    """Each rule id in a test function's name or docstring, with one test that names it."""
    named: dict[str, str] = {}
    for source in tests:
        for test in proofs_of(source):
            words = f"{test.name.replace('_', ' ')} {ast.get_docstring(test) or ''}"
            named |= dict.fromkeys(_ID.findall(words), f"{source.path}::{test.name}")
    return named


def unproven(tests: Iterable[Source]) -> list[str]:
    """Rules that no test names."""
    return sorted(TO_PROVE - rules_named(tests).keys())


def unknown(tests: Iterable[Source]) -> list[str]:
    """Tests that name a rule that does not exist."""
    return sorted(f"{rule} in {test}" for rule, test in rules_named(tests).items() if rule not in RULES)


def test_every_promised_rule_is_named_by_a_test() -> None:
    proofs = [source for source in sources("tests") if not source.path.startswith("tests/guards/")]
    missing = unproven(proofs)
    assert missing == [], "\n".join(f"{rule}: {RULES[rule]}" for rule in missing)


def test_no_test_names_an_unknown_rule() -> None:
    found = unknown(sources("tests"))
    assert found == [], "\n".join(found)


def test_promised_rules_are_rules() -> None:
    assert RULES.keys() >= TO_PROVE


def test_it_refuses(gates: Gates) -> None:
    all_but_one = "".join(f"def test_{rule}(): ...\n" for rule in TO_PROVE - {"I3"})
    gates.refuses("rules: each is proven", "no test names I3", unproven([Source("tests/test_x.py", all_but_one)]))
    bad = Source("tests/test_x.py", 'def test_a():\n    """As A21 says."""')
    gates.refuses("rules: each exists", "a test of A21", unknown([bad]))
    assert unproven([Source("tests/test_x.py", f'{all_but_one}\ndef test_a():\n    """(I3)"""')]) == []
