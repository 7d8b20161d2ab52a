from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from structlog import get_logger
from structlog.testing import capture_logs

from contracts.decision import Customer
from contracts.message import Message
from contracts.reports import ReportFetched
from contracts.values.language import Language
from services.chassis.keys import KeyUnknown
from services.reports.csv_report import render_csv
from services.reports.download_door import DownloadDoor
from services.reports.order_states import Made
from services.reports.payment_order import PaymentMade
from services.reports.payment_paper import payment_csv
from services.reports.rendering import AnyReport, FileFormat, Renderer, render
from services.reports.revision import revision_of
from tests.scenario import NOON
from tests.unit.reports.orders import EXPIRES_AT, FEBRUARY, NOURA, REPORT_ID, SECRET, collected, day_block, ordered
from tests.unit.reports.paying import made_payment_report

LINK = f"/reports/{REPORT_ID}.{SECRET}"
FAHAD = Customer("user-fahad", "session-2", "app")
TOKENS = {"noura.web.token": NOURA, "fahad.app.token": FAHAD}
MADE: Made = collected(FEBRUARY, [day_block(day) for day in FEBRUARY]).state


class Situation:
    """A door whose surroundings a test can change."""

    def __init__(self) -> None:
        self.states: dict[str, object] = {f"report:{REPORT_ID}": MADE}
        self.present = NOON
        self.published: list[tuple[Message, str]] = []
        self.broken = False
        self.knows_the_key = True
        self.checked: list[str] = []
        self.rendered: list[tuple[Language, FileFormat]] = []
        self.renderer = Renderer(limit_s=30, render=self._render)

    def _render(self, report: AnyReport, language: Language, file_format: FileFormat) -> bytes:
        self.rendered.append((language, file_format))
        return render(report, language, file_format)

    async def read_state(self, aggregate: str) -> object:
        return self.states.get(aggregate)

    def check_token(self, token: str, now: datetime) -> Customer | None:
        self.checked.append(token)
        if not self.knows_the_key:
            raise KeyUnknown("no signing key is known")
        return TOKENS.get(token) if now < NOON.replace(year=2027) else None

    async def publish(self, message: Message, subject: str) -> None:
        if self.broken:
            raise ConnectionError("no broker: marked-value")
        self.published.append((message, subject))

    async def get(self, url: str = LINK, token: str | None = "noura.web.token", method: str = "GET") -> httpx.Response:
        door = DownloadDoor(
            self.read_state, self.check_token, self.publish, lambda: self.present, self.renderer, get_logger()
        )
        transport = httpx.ASGITransport(Starlette(routes=door.routes()))
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.request(method, url, headers=headers)


@pytest.fixture
def situation() -> Iterator[Situation]:
    made = Situation()
    yield made
    made.renderer.close()


@pytest.mark.parametrize(
    ("wish", "language", "media_type"),
    [
        ("", Language.ARABIC, "application/pdf"),
        ("?language=en&format=pdf", Language.ENGLISH, "application/pdf"),
        ("?language=ar&format=csv", Language.ARABIC, "text/csv; charset=utf-8"),
    ],
)
async def test_R8_the_owner_fetches_the_report_in_either_language_and_format(
    situation: Situation, wish: str, language: Language, media_type: str
) -> None:
    answer = await situation.get(LINK + wish)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.content == render(MADE.report, language, "csv" if media_type.startswith("text/csv") else "pdf")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith(
        f'attachment; filename="consumption-2026-02-01-2026-02-28-{language.value}.'
    )


async def test_R8_each_fetch_is_published_and_the_file_is_made_once(situation: Situation) -> None:
    first, second = await situation.get(), await situation.get()
    fetched = ReportFetched(report_id=REPORT_ID, language="ar", file_format="pdf", channel="web")
    assert situation.published == [(fetched, f"report:{REPORT_ID}")] * 2
    assert first.content == second.content
    assert situation.rendered == [(Language.ARABIC, "pdf")]


