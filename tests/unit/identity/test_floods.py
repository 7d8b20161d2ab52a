"""What somebody sends who knows an identity number or a user's id and nothing else leaves no trace that grows (I14)."""

import pytest
from joserfc.jwk import OKPKey

from contracts.decision import Incoming
from contracts.identity import ActivateUser, LogIn, StartRegistration
from contracts.identity_sessions import StartPasswordReset
from contracts.message import Command
from contracts.sealed import Sealed
from services.chassis.document import Document
from services.chassis.sealing import public_jwk
from services.identity.activation import activate_user
from services.identity.effects import IdentityEffects
from services.identity.ids import person_id
from services.identity.service import identity_service
from tests.fakes.world import World, keyed_hash
from tests.scenario import arriving, given
from tests.unit.identity.journey import log_in, settings, sign, start
from tests.unit.identity.situations import BIRTH_DATE, CITIZEN, SEALED, USER_ID, active, registered

KEY = public_jwk(OKPKey.generate_key("X25519"))


@pytest.fixture
def world() -> World:
    return World(identity_service(settings(), IdentityEffects(keyed_hash, sign, lambda _: True)))


async def flooded(world: World, command: Command, times: int) -> Document:
    """The person's document after the same wish came so often, each time as another command."""
    for n in range(times):
        world.send(command, f"flow-{n}")
    await world.process().run()
    return world.store.documents[person_id("citizen", CITIZEN, keyed_hash)]


async def test_I14_a_flood_of_wrong_passwords_is_not_remembered_past_the_throttle(world: World) -> None:
    attempt: LogIn = log_in("wrong").model_copy(update={"answer_key": KEY})
    document = await flooded(world, attempt, 60)
    assert len(document.commands) == 5
    assert len(world.records("answers")) == 60  # each is answered all the same (J3)


async def test_I16_whoever_logs_in_first_is_answered_before_the_last_of_many_is_hashed(world: World) -> None:
    attempt: LogIn = log_in("wrong").model_copy(update={"answer_key": KEY})
    for n in range(60):
        world.send(attempt.model_copy(update={"identity_number": Sealed.of(f"10000000{n:02}")}), f"flow-{n}")
    assert 0 < await world.process().lanes["credentials"].step() < 40
    assert 0 < len(world.records("answers")) < 40


async def test_I14_a_flood_of_registrations_is_not_remembered_past_the_budget(world: World) -> None:
    attempt: StartRegistration = start()
    document = await flooded(world, attempt, 60)
    assert len(document.commands) == 10
    assert len(world.records("answers")) == 60


async def test_I14_a_flood_of_password_resets_is_not_remembered_past_the_budget(world: World) -> None:
    attempt = StartPasswordReset(
        identity_type="citizen", identity_number=Sealed.of(CITIZEN), birth_date=Sealed.of(BIRTH_DATE), language="ar"
    )
    document = await flooded(world, attempt, 60)
    assert len(document.commands) == 10
    assert len(world.records("answers")) == 60
    assert sum(each.startswith("challenge:") for each in world.store.documents) == 10


@pytest.mark.parametrize("state", [registered, active])
def test_I14_a_wrong_link_that_names_a_user_is_refused_unsaved(state: object) -> None:
    opening: Incoming[ActivateUser] = arriving(
        ActivateUser(activation_token=SEALED), opened={"activation_token": f"{USER_ID}.{'x' * 43}"}
    )
    decision = given(state).when(activate_user, opening).then_refused("link-not-accepted", "link-wrong").decision
    assert decision is not None
    assert not decision.recorded
