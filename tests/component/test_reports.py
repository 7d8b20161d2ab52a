"""Reports on a real Kafka and MongoDB: real readings in, one answer, the file fetched by its link over HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contracts.message import CommandRefused
from contracts.metering import IntervalReadings
from contracts.reports import ConsumptionReportReady, PaymentReportReady, ReportMade, StatementReady
from contracts.reports_internal import MismatchAlarmed
from contracts.requests import RequestMoved
from contracts.values.riyadh_day import riyadh_day
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.stack import Stack
from services.reports.order_states import Made
from services.reports.period import ONE_DAY
from tests.component.reports_desk import Desk, confirmed, known, open_desk, with_readings
from tests.eventually import eventually


@pytest.fixture
async def desk(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Desk]:
    async with open_desk(stack, tmp_path, database_name) as opened:
        yield opened


def alarms(desk: Desk) -> Callable[[], Awaitable[list[object]]]:
    """Alarms that have been raised (R2)."""

    async def raised() -> list[object]:
        return [each.body for each in desk.watch.seen if isinstance(each.body, MismatchAlarmed)]

    return raised


async def told(desk: Desk, report_id: str, versions: set[int], acted_by: str | None) -> None:
    """These versions of the report, each once, have been told, with who acted (I17, N3)."""

    async def made() -> list[tuple[int, str | None]]:
        records = {each.envelope.id: each.body for each in desk.watch.seen}
        bodies = (body for body in records.values() if isinstance(body, ReportMade))
        return sorted((body.version, body.acted_by) for body in bodies if body.report_id == report_id)

    def are_these(seen: list[tuple[int, str | None]]) -> bool:
        return seen == [(version, acted_by) for version in sorted(versions)]

    await eventually(made, are_these, within=20)


async def test_R1_J3_R8_from_real_readings_to_a_file_that_only_its_owner_fetches(desk: Desk) -> None:
    month = riyadh_day(datetime.now(UTC)).replace(day=1) - ONE_DAY
    early = await desk.client.ask(desk.request(f"{month:%Y-%m}"), key="session-1")
    assert early.outcome == "step-missing (choose-address)"
    await known(desk)
    unproven = await desk.client.ask(desk.request(f"{month:%Y-%m}"), key="session-1")
    assert unproven.outcome == "relation-not-confirmed"  # A10
    await confirmed(desk)
    await with_readings(desk, month)
    made = await desk.client.ask(desk.request(f"{month:%Y-%m}"), key="session-1")
    assert isinstance(made.body, ConsumptionReportReady)
    assert (made.body.days_measured, made.body.days_in_period) == (month.day - 2, month.day)
    await desk.client.send_bytes(made.sent)
    again = await desk.client.answer(made.sent, number=2)
    assert again.seen.envelope.id == made.seen.envelope.id
    assert len({seen.envelope.id for seen in desk.watch.seen if seen.envelope.type == ReportMade.type_name}) == 1

    link = desk.client.open(made, "link")
    for wish, beginning in (("", b"%PDF-"), ("?language=en&format=csv", b"\xef\xbb\xbf")):
        answer = await desk.fetch(link, desk.token(), wish)
        assert (answer.status_code, answer.content[: len(beginning)]) == (200, beginning)
        assert answer.content == (await desk.fetch(link, desk.token(), wish)).content
    assert (await desk.fetch(link, desk.token("user-other"))).status_code == 404
    assert (await desk.fetch(link, "nobodys.token")).status_code == 401

    report_id = made.body.report_id

    async def fetched() -> int:
        count: int = (await desk.engine.read_state(f"report:{report_id}")).fetched
        return count

    def is_each_one(seen: int) -> bool:
        return seen == 4

    await eventually(fetched, is_each_one, within=20)


async def test_J3_a_month_without_readings_is_refused_and_a_foreign_account_does_not_exist(desk: Desk) -> None:
    await known(desk)
    await confirmed(desk)
    month = f"{riyadh_day(datetime.now(UTC)).replace(day=1) - ONE_DAY:%Y-%m}"
    without = await desk.client.ask(desk.request(month), key="session-1")
    assert without.outcome == "not-enough-readings"
    foreign = desk.request(month).model_copy(update={"account_number": "39999999999"})
    refused = await desk.client.ask(foreign, key="session-1")
    assert isinstance(refused.body, CommandRefused)
    assert refused.outcome == "not-found"


async def test_A18_R6_days_before_the_relation_are_cut_and_a_correction_makes_the_next_version(desk: Desk) -> None:
    month = riyadh_day(datetime.now(UTC)).replace(day=1) - ONE_DAY
    await known(desk)
    await confirmed(desk, from_day=month.replace(day=11))
    await with_readings(desk, month)
    made = await desk.client.ask(desk.request(f"{month:%Y-%m}"), key="session-1")
    assert isinstance(made.body, ConsumptionReportReady)
    assert made.body.days_in_period == month.day - 10
    report_id, link = made.body.report_id, desk.client.open(made, "link")
    first = await desk.fetch(link, desk.token(), "?format=csv")
    corrected = IntervalReadings(
        account_number=desk.account,
        day=month.replace(day=12),
        version=9,
        interval_seconds=3600,
        energy_wh=(1_000,) * 24,
        quality="corrected",
        source_note="bench 7",
    )
    await desk.tell(corrected, "metering")

    async def latest() -> int:
        state = await desk.state(f"report:{report_id}")
        assert isinstance(state, Made)
        return state.latest

    def is_second(seen: int) -> bool:
        return seen == 2

    await eventually(latest, is_second, within=30)
    second = await desk.fetch(link, desk.token(), "?language=en&format=csv")
    assert "24.000" in second.text
    assert "Before, kWh" in second.text
    assert (await desk.fetch(link, desk.token(), "?format=csv&version=1")).content == first.content

    await told(desk, report_id, versions={1, 2}, acted_by=None)


async def test_R2_R3_I17_payments_reconcile_or_fail_loudly_and_requests_are_stated(desk: Desk) -> None:
    last_month = riyadh_day(datetime.now(UTC)).replace(day=1) - ONE_DAY
    month = f"{last_month:%Y-%m}"
    await known(desk)
    moved = RequestMoved(
        user_id=desk.user_id,
        account_number=desk.account,
        kind="outage",
        reference="7K3M-0QXZ-91TC-AA",
        definition_reference="7K3M-0QXZ-91TC-00",
        state="received",
        final=False,
        at=datetime.now(UTC) - timedelta(days=last_month.day + 5),
    )
    await desk.tell(moved, "accounts")
    async with BillingSimulator(desk.stack.kafka_bootstrap, [desk.account]) as billing:
        billing.let(desk.account, desk.user_id, last_month - 400 * ONE_DAY)
        paid = await desk.client.ask(desk.payments(month), key="session-1")
        assert isinstance(paid.body, PaymentReportReady)
        link = desk.client.open(paid, "link")
        file = await desk.fetch(link, desk.token(), "?language=en")
        assert (file.status_code, file.content[:5]) == (200, b"%PDF-")
        assert (await desk.fetch(link, desk.token("user-other"), "?format=csv")).status_code == 404
        assert (await desk.fetch(link, desk.token("user-other", actor=desk.user_id))).status_code == 404
        billing.misstate(desk.account)
        wrong = await desk.client.ask(desk.payments(month), key="session-1")
        assert isinstance(wrong.body, CommandRefused)
        assert wrong.outcome == "report-does-not-reconcile"
        await eventually(alarms(desk), bool, within=20)
    stated = await desk.client.ask(desk.statement(month), key="session-1")
    assert isinstance(stated.body, StatementReady)
    rows = await desk.fetch(desk.client.open(stated, "link"), desk.token(actor="user-sara"), "?language=en&format=csv")
    assert "7K3M-0QXZ-91TC-AA" in rows.text
    await told(desk, stated.body.report_id, versions={1}, acted_by="user-sara")