def _wrong_owner(_: Situation) -> dict[str, Any]:
    return {"token": "fahad.app.token"}


def _expired(situation: Situation) -> dict[str, Any]:
    situation.present = EXPIRES_AT
    return {}


def _unknown(situation: Situation) -> dict[str, Any]:
    situation.states.clear()
    return {}


def _not_made(situation: Situation) -> dict[str, Any]:
    situation.states[f"report:{REPORT_ID}"] = ordered().state
    return {}


def _wrong_secret(_: Situation) -> dict[str, Any]:
    return {"url": f"/reports/{REPORT_ID}.{SECRET[::-1]}"}


def _no_link(_: Situation) -> dict[str, Any]:
    return {"url": f"/reports/{REPORT_ID}"}


@pytest.mark.parametrize("change", [_wrong_owner, _expired, _unknown, _not_made, _wrong_secret, _no_link])
async def test_R8_whatever_is_not_allowed_looks_the_same(
    situation: Situation, change: Callable[[Situation], dict[str, Any]]
) -> None:
    refused = await situation.get(**change(situation))
    nowhere = await Situation().get(f"/reports/{'0' * 32}.{'0' * 32}")
    assert (refused.status_code, refused.content, refused.headers) == (404, nowhere.content, nowhere.headers)
    assert situation.published == []
    assert situation.rendered == []


async def test_R8_the_link_works_until_the_instant_it_ends(situation: Situation) -> None:
    situation.present = EXPIRES_AT - timedelta(microseconds=1)
    assert (await situation.get()).status_code == 200


@pytest.mark.parametrize("token", [None, "", "nobodys.token", "x" * 3_000, "noura.web.token; more"])
async def test_R8_without_a_session_there_is_no_report(situation: Situation, token: str | None) -> None:
    answer = await situation.get(token=token)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["nobodys.token", "noura.web.token", "fahad.app.token"])
async def test_R8_a_token_is_checked_once_whatever_its_channel(situation: Situation, token: str) -> None:
    await situation.get(token=token)
    assert situation.checked == [token]


@pytest.mark.parametrize("wish", ["?language=fr", "?format=exe", "?language=", "?format=PDF"])
async def test_R8_other_languages_and_formats_are_refused(situation: Situation, wish: str) -> None:
    assert (await situation.get(LINK + wish)).status_code == 400


async def test_R8_the_door_only_gives(situation: Situation) -> None:
    for method in ("POST", "HEAD"):  # a HEAD would render and be recorded as a fetch
        answer = await situation.get(method=method)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert (situation.rendered, situation.published) == ([], [])
    assert situation.states == {f"report:{REPORT_ID}": MADE}


async def test_R8_a_fetch_that_cannot_be_recorded_does_not_happen_and_says_nothing_of_why(situation: Situation) -> None:
    situation.broken = True
    with capture_logs() as lines:
        answer = await situation.get()
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b"", "5")
    assert [(line["event"], line["log_level"]) for line in lines] == [("fetch_delayed", "warning")]


async def test_R8_a_process_that_does_not_know_the_key_yet_asks_to_come_again(situation: Situation) -> None:
    situation.knows_the_key = False
    answer = await situation.get()
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b"", "5")
    assert situation.published == []


async def test_R8_who_comes_while_all_are_served_may_come_again(situation: Situation) -> None:
    slow = Event()
    situation.renderer = Renderer(limit_s=0, render=lambda *_: b"%d" % slow.wait(5))
    answer = await situation.get()
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, b"", "5")
    assert situation.published == []
    slow.set()


async def test_R8_a_file_that_cannot_be_made_is_told_to_operators_and_nobody_is_asked_to_come_again(
    situation: Situation,
) -> None:
    def broken(*_: object) -> bytes:
        raise KeyError("marked-value")

    situation.renderer = Renderer(limit_s=30, render=broken)
    with capture_logs() as lines:
        answer = await situation.get()
    assert (answer.status_code, answer.content, "retry-after" in answer.headers) == (500, b"", False)
    assert [(line["event"], line["log_level"]) for line in lines] == [("fetch_failed", "error")]
    assert isinstance(lines[0]["exc_info"], KeyError)
    assert situation.published == []


