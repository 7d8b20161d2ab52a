"""Every public reason that identity's decisions name has its customer text (J4)."""

import ast
from pathlib import Path

import services.identity
from contracts.values.public_texts import PUBLIC_TEXTS

SOURCES = sorted(Path(services.identity.__path__[0]).glob("*.py"))
PLACE_OF = {"refused": 1, "Refusal": 0, "ContactRefused": 0}


def named_in(source: str) -> set[str]:
    """The public reasons that stand literally in a module."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return {
        str(argument.value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in PLACE_OF
        for argument in call.args[PLACE_OF[call.func.id] :][:1]
        if isinstance(argument, ast.Constant)
    }


def test_J4_each_public_reason_of_identity_has_a_text_in_both_languages() -> None:
    named = set().union(*(named_in(path.read_text("utf-8")) for path in SOURCES))
    assert {"code-not-accepted", "sign-in-refused", "step-missing", "already-registered"} <= named
    assert named | {"resend-too-soon", "password-blocked"} <= PUBLIC_TEXTS.keys()


def test_J4_the_search_sees_a_reason_without_a_text() -> None:
    assert named_in('refused(state, "no-such-text", "why")') - PUBLIC_TEXTS.keys() == {"no-such-text"}
