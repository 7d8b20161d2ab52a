import re
import unicodedata

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from contracts.sealed import Secret
from services.identity.effects import IdentityEffects
from tests.unit.identity.situations import PASSWORD


@pytest.fixture(scope="module")
def effects() -> IdentityEffects:
    return IdentityEffects(lambda purpose, text: "0" * 32, lambda customer, start, end: "token", lambda text: True)


async def test_I16_passwords_are_hashed_by_argon2id_with_46_mebibytes(effects: IdentityEffects) -> None:
    hashed = await effects.hash_password(PASSWORD)
    parameters = extract_parameters(hashed.reveal())
    assert hashed.reveal().startswith("$argon2id$")
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (46 * 1024, 1, 1)
    assert await effects.password_matches(PASSWORD, hashed)
    assert not await effects.password_matches(PASSWORD + "!", hashed)


async def test_I16_the_same_characters_in_another_form_are_the_same_password(effects: IdentityEffects) -> None:
    hashed = await effects.hash_password(unicodedata.normalize("NFD", "garçon à vélo à Riyad"))
    assert await effects.password_matches(unicodedata.normalize("NFC", "garçon à vélo à Riyad"), hashed)


@pytest.mark.parametrize(
    ("memory", "passes", "kind", "is_weak"),
    [
        (46 * 1024, 1, Type.ID, False),
        (64 * 1024, 2, Type.ID, False),  # as a later release may make it, beside which this one runs for a while
        (16 * 1024, 1, Type.ID, True),
        (46 * 1024, 1, Type.I, True),
    ],
)
def test_I16_a_hash_is_weak_that_costs_less_than_todays(
    effects: IdentityEffects, memory: int, passes: int, kind: Type, is_weak: bool
) -> None:
    known = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1, type=kind).hash(PASSWORD)
    assert effects.is_weak(Secret(known)) is is_weak


async def test_I15_without_a_known_hash_a_stand_in_is_compared_and_never_matches(effects: IdentityEffects) -> None:
    assert not await effects.password_matches(PASSWORD, None)
    assert extract_parameters(effects._stand_in).memory_cost == 46 * 1024


def test_I6_codes_have_six_digits_and_differ(effects: IdentityEffects) -> None:
    drawn = [effects.draw_code().reveal() for _ in range(300)]
    assert all(re.fullmatch("[0-9]{6}", code) for code in drawn)
    assert len(set(drawn)) > 290
    assert {code[0] for code in drawn} == set("0123456789")


def test_I10_the_secret_of_a_link_has_256_bits(effects: IdentityEffects) -> None:
    drawn = {effects.draw_link_secret().reveal() for _ in range(50)}
    assert len(drawn) == 50
    assert all(re.fullmatch("[A-Za-z0-9_-]{43}", secret) for secret in drawn)
