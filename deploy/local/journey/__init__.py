"""One individual's way through Hesabi, and that of a business for which they act, every outcome checked: the demo shows
it, the tests run it headless."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import uuid4

from contracts.accounts import RequestTransfer, StartDefinition
from contracts.sealed import Sealed
from contracts.topics import IDENTITY_EVENTS
from deploy.local.client import Client
from deploy.local.journey.beneficiary import beneficiary
from deploy.local.journey.broadcast import broadcast
from deploy.local.journey.business import business
from deploy.local.journey.cast import Customer
from deploy.local.journey.define_account import define_account, define_directly, inquiries
from deploy.local.journey.homes import Homes
from deploy.local.journey.journal import Journal, NotAsExpected, Step
from deploy.local.journey.papers import papers
from deploy.local.journey.person import Person
from deploy.local.journey.post import Post
from deploy.local.journey.reports import File, Months, consumption_reports, order
from deploy.local.journey.requests import requests
from deploy.local.journey.sessions import sessions
from deploy.local.journey.sign_up import SigningUp, signed_in
from deploy.local.journey.transfer import transfer
from deploy.local.system import System

__all__ = ["Customer", "NotAsExpected", "Outcome", "Person", "Step", "a_neighbour", "individual_journey"]


@dataclass(slots=True)
class Outcome:
    """The table of outcomes, and what was made. `secrets` are the codes, tokens and links that were used, by name."""

    person: Person
    steps: list[Step]
    homes: Homes = field(default_factory=Homes.drawn)
    reference: str = ""
    transfer_reference: str = ""
    files: list[File] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_expected(self) -> bool:
        """Whether every step had its expected outcome."""
        return bool(self.steps) and all(step.is_expected for step in self.steps)

    @property
    def command_ids(self) -> list[str]:
        """The ids of all commands of this person's journey."""
        return [command_id for step in self.steps for command_id in step.command_ids]


async def individual_journey(
    system: System,
    person: Person,
    show: Callable[[Step], None],
    client: Client | None = None,
    neighbour: Customer | None = None,
) -> Outcome:
    """Takes one person from the first word to the last report. `show` is told of each step when it is over.

    The neighbour is somebody else who has logged in, needed for what nobody else may see; where none is given, one
    signs up meanwhile.

    Raises:
        NotAsExpected: a step had another outcome; `show` was told.
        deploy.local.client.NoAnswer, deploy.local.journey.post.NothingCame: something did not come in time.
    """
    journal = Journal(client or system.client(), show)
    outcome = Outcome(person, journal.steps, secrets=journal.secrets)
    system.registry.add(person.in_registry)
    await system.furnish(outcome.homes.home, outcome.homes.large)
    system.know(outcome.homes.flat, outcome.homes.claimed, outcome.homes.shop)
    other = asyncio.create_task(_given(neighbour) if neighbour else a_neighbour(system))
    try:
        await _walk(system, outcome, journal, other)
    finally:
        other.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await other
    return outcome


async def a_neighbour(system: System) -> Customer:
    """Somebody who has just signed up and logged in, by the app and in English."""
    journal, person = Journal(system.client("app"), lambda _: None), Person.made_up("en")
    token = await signed_in(system, person, journal)
    return Customer(journal, token, person, Post(system.gateway, system.mail, person.email))


async def _given(neighbour: Customer) -> Customer:
    return neighbour


async def _walk(system: System, outcome: Outcome, journal: Journal, other: asyncio.Task[Customer]) -> None:
    who = await _become_a_user(system, outcome, journal)
    await _national_address(system, outcome, who)
    journal.part = "Define an account"
    outcome.reference = await define_account(who, outcome.homes.home)
    journal.part = "Define a second account"
    large = await define_directly(who, outcome.homes.large, "owner", "Define now: I am the owner")
    await inquiries(who, await other, outcome.reference)
    journal.part = "Consumption reports"
    outcome.files = await consumption_reports(system, who, await other, outcome.homes)
    journal.part = "Who benefits"
    await beneficiary(system, who, await other, outcome.homes.claimed)
    journal.part = "Move an account"
    outcome.transfer_reference = await transfer(system, who, await other, outcome.homes.flat)
    journal.part = "Instalments and requests"
    await requests(system, who, large, outcome.homes.large)
    journal.part = "Payments and statement"
    outcome.files += await papers(system, who, await other, outcome.homes.home)
    journal.part = "A business"
    await business(system, who, await other, outcome.homes.shop)
    journal.part = "A word from the company"
    await broadcast(system, who, outcome.homes.home)
    journal.part = "Forgotten password, log out"
    await sessions(system, who)


async def _become_a_user(system: System, outcome: Outcome, journal: Journal) -> Customer:
    up = SigningUp(system, outcome.person, journal)
    journal.part = "Sign up"
    await _too_early(journal)
    await up.first_code()
    await up.second_code(await up.contact_and_terms())
    journal.part = "Activate and log in"
    await up.activation()
    return Customer(journal, await up.sign_in(), outcome.person, up.post)


async def _national_address(system: System, outcome: Outcome, who: Customer) -> None:
    who.journal.part = "National address"
    months, home = Months.before(system.today), outcome.homes.home
    await order(who, "A report before an address is given", home, months, "step-missing (choose-address)")
    early = RequestTransfer(token=who.sealed_token, reference="AAAA-AAAA-AAAA-AAAA")
    await who.ask("A transfer before an address is given", "A11 J2", early, "step-missing (choose-address)")
    await SigningUp(system, outcome.person, who.journal).address(who.token)
    await system.has_read("reports.identity", IDENTITY_EVENTS)
    await system.has_read("accounts.identity", IDENTITY_EVENTS)
    await order(who, "A report before an account is defined", home, months, "step-missing (define-account)")


async def _too_early(journal: Journal) -> None:
    """J2: without a session there is no service."""
    early = StartDefinition(token=Sealed.of("no-session-yet"), relation="owner")
    await journal.ask("Define an account before logging in", "J2 A11", early, key=str(uuid4()),
                      expected="sign-in-needed (log-in)")  # fmt: skip
