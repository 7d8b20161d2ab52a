"""A report's link ends (R8): with the real setting after 15 minutes, here after two seconds."""

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from contracts.reports import ConsumptionReportReady
from deploy.local.journey import Customer, Outcome
from deploy.local.journey.journal import Journal
from deploy.local.journey.reports import Months, order
from deploy.local.system import ACCOUNT, System
from tests.eventually import until_instant
from tests.journeys.counting import ignore, named

LINK_LIFE_S = 2


@pytest.fixture
async def short_links(system: System) -> AsyncIterator[System]:
    """Reports with links of two seconds."""
    await system.service("reports").restart(link_life_s=LINK_LIFE_S)
    yield system
    await system.service("reports").restart(link_life_s=system.lives.report_link_s)


async def test_R8_a_link_works_for_its_owner_until_it_ends(short_links: System, journey: Outcome) -> None:
    system = short_links
    who = Customer(Journal(system.client(), ignore), journey.secrets["session token"], "ar")
    link = await order(who, "A report", ACCOUNT, Months.before(system.today))
    door = system.service("reports").url + link
    assert await status_of(door, who.token) == 200
    await until_instant(end_of_link(system, who))
    assert await status_of(door, who.token) == 404


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
    of_the_journey = [body for body in fetched if getattr(body, "report_id", "") in made]
    assert len(of_the_journey) == 6
