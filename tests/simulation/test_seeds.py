"""A seed is one day, whenever it is played; those that once found a bug stay green."""

import pytest

from tests.simulation import customer
from tests.simulation.__main__ import SEEDS_FOR_LIFE, campaign, kept_seeds
from tests.simulation.play import play
from tests.simulation.safeguards import left_out


def test_a_seed_is_the_same_day_again() -> None:
    first, again = play(7), play(7)
    assert first.fingerprint == again.fingerprint
    assert first.fired == again.fired
    assert first.fingerprint != play(8).fingerprint


@pytest.mark.parametrize("seed", kept_seeds())
def test_a_seed_that_once_found_a_bug_is_green(seed: int) -> None:
    assert play(seed).problems == ()


def test_a_broken_promise_fails_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with left_out("number check"):
        assert campaign([1], processes=1) == 1
    assert "make simulate SEED=1" in capsys.readouterr().out


def test_days_on_which_nobody_gets_what_he_came_for_fail_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(customer, "activation_token_in", lambda _: "not a token")
    assert campaign(range(1, SEEDS_FOR_LIFE + 1), processes=1) == 1
    assert "too quiet: 0 people came through" in capsys.readouterr().out
