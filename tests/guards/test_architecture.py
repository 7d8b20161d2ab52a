"""The linters' own settings refuse what the architecture forbids: each is shown a bad sample."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gates import Gates
from tests.guards.source import ROOT

BAD_IMPORTS = {
    "contracts imports nothing of ours": ("contracts/bad.py", "import services.chassis.loop"),
    "services never import what deploys them": ("services/identity/bad.py", "import deploy.local"),
    "no service imports another, and the chassis imports none": (
        "services/identity/bad.py",
        "import services.accounts",
    ),
    "FastStream and aiokafka are known to the chassis only": ("services/identity/bad.py", "import faststream"),
    "MongoDB is known to store.py only": ("services/chassis/bad.py", "import motor"),
    "a service's rules import only the standard library and contracts": ("services/identity/bad.py", "import pydantic"),
}

PACKAGES = ("contracts", "deploy/local", "services/chassis", "services/identity", "services/accounts")
MODULES = ("services/chassis/loop.py", "services/chassis/store.py")

BAD_CODE = {
    "datetime.now": "import datetime\n\nNOON = datetime.datetime.now(datetime.UTC)\n",
    "date.today": "import datetime\n\nTODAY = datetime.date.today()\n",
    "time.time": "import time\n\nNOW = time.time()\n",
    "uuid4": "import uuid\n\nNEW = uuid.uuid4()\n",
    "uuid4 by name": "from uuid import uuid4\n\nNEW = uuid4()\n",
    "secrets": "import secrets\n\nCODE = secrets.randbelow(10)\n",
    "random": "import random\n\nCODE = random.random()\n",
    "os.urandom": "import os\n\nKEY = os.urandom(32)\n",
}
MATCHED_TO_THE_END = """\
from dataclasses import dataclass
from typing import assert_never

@dataclass(frozen=True)
class Begun: ...

@dataclass(frozen=True)
class Ended: ...

def step(state: Begun | Ended) -> int:
    match state:
        case Begun():
            return 1
        case Ended():
            return 2
        case _:
            assert_never(state)
"""
BAD_STYLE = {
    "print": ("T201", "print(1)\n"),
    "a catch-all except": ("BLE001", "try:\n    import ast\nexcept Exception:\n    ast = None\n"),
    "a relative import": ("TID252", "from .policy import LIFE\n"),
    "a public function without docstring": ("D103", "def decide():\n    return None\n"),
    "code in a comment": ("ERA001", "# LIFE = 60\n"),
}


def ruff_says(code: str, path: str) -> set[str]:
    """The rules that a file of this text and place breaks, by the project's own settings."""
    command = [str(Path(sys.executable).with_name("ruff")), "check", "--no-cache", "--output-format=concise"]
    run = subprocess.run(
        [*command, "--stdin-filename", path, "-"], input=code, capture_output=True, text=True, cwd=ROOT, check=False
    )
    return {line.split()[1] for line in run.stdout.splitlines() if line.startswith(path)}


def import_linter_says(folder: Path) -> str:
    """What import-linter prints about a tree with this project's settings."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False).stdout


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A tree of empty packages with the project's settings."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir(parents=True)
    for folder in (tmp_path, *tmp_path.rglob("*")):
        if folder.is_dir() and folder != tmp_path:
            (folder / "__init__.py").touch()
    for module in MODULES:
        (tmp_path / module).touch()
    return tmp_path


def test_import_contracts_refuse(small_tree: Path, gates: Gates) -> None:
    assert "0 broken" in import_linter_says(small_tree)
    for path, line in BAD_IMPORTS.values():
        with (small_tree / path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    said = import_linter_says(small_tree)

    for contract, (path, line) in BAD_IMPORTS.items():
        gates.refuses("imports", f"{path}: {line}", contract if f"\n{contract} BROKEN" in said else None)


def test_every_import_contract_has_its_bad_sample() -> None:
    named = {line.partition('"')[2].rstrip('"') for line in _lines_of_import_contracts() if line.startswith("name")}
    assert named == BAD_IMPORTS.keys()


def _lines_of_import_contracts() -> list[str]:
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.importlinter]")[2].splitlines()


@pytest.mark.parametrize("what", BAD_CODE)
def test_time_and_chance_are_refused_outside_effects(what: str, gates: Gates) -> None:
    said = ruff_says(BAD_CODE[what], "services/identity/registration.py")
    gates.refuses("time and chance (ruff)", what, said & {"TID251"})
    assert "TID251" not in ruff_says(BAD_CODE[what], "services/identity/effects.py")


def mypy_says(code: str, folder: Path) -> str:
    """What mypy says about a file of this text, by the project's own settings."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(re.sub(r"(?m)^packages = \[.*\]$", "", settings), encoding="utf-8")
    (folder / "bad.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", str(ROOT / ".mypy_cache"), "bad.py"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False).stdout


def test_a_state_that_is_not_matched_is_refused(tmp_path: Path, gates: Gates) -> None:
    assert mypy_says(MATCHED_TO_THE_END, tmp_path) == ""
    forgotten = MATCHED_TO_THE_END.replace("        case Ended():\n            return 2\n", "")
    said = mypy_says(forgotten, tmp_path)
    gates.refuses("types (mypy)", "a match that forgets a state", "Ended" in said and said.partition("error: ")[2])


@pytest.mark.parametrize("what", BAD_STYLE)
def test_style_is_refused(what: str, gates: Gates) -> None:
    rule, code = BAD_STYLE[what]
    gates.refuses("style (ruff)", what, ruff_says(code, "services/identity/registration.py") & {rule})
