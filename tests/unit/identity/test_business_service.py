"""A business by identity's own table (I17), with states read back from what documents hold."""

import json

import pytest

from contracts.decision import Customer, Refusal
from contracts.identity import ContactProven
from contracts.identity_business import (
    ActFor,
    ActingFor,
    AddAuthorisedPerson,
    AuthorisedPersonAdded,
    AuthorisedPersonInvited,
    BusinessActivated,
    BusinessesShown,
    BusinessRegistered,
    RegisterBusiness,
    ShowBusinesses,
)
from contracts.registry import AuthorityAsked, AuthorityConfirmed
from contracts.sealed import Sealed
from services.identity.acting import NO_SUCH_BUSINESS, NOT_ACTING
from services.identity.effects import IdentityEffects
from tests.unit.identity.businesses import NAME, UNIFIED_NUMBER
from tests.unit.identity.in_memory import Identity, plain
from tests.unit.identity.journey import activate, keyed_hash, register, settings, sign, sign_in
from tests.unit.identity.situations import CITIZEN, KEY, RESIDENT, SEALED

REGISTER = RegisterBusiness(
    token=SEALED,
    segment="business",
    identity_type="business",
    identity_number=Sealed.of(UNIFIED_NUMBER),
    name=Sealed.of(NAME),
)


@pytest.fixture(scope="module")
def effects() -> IdentityEffects:
    return IdentityEffects(keyed_hash, sign, lambda _: True)


@pytest.fixture
async def noura(effects: IdentityEffects) -> tuple[Identity, Customer]:
    """Identity with one active individual, who has logged in."""
    identity = Identity(settings(), effects, keyed_hash)
    await register(identity)
    await activate(identity)
    return identity, await sign_in(identity)


async def registered(identity: Identity, customer: Customer) -> str:
    """The business of this person; its id."""
    await identity.command(REGISTER, customer=customer)
    command, asked = identity.last_command, identity.last(AuthorityAsked)
    await identity.deliver(AuthorityConfirmed(asked_by=asked.asked_by), source="registry", correlation_id=command)
    (answer,) = identity.answers[command]
    assert isinstance(answer, BusinessRegistered)
    return answer.business_id


def inviting(number: str, kind: str = "citizen") -> AddAuthorisedPerson:
    return AddAuthorisedPerson(token=SEALED, identity_type=kind, identity_number=Sealed.of(number))


async def test_I17_a_registered_business_is_acted_for_by_its_person(noura: tuple[Identity, Customer]) -> None:
    identity, customer = noura
    business_id = await registered(identity, customer)
    assert identity.last(BusinessActivated).authorised_person == customer.user_id
    assert identity.last(ContactProven).user_id == business_id
    acting = await identity.command(ActFor(token=SEALED, business_id=business_id, answer_key=KEY), customer=customer)
    assert isinstance(acting, ActingFor)
    assert plain(acting.token) == f"token-of-{business_id}-web"
    shown = await identity.command(ShowBusinesses(token=SEALED, answer_key=KEY), customer=customer)
    assert isinstance(shown, BusinessesShown)
    assert json.loads(plain(shown.businesses)) == [{"business_id": business_id, "name": NAME}]
    document = identity.documents[f"business:{business_id}"].state or ""
    assert UNIFIED_NUMBER not in document
    assert NAME not in document


async def test_I17_what_a_business_does_is_refused_to_an_individual(noura: tuple[Identity, Customer]) -> None:
    identity, customer = noura
    assert await identity.command(inviting(RESIDENT, "resident"), customer=customer) == NOT_ACTING
    assert Refusal("step-missing", "not-acting", missing_step="act-for") == NOT_ACTING


async def test_I17_no_business_is_acted_for_that_is_not_registered(noura: tuple[Identity, Customer]) -> None:
    identity, customer = noura
    absent = ActFor(token=SEALED, business_id="b-" + "0" * 32, answer_key=KEY)
    assert await identity.command(absent, customer=customer) == NO_SUCH_BUSINESS


async def test_I15_I17_known_and_unknown_people_are_invited_alike(noura: tuple[Identity, Customer]) -> None:
    identity, customer = noura
    business_id = await registered(identity, customer)
    acting = Customer(business_id, "s-1", "web", actor=customer.user_id)
    answers = [await identity.command(inviting(number), customer=acting) for number in (CITIZEN, "1000000016")]
    answers.append(await identity.command(inviting(RESIDENT, "resident"), customer=acting))
    assert answers == [AuthorisedPersonInvited()] * 3
    assert identity.count(AuthorisedPersonAdded) == 0  # one is there already, and nobody knows the others
