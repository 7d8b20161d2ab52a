"""Tests can fail, wait for nothing and leave nothing out (style 11 and 13)."""

import ast
from collections.abc import Callable

import pytest

from tests.gates import Gates
from tests.guards.source import Function, Source, calls_of, dotted, functions_of, proofs_of, sources, text_of

PROVING = ("assert_", "expect", "check", "then")
PROVING_CALLS = {"pytest.raises", "pytest.fail", "gates.refuses", "eventually"}
SLEEPS = {"time.sleep", "asyncio.sleep", "anyio.sleep", "sleep"}
LEAVING_OUT = {"skip", "skipif", "xfail", "importorskip"}
WAITING_IS_ITS_JOB = {
    "tests/eventually.py": "the one wait",
    "tests/benchmarks/": "load comes at a pace",
    "tests/chaos/": "faults and load come at their times",
    "tests/journeys/rolling.py::_go_on": "load comes at a pace",
    "tests/component/stuck_process.py": "a process that stands still",
    "tests/simulation/virtual_time.py": "time is counted there, nobody waits",
    "tests/component/test_sms_gateway.py::trickle": "a gateway that answers slowly",
    "tests/unit/chassis/test_publisher.py::_send": "a broker that takes its time",
}
PATCHES = {"patch", "setattr", "delattr"}


def proves(test: Function, proving: frozenset[str]) -> bool:
    """Whether a test has an assertion that can fail; `proving` are functions of its file that have one."""
    return any(isinstance(node, ast.Assert) and not _is_constant(node.test) for node in ast.walk(test)) or any(
        dotted(call.func) in PROVING_CALLS | proving or _last_name(call).startswith(PROVING) for call in calls_of(test)
    )


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _last_name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def without_assertion(files: tuple[Source, ...]) -> list[str]:
    """Tests that cannot fail."""
    return [
        f"{source.path}::{test.name}"
        for source in files
        for test in proofs_of(source)
        if not proves(test, _proving(source))
    ]


def _proving(source: Source) -> frozenset[str]:
    own = (node for node in source.tree.body if isinstance(node, Function) and not node.name.startswith("test_"))
    return frozenset(function.name for function in own if proves(function, frozenset()))


def left_out(files: tuple[Source, ...]) -> list[str]:
    """Where a test is skipped or expected to fail."""
    return [
        f"{source.path}:{node.lineno}"
        for source in files
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in LEAVING_OUT
        and dotted(node.value) in {"pytest", "pytest.mark", "unittest"}
    ]


def sleeping(files: tuple[Source, ...]) -> list[str]:
    """Where a test waits by the clock instead of `eventually`. Giving way with `asyncio.sleep(0)` is no waiting."""
    return [
        f"{source.path}:{call.lineno}"
        for source in files
        for call in calls_of(source.tree)
        if dotted(call.func) in SLEEPS and not (call.args and ast.unparse(call.args[0]) == "0")
        if not any(place.startswith(tuple(WAITING_IS_ITS_JOB)) for place in _places(source, call))
    ]


def _places(source: Source, call: ast.Call) -> list[str]:
    """The file and the functions of it round a call."""
    around = [f for f in functions_of(source) if f.lineno <= call.lineno <= (f.end_lineno or f.lineno)]
    return [source.path, *(f"{source.path}::{function.name}" for function in around)]


def patched_by_string(files: tuple[Source, ...]) -> list[str]:
    """Where something is replaced by its dotted name."""
    return [
        f"{source.path}:{call.lineno}"
        for source in files
        for call in calls_of(source.tree)
        if _last_name(call) in PATCHES and call.args and "." in (text_of(call.args[0]) or "")
    ]


Judge = Callable[[tuple[Source, ...]], list[str]]

BAD: dict[str, tuple[Judge, str]] = {
    "a test without assertion": (without_assertion, "def test_it():\n    decide()\n"),
    "assert True": (without_assertion, "def test_it():\n    decide()\n    assert True\n"),
    "a skipped test": (left_out, "import pytest\n\n@pytest.mark.skip\ndef test_it(): assert decide()\n"),
    "a test that skips itself": (left_out, "import pytest\n\ndef test_it():\n    pytest.skip('no Kafka')\n"),
    "a test expected to fail": (left_out, "import pytest\n\n@pytest.mark.xfail\ndef test_it(): assert decide()\n"),
    "time.sleep(1)": (sleeping, "import time\n\ndef test_it():\n    time.sleep(1)\n    assert decide()\n"),
    "asyncio.sleep(0.1)": (sleeping, "import asyncio\n\nasync def test_it():\n    await asyncio.sleep(0.1)\n"),
    "setattr by dotted string": (patched_by_string, "def test_it(monkeypatch):\n    monkeypatch.setattr('a.b', 1)\n"),
}

GOOD: tuple[str, ...] = (
    "def test_it():\n    assert decide() == 1\n",
    "def judge():\n    assert decide()\n\ndef test_it():\n    judge()\n",
    "def test_it():\n    given(state).when(decide).then(Decided)\n",
    "def test_it():\n    with pytest.raises(TypeError):\n        decide()\n",
    "async def test_it():\n    await asyncio.sleep(0)\n    assert_decided()\n",
)


@pytest.mark.parametrize("judge", [without_assertion, left_out, sleeping, patched_by_string])
def test_all_tests_keep_the_rules(judge: Judge) -> None:
    found = judge(sources("tests"))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("what", BAD)
def test_it_refuses(what: str, gates: Gates) -> None:
    judge, text = BAD[what]
    gates.refuses("tests", what, judge((Source("tests/test_bad.py", text),)))


@pytest.mark.parametrize("text", GOOD)
def test_it_accepts(text: str) -> None:
    files = (Source("tests/test_good.py", text),)
    assert [judge(files) for judge in (without_assertion, left_out, sleeping, patched_by_string)] == [[], [], [], []]
