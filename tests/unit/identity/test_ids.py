"""What documents are found by is the same in every release: another reckoning would find nobody's (I18)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.keys import make_keys
from services.chassis.keys import PrivateKeys
from services.identity.activation import hash_of
from services.identity.ids import KeyedHash, business_id, number_aggregate, person_id, reset_aggregate, user_id
from tests.unit.identity.situations import CITIZEN, TOKEN


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> KeyedHash:
    """A service's own, under a secret that everybody knows."""
    folder: Path = tmp_path_factory.mktemp("keys")
    make_keys(folder, ["identity"])
    (folder / "identity" / "hash.key").write_text(bytes(range(32)).hex())
    return PrivateKeys.load(folder / "identity").keyed_hash


@pytest.mark.parametrize(
    ("named", "name"),
    [
        (lambda keyed: person_id("citizen", CITIZEN, keyed), "person:397ef29f682400cd1854b240da5cab01"),
        (lambda keyed: number_aggregate("+966512345678", keyed), "mobile:ac6285e9af9eefac4671cae0aab2bba3"),
        (lambda keyed: user_id("flow-1", keyed), "a721c0f7-e332-5be3-519f-29216b189471"),
        (lambda keyed: business_id("7001234567", keyed), "b-e7e7894d5796948b63f71984880fd6a9"),
        (lambda keyed: reset_aggregate("flow-1", keyed), "challenge:0edb8e67-62e3-f6cd-f01f-314b7f914fc3"),
        (lambda _: hash_of(TOKEN), "2ad285db4440850d73660fbf0e56bdd2789718e853a4b651bf02ad3c24fc5fe8"),
    ],
    ids=["person", "number", "user", "business", "reset", "link"],
)
def test_I18_who_is_stored_under_a_hash_is_found_by_it_again(
    keyed: KeyedHash, named: Callable[[KeyedHash], str], name: str
) -> None:
    assert named(keyed) == name
