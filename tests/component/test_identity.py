"""Identity on a real Kafka and MongoDB: one individual signs up; every command and every report is sent twice."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey

from contracts import identity as said
from contracts.message import CommandRefused
from contracts.sealed import Sealed
from contracts.values.national_address import StatedAddress
from deploy.local.neighbours.registry import Person
from deploy.local.stack import Stack
from services.chassis.sealing import public_jwk
from tests.component.identity_outside import (
    BIRTH_DATE,
    PASSWORD,
    Outside,
    activate,
    identity_at_work,
    log_in,
    register,
    start,
)
from tests.eventually import eventually

KNOWN, UNKNOWN = "1000000008", "1000000016"
HOME = StatedAddress("8228", "طريق الملك فهد", "العليا", "الرياض", "12313", "2121", short_address="RHHA8228")
CITIZEN = Person("citizen", KNOWN, BIRTH_DATE, "+966501234567", {"home": HOME})


@pytest.fixture
async def outside(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Outside]:
    """Identity at work, with a registry that knows one person."""
    async with identity_at_work(stack, tmp_path, database_name, [CITIZEN]) as channel:
        yield channel


async def test_J2_J3_one_individual_signs_up_activates_signs_in_and_gives_an_address(outside: Outside) -> None:
    await register(outside, str(uuid4()), KNOWN)
    early = await outside.command(log_in(outside, KNOWN, PASSWORD), "s-1")
    assert isinstance(early, CommandRefused)
    ((envelope, link),) = await eventually(lambda: outside.distinct(said.ActivationLinkRequested))
    token = outside.keyring.opener(link, envelope.subject)("activation_token")
    for _ in range(2):
        accepted = await outside.command(said.ActivateUser(activation_token=Sealed.of(token)), "mail")
        assert isinstance(accepted, said.ActivationAccepted)
    logged_in = await outside.command(log_in(outside, KNOWN, PASSWORD), "s-1")
    assert isinstance(logged_in, said.LoggedIn)
    assert logged_in.expires_at > datetime.now(UTC) + timedelta(minutes=10)
    outside.token = outside.opened(logged_in, "token")
    pending = Sealed(jwe="a.b.c.d.e")
    shown = await outside.command(said.ShowAddresses(token=pending, answer_key=outside.answer_key), "s-1")
    assert [each["address_id"] for each in json.loads(outside.opened(shown, "addresses"))] == ["home"]
    saved = await outside.command(said.ChooseAddress(token=pending, address_id="home"), "s-1")
    assert saved == said.AddressSaved(next_step="define-account")
    counts = {
        kind.__name__: len(outside.distinct(kind))
        for kind in (said.UserRegistered, said.UserActivated, said.UserSignedIn, said.NationalAddressSaved)
    }
    assert counts == {"UserRegistered": 1, "UserActivated": 1, "UserSignedIn": 1, "NationalAddressSaved": 1}
    assert len(outside.distinct(said.OtpRequested)) == 2


async def test_I11_L11_a_captured_login_with_an_own_answer_key_is_refused_and_decides_nothing(outside: Outside) -> None:
    await register(outside, str(uuid4()), KNOWN)
    await activate(outside)
    captured = outside.keyring.seal_fields(log_in(outside, KNOWN, PASSWORD), "s-1")
    assert isinstance(await outside.command(captured, "s-1"), said.LoggedIn)
    thief = public_jwk(OKPKey.generate_key("X25519"))
    answer = await outside.command(captured.model_copy(update={"answer_key": thief}), "s-1")
    assert isinstance(answer, CommandRefused)
    assert answer.public_reason == "malformed"
    assert isinstance(await outside.command(captured, "s-1"), said.LoggedIn)
    # In the person's order: were the thief signed in, the event would stand before that of the last login.
    await eventually(lambda: outside.distinct(said.UserSignedIn), lambda seen: len(seen) >= 2)
    assert len(outside.distinct(said.UserSignedIn)) == 2


async def test_I15_unknown_identities_are_answered_alike(outside: Outside) -> None:
    known, unknown = str(uuid4()), str(uuid4())
    answers = [await outside.command(start(number), flow) for number, flow in ((KNOWN, known), (UNKNOWN, unknown))]
    assert answers[0] == answers[1]
    await eventually(lambda: outside.distinct(said.OtpRequested), within=20)
    guess = said.ConfirmOtp(code=Sealed.of("none"))
    assert await outside.command(guess, known) == await outside.command(guess, unknown)
    wrong = [await outside.command(log_in(outside, number, PASSWORD), "s-2") for number in (KNOWN, UNKNOWN)]
    assert wrong[0] == wrong[1]
    assert isinstance(wrong[0], CommandRefused)
    assert wrong[0].public_reason == "sign-in-refused"
