"""Keys are changed as docs/operations.md says, while some replicas work with the files of before and some with those of
now: whichever has announced its key last, each opens what is sealed to it, and reads what the others write (law 11)."""

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Final

import pytest

from deploy.local.keys import make_keys
from services.chassis.keys import KeyUnknown, PrivateKeys
from services.chassis.sealing import SealBroken, binding_of, open_seal, public_jwk, seal
from services.chassis.state_cipher import StateCipher
from tests.gates import Gates
from tests.guards.source import ROOT
from tests.guards.test_documented_settings import PAGE, section

SERVICE: Final = "accounts"
BINDING: Final = binding_of("hesabi.accounts.StartDefinition.v1", "flow-1", "token")
DOCUMENT: Final = "definition:1"
AT_ONE_GO: Final = "mv seal.jwk seal-1.jwk && mv state.key state-1.key && cp NEW/seal.jwk NEW/state.key ."
_STEP: Final = re.compile(r"^ *```\n((?: *(?:cp|mv) .*\n)+) *```$", re.MULTILINE)


def steps(title: str) -> list[str]:
    """What the page says to do in the owner's folder, step by step."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    part = section(page, "Keys").partition(f"**{title}.**")[2].partition("\n**")[0]
    return _STEP.findall(part)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The owner's keys; beside them `NEW`."""
    for each in ("old", "new"):
        make_keys(tmp_path / each, (SERVICE,))
    return tmp_path / "old" / SERVICE


def changed(folder: Path, what: Sequence[str]) -> list[PrivateKeys]:
    """The keys before the first step and after each."""
    new = folder.parents[1] / "new" / SERVICE
    loaded = [PrivateKeys.load(folder)]
    for number, step in enumerate(what):
        folder = shutil.copytree(folder, folder.parent / f"{number}")
        subprocess.run(["/bin/sh", "-ec", step.replace("NEW", str(new))], cwd=folder, check=True)
        loaded.append(PrivateKeys.load(folder))
    return loaded


def faulty(keys: Sequence[PrivateKeys], works: Callable[[PrivateKeys, PrivateKeys], bool]) -> list[str]:
    """Steps during which something does not work between two replicas, each of before or after the step."""
    rolls = enumerate(pairwise(keys), 1)
    return [f"step {number}" for number, roll in rolls if not all(works(*two) for two in product(roll, repeat=2))]


def opens(announced: PrivateKeys, reader: PrivateKeys) -> bool:
    """Whether one replica opens what is sealed to the key that the other has announced."""
    try:
        return open_seal(seal("text", public_jwk(announced.seal), BINDING), reader.opening, BINDING) == "text"
    except SealBroken:
        return False


def reads(writer: PrivateKeys, reader: PrivateKeys) -> bool:
    """Whether one replica reads the secrets of a document that the other has made."""
    wrapped, _ = StateCipher(writer.state_key, writer.earlier_state_keys).new(DOCUMENT)
    try:
        StateCipher(reader.state_key, reader.earlier_state_keys).open(wrapped, DOCUMENT)
    except KeyUnknown:
        return False
    return True


def test_L11_a_seal_key_is_changed_with_replicas_of_both_sides_at_work(folder: Path) -> None:
    keys = changed(folder, steps("Changing a seal key"))
    new = PrivateKeys.load(folder.parents[1] / "new" / SERVICE)
    assert public_jwk(keys[-1].seal) == public_jwk(new.seal)
    assert faulty(keys, opens) == []
    assert opens(keys[0], keys[-1])


def test_L11_a_state_key_is_changed_with_replicas_of_both_sides_at_work(folder: Path) -> None:
    keys = changed(folder, steps("Changing a state key"))
    assert keys[-1].state_key == PrivateKeys.load(folder.parents[1] / "new" / SERVICE).state_key
    assert faulty(keys, reads) == []
    assert reads(keys[0], keys[-1])


def test_it_refuses(folder: Path, gates: Gates) -> None:
    keys = changed(folder, [AT_ONE_GO])
    gates.refuses("docs: keys", "a seal key changed at one go", faulty(keys, opens))
    gates.refuses("docs: keys", "a state key changed at one go", faulty(keys, reads))
