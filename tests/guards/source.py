"""The repository's own files, as guards read them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Source:
    """One Python file: its path from the root, its text and its tree."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return _parsed(self.text)


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that git knows or would take, from the root."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return tuple(sorted(Path(name) for name in set(names) if name and (ROOT / name).is_file()))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The Python files of these folders."""
    return tuple(
        Source(path.as_posix(), (ROOT / path).read_text(encoding="utf-8"))
        for path in tracked_files()
        if path.suffix == ".py" and path.parts[0] in folders
    )


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(source: Source) -> Iterator[Function]:
    """Every function and method of a file."""
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            yield node


def proofs_of(source: Source) -> Iterator[Function]:
    """The test functions of a file."""
    if Path(source.path).name.startswith("test_"):
        yield from (function for function in functions_of(source) if function.name.startswith("test_"))


def calls_of(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an expression that is names only, else the last name with a dot before it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def text_of(node: ast.expr | None) -> str | None:
    """The text of a string literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
