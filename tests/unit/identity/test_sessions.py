"""Sessions are told apart, whatever ids a channel gives to its commands (I11)."""

from datetime import datetime

from contracts.decision import Customer
from services.identity.effects import IdentityEffects
from services.identity.person import Member
from services.identity.preparing import Preparing
from tests.scenario import NOON, arriving
from tests.unit.identity.journey import keyed_hash, log_in
from tests.unit.identity.situations import CITIZEN, PASSWORD, POLICY, USER_ID


async def test_I11_two_persons_whose_commands_bear_one_id_have_two_sessions() -> None:
    signed: list[Customer] = []

    def sign(customer: Customer, issued_at: datetime, expires_at: datetime) -> str:
        signed.append(customer)
        return "token"

    effects = IdentityEffects(keyed_hash, sign, lambda _: True)
    hashed = await effects.hash_password(PASSWORD)
    command = arriving(log_in(), id="one", opened={"identity_number": CITIZEN, "password": PASSWORD})
    for user_id in (USER_ID, "another", USER_ID):
        await Preparing(POLICY).sign_in(Member(user_id, hashed), command, effects, NOON)
    first, other, first_again = (customer.session_id for customer in signed)
    assert first != other
    assert first == first_again  # law 4: deciding again gives the same
