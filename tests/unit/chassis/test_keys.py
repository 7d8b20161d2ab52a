import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from deploy.local.keys import SERVICES_WITH_KEYS, make_keys
from services.chassis.keys import KeysUnusable, PrivateKeys
from services.chassis.sealing import open_seal, public_jwk, seal, thumbprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_keys(tmp_path, ("identity",))
    return tmp_path / "identity"


def test_L11_made_keys_load_and_bear_the_fingerprints_that_are_pinned(tmp_path: Path) -> None:
    fingerprints = make_keys(tmp_path)
    assert set(fingerprints) == set(SERVICES_WITH_KEYS)
    for service, pinned in fingerprints.items():
        keys = PrivateKeys.load(tmp_path / service)
        assert thumbprint(keys.seal) == pinned["seal"]
        assert (None if keys.signing is None else thumbprint(keys.signing)) == pinned.get("signing")
    assert [service for service, pinned in fingerprints.items() if "signing" in pinned] == ["identity"]


def test_L11_only_the_service_may_read_its_keys(folder: Path) -> None:
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_L11_keys_are_never_overwritten(tmp_path: Path, folder: Path) -> None:
    before = (folder / "seal.jwk").read_text()
    with pytest.raises(FileExistsError):
        make_keys(tmp_path, ("identity",))
    assert (folder / "seal.jwk").read_text() == before


@pytest.mark.parametrize("name", ["seal.jwk", "hash.key", "state.key"])
def test_L11_a_missing_key_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(KeysUnusable) as caught:
        PrivateKeys.load(folder)
    assert str(caught.value) == f"{folder / name} is missing"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o666])
def test_L11_a_key_open_to_others_is_refused(folder: Path, mode: int) -> None:
    (folder / "hash.key").chmod(mode)
    with pytest.raises(KeysUnusable, match=r"hash\.key is open to others"):
        PrivateKeys.load(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("seal.jwk", "marked-7f3a"),
        ("seal.jwk", '{"marked-7f3a": 1}'),
        ("seal.jwk", '["marked-7f3a"]'),
        ("seal.jwk", json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))),
        ("seal.jwk", json.dumps(OKPKey.generate_key("X25519").as_dict(private=False))),
        ("signing.jwk", json.dumps(OKPKey.generate_key("X25519").as_dict(private=True))),
        ("hash.key", "marked-7f3a"),
        ("hash.key", "AB" * 32),
        ("state.key", "ab" * 31),
        ("state.key", ""),
    ],
    ids=range(10),
)
def test_L11_a_wrong_key_is_named_and_never_shown(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(KeysUnusable) as caught:
        PrivateKeys.load(folder)
    assert str(caught.value).startswith(f"{folder / name} is not ")
    assert "marked-7f3a" not in str(caught.value)
    assert caught.value.__context__ is None


def test_L11_a_private_part_that_is_not_its_public_part_is_refused(folder: Path) -> None:
    one, other = (OKPKey.generate_key("X25519").as_dict(private=True) for _ in range(2))
    (folder / "seal.jwk").write_text(json.dumps({**one, "d": other["d"]}))
    with pytest.raises(KeysUnusable):
        PrivateKeys.load(folder)


def test_L11_after_a_rotation_old_seals_still_open(folder: Path) -> None:
    before = PrivateKeys.load(folder)
    sealed = seal("1234", public_jwk(before.seal), "b")
    (folder / "seal.jwk").rename(folder / "seal-2026-01.jwk")
    (folder / "seal.jwk").write_text(json.dumps(OKPKey.generate_key("X25519").as_dict(private=True)))
    (folder / "seal.jwk").chmod(0o600)
    after = PrivateKeys.load(folder)
    assert thumbprint(after.seal) != thumbprint(before.seal)
    assert open_seal(sealed, after.opening, "b") == "1234"
    assert open_seal(seal("5678", public_jwk(after.seal), "b"), after.opening, "b") == "5678"


def test_I18_a_keyed_hash_hangs_on_key_purpose_and_text(tmp_path: Path) -> None:
    make_keys(tmp_path, ("identity", "accounts"))
    ours, theirs = (PrivateKeys.load(tmp_path / service) for service in ("identity", "accounts"))
    hashed = ours.keyed_hash("person", "iqama:2123456789")
    assert len(hashed) == 32
    assert set(hashed) <= set("0123456789abcdef")
    assert hashed == ours.keyed_hash("person", "iqama:2123456789")
    different = {
        ours.keyed_hash("mobile", "iqama:2123456789"),
        ours.keyed_hash("person", "iqama:2123456780"),
        ours.keyed_hash("person-iqama", ":2123456789"),
        ours.keyed_hash("p", "erson\x00iqama:2123456789"),
        theirs.keyed_hash("person", "iqama:2123456789"),
    }
    assert len(different | {hashed}) == 6


@pytest.mark.parametrize(
    ("purpose", "text", "hashed"),
    [
        ("person", "citizen:1012345674", "7c0c8ad0ae8e9b07c71896e87bce0e11"),
        ("mobile", "+966512345678", "ac6285e9af9eefac4671cae0aab2bba3"),
        ("user", "flow-1", "a721c0f7e3325be3519f29216b189471"),
    ],
)
def test_I18_a_keyed_hash_is_the_same_in_every_release(folder: Path, purpose: str, text: str, hashed: str) -> None:
    """Documents are found by them: with another reckoning nobody's would be."""
    keys = replace(PrivateKeys.load(folder), hash_key=bytes(range(32)))
    assert keys.keyed_hash(purpose, text) == hashed


@pytest.mark.parametrize("purpose", ["", "Person", "a\x00b", "a b", "x" * 65])
def test_I18_the_purpose_of_a_hash_is_a_code(folder: Path, purpose: str) -> None:
    with pytest.raises(ValueError, match="lower-case code"):
        PrivateKeys.load(folder).keyed_hash(purpose, "text")


def test_L11_loaded_keys_do_not_show_themselves(folder: Path) -> None:
    keys = PrivateKeys.load(folder)
    assert repr(keys) == "PrivateKeys()"
    assert keys.hash_key.hex() not in f"{keys!r}{keys}"
