"""A business on a real Kafka and MongoDB (I17): registered, acted for, its persons changed; all commands come twice."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from contracts import identity as said
from contracts import identity_business as business
from contracts.identity_sessions import SessionsEnded
from contracts.message import CommandRefused, CustomerCommand, Message
from contracts.sealed import Sealed
from contracts.values.national_address import StatedAddress
from deploy.local.neighbours.registry import Person
from deploy.local.stack import Stack
from tests.component.identity_outside import (
    BIRTH_DATE,
    Outside,
    activate,
    identity_at_work,
    register,
    sign_in,
)
from tests.eventually import eventually

NOURA = Person("citizen", "1000000008", BIRTH_DATE, "+966501234567")
REEM = Person("citizen", "1000000016", BIRTH_DATE, "+966507654321")
NOBODY = "1000000024"
COMPANY, NAME = "7001234567", "شركة النور للتجارة"
OFFICE = StatedAddress("8228", "طريق الملك فهد", "العليا", "الرياض", "12313", "2121", short_address="RHHA8228")
PENDING = Sealed(jwe="a.b.c.d.e")


@pytest.fixture
async def outside(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Outside]:
    """Identity at work, with a registry that knows two persons; one of them may act for a business."""
    async with identity_at_work(stack, tmp_path, database_name, [NOURA, REEM]) as channel:
        channel.registry.may_act(NOURA, COMPANY, NAME, {"office": OFFICE})
        yield channel


async def told(outside: Outside, body: CustomerCommand, token: str) -> Message:
    """One command under this token."""
    outside.token = token
    return await outside.command(body, "s-1")


async def refused(outside: Outside, body: CustomerCommand, token: str) -> str:
    """The public reason of one that is refused."""
    answer = await told(outside, body, token)
    assert isinstance(answer, CommandRefused), answer
    return answer.public_reason


def registering(number: str = COMPANY) -> business.RegisterBusiness:
    return business.RegisterBusiness(
        token=PENDING,
        segment="business",
        identity_type="business",
        identity_number=Sealed.of(number),
        name=Sealed.of(NAME),
    )


def adding(number: str) -> business.AddAuthorisedPerson:
    return business.AddAuthorisedPerson(token=PENDING, identity_type="citizen", identity_number=Sealed.of(number))


async def acting(outside: Outside, business_id: str, token: str) -> str:
    """The token for acting."""
    act_for = business.ActFor(token=PENDING, business_id=business_id, answer_key=outside.answer_key)
    answer = await told(outside, act_for, token)
    assert isinstance(answer, business.ActingFor), answer
    return outside.opened(answer, "token")


async def persons_of(outside: Outside, token: str) -> list[str]:
    show = business.ShowAuthorisedPersons(token=PENDING, answer_key=outside.answer_key)
    answer = await told(outside, show, token)
    return [each["person_id"] for each in json.loads(outside.opened(answer, "persons"))]


async def one_business(outside: Outside, token: str) -> str:
    """Registered by this person; its id."""
    answer = await told(outside, registering(), token)
    assert isinstance(answer, business.BusinessRegistered), answer
    assert answer.next_step == "act-for"
    return answer.business_id


async def member(outside: Outside, person: Person, links: int) -> str:
    """This person signs up and in; their token."""
    await register(outside, str(uuid4()), person.identity_number)
    await activate(outside, links)
    return await sign_in(outside, person.identity_number)


async def test_I17_a_business_is_registered_acted_for_and_given_an_address(outside: Outside) -> None:
    noura = await member(outside, NOURA, links=1)
    assert await refused(outside, registering("7009999999"), noura) == "authority-not-confirmed"
    business_id = await one_business(outside, noura)
    assert await refused(outside, registering(), noura) == "business-already-registered"
    shown = await told(outside, business.ShowBusinesses(token=PENDING, answer_key=outside.answer_key), noura)
    assert json.loads(outside.opened(shown, "businesses")) == [{"business_id": business_id, "name": NAME}]
    ((_, activated),) = outside.distinct(business.BusinessActivated)
    user_id = activated.authorised_person
    assert activated.user_id == business_id
    assert {contact.user_id for _, contact in outside.distinct(said.ContactProven)} == {user_id, business_id}

    token = await acting(outside, business_id, noura)
    assert await refused(outside, registering(), token) == "individual-only"
    addresses = await told(outside, said.ShowAddresses(token=PENDING, answer_key=outside.answer_key), token)
    assert [each["address_id"] for each in json.loads(outside.opened(addresses, "addresses"))] == ["office"]
    chosen = await told(outside, said.ChooseAddress(token=PENDING, address_id="office"), token)
    assert chosen == said.AddressSaved(next_step="define-account")
    ((_, saved),) = await eventually(lambda: outside.distinct(said.NationalAddressSaved))
    assert saved == said.NationalAddressSaved(user_id=business_id, acted_by=user_id, region=1)
    assert COMPANY not in business_id


async def test_I13_I15_I17_persons_are_added_and_removed_and_the_removed_one_acts_no_more(outside: Outside) -> None:
    noura, reem = await member(outside, NOURA, links=1), await member(outside, REEM, links=2)
    business_id = await one_business(outside, noura)
    token = await acting(outside, business_id, noura)
    absent = business.ActFor(token=PENDING, business_id="b-" + "0" * 32, answer_key=outside.answer_key)
    theirs = absent.model_copy(update={"business_id": business_id})
    assert await told(outside, theirs, reem) == await told(outside, absent, reem)

    known, unknown = (
        await told(outside, adding(REEM.identity_number), token),
        await told(outside, adding(NOBODY), token),
    )
    assert known == unknown == business.AuthorisedPersonInvited()
    ((_, added),) = await eventually(lambda: outside.distinct(business.AuthorisedPersonAdded))
    noura_id, reem_id = await persons_of(outside, token)
    assert (added.user_id, added.person_id, added.acted_by) == (business_id, reem_id, noura_id)

    reems_token = await acting(outside, business_id, reem)
    assert await persons_of(outside, reems_token) == [noura_id, reem_id]
    remove = business.RemoveAuthorisedPerson(token=PENDING, person_id=reem_id)
    assert await told(outside, remove, token) == business.AuthorisedPersonGone()
    ((_, ended),) = await eventually(lambda: outside.distinct(SessionsEnded))
    assert (ended.user_id, ended.actor, ended.session_id) == (business_id, reem_id, None)
    show = business.ShowAuthorisedPersons(token=PENDING, answer_key=outside.answer_key)
    assert await refused(outside, show, reems_token) == "sign-in-needed"
    assert await refused(outside, theirs, reem) == "business-not-found"
    last = business.RemoveAuthorisedPerson(token=PENDING, person_id=noura_id)
    assert await refused(outside, last, token) == "last-authorised-person"


async def test_I17_a_person_is_replaced_and_the_business_is_reached_by_the_new_one(outside: Outside) -> None:
    noura = await member(outside, NOURA, links=1)
    await member(outside, REEM, links=2)
    business_id = await one_business(outside, noura)
    token = await acting(outside, business_id, noura)
    (noura_id,) = await persons_of(outside, token)
    replace = business.ReplaceAuthorisedPerson(
        token=PENDING,
        person_id=noura_id,
        identity_type="citizen",
        identity_number=Sealed.of(REEM.identity_number),
    )
    assert await told(outside, replace, token) == business.AuthorisedPersonInvited()
    ((_, removed),) = await eventually(lambda: outside.distinct(business.AuthorisedPersonRemoved))
    assert (removed.user_id, removed.person_id, removed.acted_by) == (business_id, noura_id, noura_id)
    contacts = await eventually(
        lambda: [e for e, m in outside.distinct(said.ContactProven) if m.user_id == business_id],
        lambda seen: len(seen) == 2,
    )
    assert len(contacts) == 2
    assert await refused(outside, adding(NOBODY), token) == "sign-in-needed"
