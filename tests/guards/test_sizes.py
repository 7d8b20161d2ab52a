"""Files and functions stay small, files are named after what is in them, folders are packages (style 7 and 8)."""

from pathlib import Path

from tests.gates import Gates
from tests.guards.source import Source, functions_of, sources

MAX_FILE_LINES = 299
MAX_FUNCTION_LINES = 40
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "shared"}
FOLDERS = ("contracts", "services", "deploy", "tests")


def long_files(files: tuple[Source, ...]) -> list[str]:
    """Files of 300 lines or more."""
    lines = {source.path: len(source.text.splitlines()) for source in files}
    return [f"{path}: {count} lines" for path, count in lines.items() if count > MAX_FILE_LINES]


def long_functions(files: tuple[Source, ...]) -> list[str]:
    """Functions of more than 40 lines, from `def` to their end."""
    return [
        f"{source.path}: {function.name} has {length} lines"
        for source in files
        for function in functions_of(source)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    ]


def empty_names(files: tuple[Source, ...]) -> list[str]:
    """Files and folders whose name says nothing."""
    return [source.path for source in files if EMPTY_NAMES & {Path(part).stem for part in Path(source.path).parts}]


def no_packages(files: tuple[Source, ...]) -> list[str]:
    """Folders with modules and no `__init__.py`: another package of that name could stand before them."""
    paths = {source.path for source in files}
    return sorted({str(Path(path).parent) for path in paths if str(Path(path).parent / "__init__.py") not in paths})


def test_files_are_short() -> None:
    found = long_files(sources(*FOLDERS))
    assert found == [], "\n".join(found)


def test_functions_are_short() -> None:
    found = long_functions(sources(*FOLDERS))
    assert found == [], "\n".join(found)


def test_names_say_something() -> None:
    found = empty_names(sources(*FOLDERS))
    assert found == [], "\n".join(found)


def test_folders_are_packages() -> None:
    found = no_packages(sources(*FOLDERS))
    assert found == [], "\n".join(found)


def test_it_refuses(gates: Gates) -> None:
    gates.refuses("sizes: files", "a file of 300 lines", long_files((Source("services/long.py", "pass\n" * 300),)))
    body = "def decide():\n" + "    pass\n" * 40
    gates.refuses("sizes: functions", "a function of 41 lines", long_functions((Source("services/x.py", body),)))
    gates.refuses("names", "services/identity/utils.py", empty_names((Source("services/identity/utils.py", ""),)))
    gates.refuses("packages", "a module without __init__.py beside it", no_packages((Source("tests/x/test_y.py", ""),)))
    assert long_functions((Source("services/x.py", body.replace("    pass\n", "", 1)),)) == []
