"""A business: registered by an active individual, who then acts in its name (I1, I3, I17)."""

import json
from dataclasses import asdict
from uuid import uuid4

from contracts.accounts import AccountDefined
from contracts.identity import AddAddress, AddressSaved
from contracts.identity_business import (
    ActFor,
    ActingFor,
    AddAuthorisedPerson,
    AuthorisedPersonInvited,
    BusinessRegistered,
    RegisterBusiness,
)
from contracts.sealed import Sealed
from contracts.topics import IDENTITY_EVENTS
from deploy.local.journey.cast import Customer, happened, said
from deploy.local.journey.define_account import define_directly
from deploy.local.journey.person import Person
from deploy.local.system import System


async def business(system: System, who: Customer, other: Customer, account: str) -> Customer:
    """Registers a business, acts for it, gives its address, defines its account. Returns who acts for it."""
    number = who.person.unified_number
    system.registry.may_act(who.person.in_registry, number, who.person.business_name)
    wrong = _register(who, "1234567890")
    await who.ask("A business with a person's number", "I3", wrong, "identity-number-not-accepted")
    registered = (await who.ask("Register my business", "I1 I3 I17", _register(who, number), BusinessRegistered)).body
    assert isinstance(registered, BusinessRegistered)
    await who.ask("Register it again", "I17", _register(who, number), "business-already-registered")
    act = ActFor(token=who.sealed_token, business_id=registered.business_id, answer_key=who.client.answer_key)
    stranger = ActFor(token=other.sealed_token, business_id=registered.business_id, answer_key=other.client.answer_key)
    await other.with_journal(who.journal).ask("Somebody else wants to act", "I17", stranger, "business-not-found")
    answered = await who.ask("Act for it", "I17", act, ActingFor)
    token = who.client.open(answered, "token")
    who.journal.keep_secret("acting token", token)
    acting = who.acting(token)
    address = AddAddress(token=acting.sealed_token, address=Sealed.of(json.dumps(_stated(acting.person))))
    await acting.ask("The business's national address", "I12 I17", address, AddressSaved)
    for group in ("accounts.identity", "reports.identity"):
        await system.has_read(group, IDENTITY_EVENTS)
    await define_directly(acting, account, "owner", "The business defines an account")
    seen = await happened(system.watch, "the definition", said("AccountDefined", account_number=account))
    assert isinstance(seen.body, AccountDefined)
    for_whom = "for the business" if seen.body.user_id == registered.business_id else "for somebody else"
    by_whom = "by a person" if seen.body.acted_by else "by nobody"
    who.journal.note("The event says on whose behalf", "I17", "for the business, by a person", f"{for_whom}, {by_whom}")
    add = AddAuthorisedPerson(
        token=acting.sealed_token,
        identity_type=other.person.identity_type,
        identity_number=Sealed.of(other.person.identity_number),
    )
    await acting.ask("Another person may act, too", "I17 I15", add, AuthorisedPersonInvited)
    act_too = ActFor(token=other.sealed_token, business_id=registered.business_id, answer_key=other.client.answer_key)
    await happened(system.watch, "the other's right", said("AuthorisedPersonAdded", user_id=registered.business_id))
    await other.with_journal(who.journal).ask("The other person acts for it", "I17", act_too, ActingFor, str(uuid4()))
    return acting


def _register(who: Customer, number: str) -> RegisterBusiness:
    return RegisterBusiness(
        token=who.sealed_token,
        segment="business",
        identity_type="business",
        identity_number=Sealed.of(number),
        name=Sealed.of(who.person.business_name),
    )


def _stated(person: Person) -> dict[str, str]:
    return {name: part for name, part in asdict(person.addresses["work"]).items() if part is not None}
