"""Acting for a business (I17): who gets a token, and what it is."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from contracts.decision import Customer, Incoming
from contracts.identity_business import ActFor, ActingFor, ShowBusinesses
from contracts.sealed import Sealed, Secret
from services.identity.acting import (
    NO_SUCH_BUSINESS,
    ActingFacts,
    act_for,
    the_business,
    the_individual,
    the_party,
    the_principal,
)
from services.identity.business import Business
from services.identity.business_facts import PreparingBusinesses
from services.identity.effects import IdentityEffects
from services.identity.ids import business_id
from tests.scenario import NOON, arriving, given
from tests.unit.identity.businesses import BUSINESS_ID, NOURA_ACTING, STRANGER_ID, registered_business
from tests.unit.identity.in_memory import plain
from tests.unit.identity.journey import keyed_hash
from tests.unit.identity.situations import CUSTOMER, KEY, MINUTE, POLICY, SEALED, USER_ID

LATER = NOON + MINUTE
EXPIRES = NOON + POLICY.session_life
FACTS = ActingFacts(NOON, POLICY, key_is_good=True, token=Secret("the-token"), expires_at=EXPIRES)
STRANGER = replace(CUSTOMER, user_id=STRANGER_ID)


def acting(customer: Customer = CUSTOMER, business: str = BUSINESS_ID) -> Incoming[Any]:
    return arriving(ActFor(token=SEALED, business_id=business, answer_key=KEY), customer=customer)


@pytest.mark.parametrize(("address", "step"), [(None, "choose-address"), (Secret("{}"), "define-account")])
def test_I17_an_authorised_person_gets_a_token_for_the_business(address: Secret | None, step: str) -> None:
    state = replace(registered_business, address=address)
    scene = given(state).when(act_for, acting(), FACTS).then(ActingFor).then_state(state)
    (answer,) = scene.messages
    assert isinstance(answer, ActingFor)
    assert (plain(answer.token), answer.token.to) == ("the-token", KEY)
    assert (answer.expires_at, answer.next_step) == (EXPIRES, step)


def test_I15_I17_a_business_of_others_looks_like_one_that_does_not_exist() -> None:
    scene = given(registered_business).when(act_for, acting(STRANGER), FACTS)
    scene.then_refused("business-not-found", "not-an-authorised-person")
    assert scene.decision is not None
    assert not scene.decision.recorded
    assert (NO_SUCH_BUSINESS.public_reason, NO_SUCH_BUSINESS.reason) == ("business-not-found", "business-unknown")
    assert NO_SUCH_BUSINESS.missing_step is None


def test_I17_nobody_acts_for_a_business_in_the_name_of_a_business() -> None:
    scene = given(registered_business).when(act_for, acting(NOURA_ACTING), FACTS)
    scene.then_refused("individual-only", "acting-already", "log-in")


def test_I17_an_answer_that_cannot_be_sealed_is_not_given() -> None:
    scene = given(registered_business).when(act_for, acting(), replace(FACTS, key_is_good=False))
    scene.then_refused("malformed", "answer-key-not-accepted")


class Signed:
    """Keeps what was signed."""

    def __init__(self) -> None:
        self.customers: list[Customer] = []
        self.lives: list[tuple[datetime, datetime]] = []

    def __call__(self, customer: Customer, issued_at: datetime, expires_at: datetime) -> str:
        self.customers.append(customer)
        self.lives.append((issued_at, expires_at))
        return "token"


async def prepared(state: Business, incoming: Incoming[Any], is_key: bool = True) -> tuple[ActingFacts, Signed]:
    signed = Signed()
    effects = IdentityEffects(keyed_hash, signed, lambda _: is_key)
    return await PreparingBusinesses(POLICY).acting(state, incoming, effects, LATER), signed


async def test_I13_I17_the_token_names_business_and_person_on_the_same_channel_in_the_same_session() -> None:
    facts, signed = await prepared(registered_business, acting())
    assert signed.customers == [NOURA_ACTING]
    # As of the command: a password that was changed before this was decided ends it, too, and it is over before that
    # is forgotten, however late this is decided.
    assert signed.lives == [(NOON, NOON + POLICY.session_life)]
    assert facts.expires_at == NOON + POLICY.session_life
    assert (NOURA_ACTING.session_id, NOURA_ACTING.channel) == (CUSTOMER.session_id, CUSTOMER.channel)


@pytest.mark.parametrize(
    ("incoming", "is_key"),
    [(acting(STRANGER), True), (acting(NOURA_ACTING), True), (acting(), False)],
    ids=["stranger", "acting-already", "no-key"],
)
async def test_I17_nothing_is_signed_for_anybody_else(incoming: Incoming[Any], is_key: bool) -> None:
    facts, signed = await prepared(registered_business, incoming, is_key)
    assert (signed.customers, facts.token) == ([], Secret(""))


# --- which aggregate ------------------------------------------------------------------------------------------------
def test_I17_commands_find_the_party_or_the_person_behind_it() -> None:
    shown = ShowBusinesses(token=Sealed.of("-"), answer_key=KEY)
    business, user = f"business:{BUSINESS_ID}", f"user:{USER_ID}"
    acts, alone = arriving(shown, customer=NOURA_ACTING), arriving(shown, customer=CUSTOMER)
    assert [the_party(each, keyed_hash) for each in (acts, alone)] == [business, user]
    assert [the_individual(each, keyed_hash) for each in (acts, alone)] == [user, user]
    assert [the_principal(each, keyed_hash) for each in (acts, alone)] == [business, "business:none"]


@pytest.mark.parametrize("name", [USER_ID, "b-", "b-" + "c" * 31, "none", "x:y"])
def test_I17_what_is_no_businesss_id_names_none(name: str) -> None:
    assert the_business(acting(business=name), keyed_hash) == "business:none"


def test_I18_a_businesss_id_tells_nobody_its_number_and_is_the_same_every_time() -> None:
    first, again = business_id("7001234567", keyed_hash), business_id("7001234567", keyed_hash)
    assert first == again != business_id("7001234568", keyed_hash)
    assert "7001234567" not in first
    assert the_business(acting(business=first), keyed_hash) == f"business:{first}"
