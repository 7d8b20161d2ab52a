"""What the door records of a fetch, which links it does not know, and what each refusal carries (R6, R8)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.reports import ReportFetched
from contracts.values.language import Language
from services.reports.revision import revision_of
from services.reports.statement_paper import statement_csv
from tests.scenario import NOON
from tests.unit.reports.orders import EXPIRES_AT, REPORT_ID, SECRET
from tests.unit.reports.test_download_door import FAHAD, LINK, MADE, Situation
from tests.unit.reports.test_statement import gathered


@pytest.fixture
def door() -> Iterator[Situation]:
    made = Situation()
    yield made
    made.renderer.close()


def with_second_version(door: Situation) -> None:
    """A second version, whose own life is longer than the link's."""
    revision = revision_of(2, NOON, MADE.report.days, MADE.report.days)
    second = replace(MADE, report=replace(MADE.report, revision=revision), expires_at=EXPIRES_AT + timedelta(days=1))
    door.states[f"report:{REPORT_ID}"] = replace(MADE, latest=2)
    door.states[f"report:{REPORT_ID}.2"] = second


async def test_R8_a_fetch_is_recorded_with_its_language_format_and_channel(door: Situation) -> None:
    door.states[f"report:{REPORT_ID}"] = replace(MADE, terms=replace(MADE.terms, user_id=FAHAD.user_id))
    assert (await door.get(LINK + "?language=en&format=csv", "fahad.app.token")).status_code == 200
    (record,) = door.published
    expected = ReportFetched(report_id=REPORT_ID, language="en", file_format="csv", channel="app")
    assert record == (expected, f"report:{REPORT_ID}")


async def test_R6_R8_a_fetch_of_a_later_version_is_recorded_as_that_version(door: Situation) -> None:
    with_second_version(door)
    await door.get(LINK + "?format=csv")
    ((body, subject),) = door.published
    assert isinstance(body, ReportFetched)
    assert (body.report_id, subject) == (f"{REPORT_ID}.2", f"report:{REPORT_ID}.2")


@pytest.mark.parametrize(
    "link",
    [
        LINK[:-1] + ("0" if LINK[-1] != "0" else "1"),
        LINK + "0",
        f"{LINK}.csv",
        f"/reports/{REPORT_ID}.{SECRET.upper()}",
    ],
)
async def test_R8_a_link_that_differs_in_one_place_opens_nothing(door: Situation, link: str) -> None:
    assert (await door.get(f"{link}?format=csv")).status_code == 404
    assert door.published == []


@pytest.mark.parametrize("place", [0, 20, 63])
async def test_R8_a_secret_counts_only_where_its_whole_hash_is_the_reports(door: Situation, place: int) -> None:
    digit = "0" if MADE.link_hash[place] != "0" else "1"
    other = MADE.link_hash[:place] + digit + MADE.link_hash[place + 1 :]
    door.states[f"report:{REPORT_ID}"] = replace(MADE, link_hash=other)
    assert (await door.get(LINK + "?format=csv")).status_code == 404


async def test_R6_R8_a_version_has_no_link_of_its_own_that_would_outlive_the_reports(door: Situation) -> None:
    with_second_version(door)
    door.present = EXPIRES_AT
    answer = await door.get(f"/reports/{REPORT_ID}.2.{SECRET}?format=csv")
    assert (answer.status_code, door.published) == (404, [])


async def test_R8_no_answer_is_kept_guessed_at_or_named_to_other_sites(door: Situation) -> None:
    broken = Situation()
    broken.knows_the_key = False
    answers = [
        await door.get(LINK + "?format=csv"),
        await door.get(LINK + "?format=exe"),
        await door.get(token=None),
        await door.get(token="fahad.app.token"),
        await broken.get(),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 401, 404, 503]
    names = ("cache-control", "x-content-type-options", "referrer-policy")
    assert {tuple(answer.headers.get(name) for name in names) for answer in answers} == {
        ("no-store", "nosniff", "no-referrer")
    }


async def test_R3_R8_a_statement_is_fetched_by_the_same_door_by_its_owner_only(door: Situation) -> None:
    made = replace(gathered().state, link_hash=MADE.link_hash)
    door.states[f"report:{REPORT_ID}"] = made
    answer = await door.get(LINK + "?language=en&format=csv")
    assert answer.content == statement_csv(made.report, Language.ENGLISH)
    assert answer.headers["content-disposition"] == 'attachment; filename="statement-2026-02-01-2026-02-28-en.csv"'
    assert (await door.get(LINK, token="fahad.app.token")).status_code == 404
