"""Messages by the names that people type, and of several versions the newest."""

from dataclasses import replace

import pytest

from contracts import accounts_v1
from contracts.accounts import ShowDues
from contracts.envelope import Envelope
from contracts.identity import LogIn
from deploy.cli.message_types import message_type, next_commands, short_name, writers_of
from deploy.cli.outcome import Wrong
from deploy.cli.pasting import paste_of
from deploy.cli.watching import Wanted
from deploy.local.watch import Seen
from tests.scenario import NOON


@pytest.mark.parametrize("typed", ["LogIn", "identity.LogIn", "hesabi.identity.LogIn.v1", "LogIn.v1"])
def test_a_message_has_short_names(typed: str) -> None:
    assert message_type(typed) is LogIn


def test_a_name_of_several_messages_is_told_apart_by_its_service() -> None:
    with pytest.raises(Wrong, match=r"identity\.CommandRefused"):
        message_type("CommandRefused")
    assert short_name(message_type("accounts.CommandRefused")) == "accounts.CommandRefused"


@pytest.mark.parametrize("typed", ["ShowDues", "accounts.ShowDues", "hesabi.accounts.ShowDues.v2", "ShowDues.v2"])
def test_law13_a_plain_name_is_the_newest_version(typed: str) -> None:
    assert message_type(typed) is ShowDues
    assert short_name(ShowDues) == "accounts.ShowDues"
    assert next_commands("show-dues") == [ShowDues]
    assert paste_of(ShowDues) == "./hesabi send ShowDues"


@pytest.mark.parametrize("typed", ["accounts.ShowDues.v1", "hesabi.accounts.ShowDues.v1", "ShowDues.v1"])
def test_law13_an_earlier_version_is_named(typed: str) -> None:
    assert message_type(typed) is accounts_v1.ShowDues
    assert short_name(accounts_v1.ShowDues) == "accounts.ShowDues.v1"
    assert paste_of(accounts_v1.ShowDues) == "./hesabi send accounts.ShowDues.v1"


def test_law13_one_watches_a_version_or_all_of_them() -> None:
    first, second = (
        Seen("accounts.commands", Envelope("m", "web", message.type_name, "flow", NOON), NOON, 0.0, b"{}")
        for message in (accounts_v1.ShowDues, ShowDues)
    )
    for name in ("ShowDues", "accounts.ShowDues"):
        assert Wanted(type=name).takes(first)
        assert Wanted(type=name).takes(second)
    for name in ("ShowDues.v1", "accounts.ShowDues.v1", "hesabi.accounts.ShowDues.v1"):
        assert Wanted(type=name).takes(first)
        assert not Wanted(type=name).takes(second)
    strange = replace(first, envelope=replace(first.envelope, type="strange"))
    assert Wanted(type="strange").takes(strange)
    assert not Wanted(type="ShowDues").takes(strange)


def test_an_unknown_name_brings_up_those_like_it() -> None:
    with pytest.raises(Wrong, match="LogIn"):
        message_type("Login")


def test_our_own_services_speak_for_themselves() -> None:
    assert writers_of(message_type("identity.TimerElapsed")) == frozenset()
    assert writers_of(message_type("UserRegistered")) == frozenset()
    assert writers_of(message_type("ApprovedMobileFound")) == {"registry"}
    assert writers_of(LogIn) == {"web", "app", "call-centre"}


@pytest.mark.parametrize(("step", "name"), [("confirm-otp", "ConfirmOtp"), ("activate", "ActivateUser")])
def test_a_next_step_names_its_command(step: str, name: str) -> None:
    assert [message.__name__ for message in next_commands(step)] == [name]
