"""Every public reason has its customer text, every precise reason its test (J4, style 3)."""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from contracts.values import public_reasons
from contracts.values.public_texts import PUBLIC_TEXTS
from deploy.cli.letter_pages import MEANINGS, REFUSALS
from services.chassis.dead_letters import LETTER_REASONS
from tests.gates import Gates
from tests.guards.source import ROOT, Function, Source, dotted, sources, text_of

_ARABIC = re.compile(r"[\u0621-\u064a]")
PUBLIC, PRECISE = 0, 1
# Where the two reasons stand among a call's arguments.
FIRST_REASON = {"refused": 1, "Refusal": 0}
NAMES = ("public_reason", "reason")
TEXTS = "contracts/values/public_texts.py"
OPERATIONS = "docs/operations.md"
LETTERS = tuple(f"services/chassis/{name}.py" for name in ("dead_letters", "orders", "parked_letters"))
"""Where orders about dead letters are refused."""


def reasons_given(files: Sequence[Source], which: int) -> dict[str, str]:
    """Each reason that is written out in a refusal, public or precise, with its place: among the arguments of `refused`
    and `Refusal` and of what hands them on, and as the value of what is called `public...`."""
    everywhere = {call: at for call, at in _carriers(files, NAMES[which]).items() if not call.startswith("_")}
    given: dict[str, str] = {}
    for source in files:
        carriers = _carriers([source], NAMES[which]) | everywhere
        for node in ast.walk(source.tree):
            for reason in _texts(_carried(node, carriers, NAMES[which])):
                given[reason] = f"{source.path}:{getattr(node, 'lineno', 0)}"
        if which == PUBLIC:
            given |= dict.fromkeys(_named_public(source), source.path)
    return given


def _carriers(files: Sequence[Source], name: str) -> dict[str, int]:
    """Functions and dataclasses that take a reason under this name, with its position; the decisions' own words too."""
    found = {call: position + NAMES.index(name) for call, position in FIRST_REASON.items()}
    for source in files:
        for node in ast.walk(source.tree):
            if isinstance(node, Function):
                parameters = [argument.arg for argument in node.args.args]
            elif isinstance(node, ast.ClassDef):
                parameters = [dotted(part.target) for part in node.body if isinstance(part, ast.AnnAssign)]
            else:
                continue
            if {*NAMES} <= {*parameters}:
                found.setdefault(node.name, parameters.index(name))
    return found


def _carried(node: ast.AST, carriers: dict[str, int], name: str) -> ast.expr | None:
    called = dotted(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
    return _argument(node, carriers[called], name) if isinstance(node, ast.Call) and called in carriers else None


def _named_public(source: Source) -> Iterator[str]:
    """Texts that a function called `public...` returns or that are assigned to such a name."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function) and node.name.lstrip("_").startswith("public"):
            for part in ast.walk(node):
                yield from _texts(part.value) if isinstance(part, ast.Return) else ()
        elif isinstance(node, ast.Assign) and dotted(node.targets[0]).startswith("public"):
            yield from _texts(node.value)


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    if position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The literal texts that an argument can be: itself, or the branches of a choice."""
    if isinstance(node, ast.IfExp):
        yield from (*_texts(node.body), *_texts(node.orelse))
    elif (text := text_of(node)) is not None:
        yield text


def literal_reasons(files: Iterable[Source]) -> dict[str, str]:
    """Each member of a `...Reason = Literal[...]`, with its place."""
    return {
        reason: f"{source.path}:{node.lineno}"
        for source in files
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign) and dotted(node.targets[0]).endswith("Reason")
        for part in ast.walk(node.value)
        if isinstance(part, ast.Subscript) and dotted(part.value).endswith("Literal")
        for reason in (text_of(each) for each in ast.walk(part.slice) if isinstance(each, ast.expr))
        if reason is not None
    }