# --- versions, other kinds, businesses ------------------------------------------------------------------------------
BUSINESS = Customer("business-1", "session-3", "web", actor=NOURA.user_id)


def _with_second_version(situation: Situation) -> Made:
    revision = revision_of(2, NOON, MADE.report.days, MADE.report.days)
    second = replace(MADE, report=replace(MADE.report, revision=revision), expires_at=EXPIRES_AT + timedelta(days=1))
    situation.states[f"report:{REPORT_ID}"] = replace(MADE, latest=2)
    situation.states[f"report:{REPORT_ID}.2"] = second
    return second


async def test_R6_without_a_version_the_latest_is_served_and_the_older_one_by_its_number(situation: Situation) -> None:
    second = _with_second_version(situation)
    latest, first = await situation.get(LINK + "?format=csv"), await situation.get(LINK + "?format=csv&version=1")
    assert latest.content == render_csv(second.report, Language.ARABIC)
    assert first.content == render_csv(MADE.report, Language.ARABIC) != latest.content
    assert (await situation.get(LINK + "?format=csv&version=2")).content == latest.content
    assert "-v2-ar.csv" in latest.headers["content-disposition"]
    assert [subject for _, subject in situation.published] == [
        f"report:{REPORT_ID}.2",
        f"report:{REPORT_ID}",
        f"report:{REPORT_ID}.2",
    ]


async def test_R6_R8_a_new_version_does_not_revive_a_link_that_has_ended(situation: Situation) -> None:
    _with_second_version(situation)
    situation.present = EXPIRES_AT
    for wish in ("", "?version=1", "?version=2"):
        assert (await situation.get(LINK + wish)).status_code == 404


@pytest.mark.parametrize(
    ("wish", "status"), [("3", 404), ("999", 404), ("0", 400), ("-1", 400), ("1.0", 400), ("", 400)]
)
async def test_R6_a_version_that_is_not_there_is_not_served(situation: Situation, wish: str, status: int) -> None:
    _with_second_version(situation)
    assert (await situation.get(f"{LINK}?version={wish}")).status_code == status
    assert situation.published == []


async def test_R8_a_version_that_is_another_person_s_is_served_to_nobody(situation: Situation) -> None:
    second = _with_second_version(situation)
    others = replace(second, terms=replace(second.terms, user_id="user-fahad"))
    situation.states[f"report:{REPORT_ID}.2"] = others
    assert [(await situation.get(LINK, token)).status_code for token in TOKENS] == [404, 404]


async def test_R2_R8_a_payment_report_is_fetched_by_the_same_door(situation: Situation) -> None:
    report = made_payment_report()
    situation.states[f"report:{REPORT_ID}"] = PaymentMade(
        user_id=NOURA.user_id, report=report, link_hash=MADE.link_hash, expires_at=EXPIRES_AT
    )
    answer = await situation.get(LINK + "?language=en&format=csv")
    assert answer.content == payment_csv(report, Language.ENGLISH)
    assert answer.headers["content-disposition"] == ('attachment; filename="payments-2026-02-01-2026-02-28-en.csv"')
    assert (await situation.get(LINK, token="fahad.app.token")).status_code == 404
    assert (await situation.get(LINK + "?version=2")).status_code == 404


async def test_I17_R8_a_business_report_opens_to_its_token_and_not_to_the_actors_own(
    situation: Situation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TOKENS, "noura.for.business", BUSINESS)
    owned = replace(MADE, terms=replace(MADE.terms, user_id=BUSINESS.user_id))
    situation.states[f"report:{REPORT_ID}"] = owned
    assert (await situation.get()).status_code == 404
    assert (await situation.get(token="noura.for.business")).status_code == 200
    situation.states[f"report:{REPORT_ID}"] = MADE
    assert (await situation.get(token="noura.for.business")).status_code == 404
