"""A report's link ends (R8): with the real setting after 15 minutes, here after two seconds."""

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from contracts.reports import ConsumptionReportReady
from contracts.topics import ACCOUNTS_EVENTS, IDENTITY_EVENTS
from deploy.local.journey import Customer, Outcome, a_neighbour
from deploy.local.journey.cast import happened, said
from deploy.local.journey.define_account import define_directly
from deploy.local.journey.homes import Homes
from deploy.local.journey.journal import Journal
from deploy.local.journey.reports import Months, order
from deploy.local.journey.sign_up import SigningUp
from deploy.local.system import System
from tests.eventually import until_instant
from tests.journeys.counting import ignore, named

LINK_LIFE_S = 8


@pytest.fixture
async def short_links(system: System) -> AsyncIterator[System]:
    """Reports with links of eight seconds."""
    await system.service("reports").restart(link_life_s=LINK_LIFE_S)
    yield system
    await system.service("reports").restart(link_life_s=system.lives.report_link_s)


async def test_R8_a_link_works_for_its_owner_until_it_ends(short_links: System, journey: Outcome) -> None:
    system, homes = short_links, Homes.drawn()
    who = await a_customer_of(system, homes)
    ordering = who.with_journal(Journal(who.client, ignore))
    link = await order(ordering, "A report", homes.home, Months.before(system.today))
    door = system.service("reports").url + link
    assert await status_of(door, who.token) == 200
    await until_instant(end_of_link(system, ordering))
    assert await status_of(door, who.token) == 404


async def a_customer_of(system: System, homes: Homes) -> Customer:
    """Somebody with an address whose supply has readings and is theirs."""
    who = await a_neighbour(system)
    await system.furnish(homes.home, homes.large)
    await SigningUp(system, who.person, who.journal).address(who.token)
    await define_directly(who, homes.home, "owner", "Define")
    await happened(system.watch, "the relation", said("RelationConfirmed", account_number=homes.home))
    await system.has_read("reports.accounts", ACCOUNTS_EVENTS)
    await system.has_read("reports.identity", IDENTITY_EVENTS)
    await system.readings_taken()
    return who


def end_of_link(system: System, who: Customer) -> datetime:
    """When the link ends, as the answer said."""
    command_id = who.journal.steps[0].command_ids[0]
    body = system.watch.answers[command_id][0].body
    assert isinstance(body, ConsumptionReportReady)
    return body.expires_at


async def status_of(door: str, token: str) -> int:
    """The HTTP status of a fetch of the CSV."""
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        response = await http.get(door, params={"format": "csv"}, headers={"Authorization": f"Bearer {token}"})
    return response.status_code


def test_R8_fetches_are_recorded_without_the_link(system: System, journey: Outcome) -> None:
    made = {getattr(each.body, "report_id", "") for each in named(system, journey, "ReportMade")}
    fetched = [seen.body for seen in system.watch.seen if seen.name == "ReportFetched"]
    of_the_journey = [body for body in fetched if getattr(body, "report_id", "").partition(".")[0] in made]
    assert len(of_the_journey) == 14