def texts_in(files: Iterable[Source]) -> set[str]:
    """Every text that is written out in these files."""
    return {
        node.value
        for source in files
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def without_text(reasons: dict[str, str]) -> list[str]:
    """Public reasons that no customer could read."""
    return sorted(f"{reason} ({place})" for reason, place in reasons.items() if reason not in PUBLIC_TEXTS)


def never_given(texts: Iterable[str], code: Iterable[Source]) -> list[str]:
    """Customer texts whose reason is written nowhere but beside them."""
    return sorted({*texts} - texts_in(code))


def untested(reasons: dict[str, str], tests: Iterable[Source]) -> list[str]:
    """Precise reasons that no test mentions."""
    mentioned = texts_in(tests)
    return sorted(f"{reason} ({place})" for reason, place in reasons.items() if reason not in mentioned)


def unlike_the_page(refusals: Iterable[str], page: str) -> list[str]:
    """Reasons of refused orders that the command line explains and the page does not, or the other way round."""
    rows = page.partition("| refused with |")[2].partition("\n\n")[0].splitlines()[1:]
    return sorted({*refusals} ^ {reason for row in rows for reason in re.findall(r"`([a-z-]+)`", row.split("|")[1])})


def unmeant(meanings: Iterable[str], reasons: Iterable[str]) -> list[str]:
    """Reasons that an operator meets and the command line says nothing of."""
    return sorted({*reasons} - {*meanings})


def test_law7_every_reason_of_a_dead_letter_is_explained_to_operators_and_no_other() -> None:
    assert sorted(MEANINGS) == sorted(LETTER_REASONS)


def test_law7_every_reason_of_a_refused_order_is_explained_on_the_command_line_and_on_the_page() -> None:
    given = reasons_given([source for source in sources("services") if source.path in LETTERS], PRECISE)
    assert given
    assert unmeant(REFUSALS, given) == []
    assert unlike_the_page(REFUSALS, (ROOT / OPERATIONS).read_text(encoding="utf-8")) == []


def test_J4_every_public_reason_has_a_customer_text() -> None:
    given = reasons_given(sources("services", "contracts"), PUBLIC)
    mapped = dict.fromkeys(public_reasons._PUBLIC_REASON_OF.values(), "contracts/values/public_reasons.py")
    found = without_text(given | mapped)
    assert found == [], "\n".join(found)


def test_J4_every_customer_text_has_a_refusal_that_gives_it() -> None:
    code = [source for source in sources("services", "contracts") if source.path != TEXTS]
    assert never_given(PUBLIC_TEXTS, code) == []


def test_J4_every_customer_text_is_in_both_languages() -> None:
    poor = [name for name, text in PUBLIC_TEXTS.items() if not _ARABIC.search(text.ar) or _ARABIC.search(text.en)]
    assert poor == []


def test_J4_every_precise_reason_is_tested() -> None:
    code = sources("services", "contracts")
    tests = [source for source in sources("tests") if not source.path.startswith("tests/guards/")]
    found = untested(reasons_given(code, PRECISE) | literal_reasons(code), tests)
    assert found == [], "\n".join(found)


def test_it_refuses(gates: Gates) -> None:
    code = [Source("services/x.py", 'def f(s):\n    return refused(s, "no-such-reason", "never-tested")\n')]
    gates.refuses(
        "reasons: customer text", 'refused(s, "no-such-reason", ...)', without_text(reasons_given(code, PUBLIC))
    )
    gates.refuses("reasons: tested", 'refused(..., "never-tested")', untested(reasons_given(code, PRECISE), []))
    gates.refuses("reasons: given", "a text that no refusal gives", never_given(["never-given"], code))
    page = "| refused with | what |\n|---|---|\n| `a`, `b` | c |\n\n| `d` | e |"
    assert unlike_the_page("ab", page) == []
    gates.refuses("reasons: operators", "a refusal on the page alone", unlike_the_page("a", page))
    gates.refuses("reasons: operators", "a refusal on the command line alone", unlike_the_page("abd", page))
    gates.refuses("reasons: operators", 'refused(..., "never-tested")', unmeant(REFUSALS, reasons_given(code, PRECISE)))
    literal = [Source("contracts/x.py", 'XReason = Literal["odd", "even"]\n')]
    tests = [Source("tests/test_x.py", 'assert judged == "odd"')]
    gates.refuses("reasons: tested", "a member of a Literal", untested(literal_reasons(literal), tests))


def test_it_reads_refusals_of_every_shape() -> None:
    shapes = (
        'refused(s, "a", "b")\nRefusal("c", "d")\nRefusal(public_reason="e", reason="f")\n'
        'decision.refused(s, "g" if x else "h", "i")\nRoute(M, f, d, absent=Refusal("j", "k"))\n'
    )
    carried = (
        "def _no(state, public_reason, reason):\n    return refused(state, public_reason, reason)\n"
        "class Judged:\n    public_reason: str\n    reason: str\n"
        '_no(s, "l", "m")\nJudged("n", "o")\npublic = "p" if x else "q"\n'
        'def _public(reason):\n    return "r"\n'
    )
    files = [Source("services/x.py", shapes + carried)]
    assert reasons_given(files, PUBLIC).keys() == set("aceghjlnpqr")
    assert reasons_given(files, PRECISE).keys() == set("bdfikmo")
