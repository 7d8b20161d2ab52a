"""The people and supplies that exist when the load begins."""

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from contracts.identity import AddressesShown, AddressSaved, ChooseAddress, ShowAddresses
from contracts.sealed import Sealed
from deploy.local.journey.cast import Customer
from deploy.local.journey.define_account import define_directly
from deploy.local.journey.journal import Journal
from deploy.local.journey.person import Person
from deploy.local.journey.sign_up import SigningUp, signed_in
from deploy.local.system import System
from tests.chaos.channel import Channel

AT_ONCE: Final = 8
"""People who sign up side by side."""


@dataclass(slots=True)
class Citizen:
    """Somebody signed up, with a national address and one account. `references`: of every account defined so far."""

    customer: Customer
    signing_up: SigningUp
    references: list[str] = field(default_factory=list)


class Accounts:
    """Account numbers that nobody has used, known to billing from the moment they are drawn."""

    def __init__(self, system: System) -> None:
        self._system, self._numbers = system, itertools.count(1)

    def draw(self) -> str:
        """The next one."""
        account = f"3{next(self._numbers):010d}"
        self._system.know(account)
        return account


async def settled_people(system: System, channel: Channel, accounts: Accounts, count: int) -> list[Citizen]:
    """So many people, from their first word to their first account."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one() -> Citizen:
        async with room:
            return await _settled(system, channel, accounts)

    return list(await asyncio.gather(*(one() for _ in range(count))))


async def _settled(system: System, channel: Channel, accounts: Accounts) -> Citizen:
    person, journal = Person.made_up(), Journal(channel, lambda _: None)
    token = await signed_in(system, person, journal)
    up = SigningUp(system, person, journal)
    ask = ShowAddresses(token=Sealed.of(token), answer_key=channel.answer_key)
    shown = await journal.ask("addresses", "I12", ask, key=up.flow, expected=AddressesShown)
    address = json.loads(channel.open(shown, "addresses"))[0]["address_id"]
    choose = ChooseAddress(token=Sealed.of(token), address_id=address)
    await journal.ask("an address", "I12", choose, key=up.flow, expected=AddressSaved)
    customer = Customer(journal, token, person, up.post)
    reference = await define_directly(customer, accounts.draw(), "tenant", "an account")
    return Citizen(customer, up, [reference])


def a_stranger(system: System, channel: Channel) -> SigningUp:
    """Somebody whom the registry knows and who has not signed up."""
    person = Person.made_up()
    system.registry.add(person.in_registry)
    return SigningUp(system, person, Journal(channel, lambda _: None), str(uuid4()))
