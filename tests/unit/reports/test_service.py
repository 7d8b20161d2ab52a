"""The service's table, played in memory: every message goes where it is for, twice, through written and read states."""

import json
from collections import deque
from datetime import date, timedelta
from typing import Any

from contracts.accounts import AccountDefined
from contracts.billing import StatementAsked
from contracts.decision import Facts, Incoming, Outgoing
from contracts.identity import NationalAddressSaved
from contracts.message import MAX_MESSAGE_BYTES, Answer, Command, Message
from contracts.operations import TIMER_ELAPSED
from contracts.reports import (
    ConsumptionReportReady,
    PaymentReportReady,
    ReportFetched,
    ReportMade,
    RequestConsumptionReport,
    StatementReady,
)
from contracts.reports_internal import ReadingsWanted
from contracts.transfers import RelationConfirmed
from services.chassis.document import Document
from services.chassis.encoding import Encoder
from services.chassis.service import Service
from services.reports.effects import secret_hash
from services.reports.order_states import Made
from services.reports.period import month_period
from services.reports.settings import ReportsSettings
from tests.scenario import NOON, arriving
from tests.unit.reports.orders import (
    ACCOUNT,
    ASKER,
    EFFECTS,
    NOURA,
    asking,
    codec_of,
    day_block,
    keyed_hash,
    request,
    service,
    settings,
)
from tests.unit.reports.paying import found
from tests.unit.reports.test_relation_gate import PAYMENTS, STATEMENT
from tests.unit.reports.test_statement import OUTAGE, moved

KNOWING = (
    NationalAddressSaved(user_id=NOURA.user_id, region=1),
    AccountDefined(
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        relation="owner",
        is_actual_beneficiary=True,
        reference="7K3M-0QXZ-91TC",
        defined_at=NOON,
    ),
    RelationConfirmed(
        user_id=NOURA.user_id,
        account_number=ACCOUNT,
        relation="owner",
        basis="billing",
        from_day=date(2020, 1, 1),
    ),
)


class Played:
    """The service as the loop runs it, without the loop: what it says of its own goes in again, `times` times."""

    def __init__(self, times: int, silent: tuple[type[Message], ...] = ()) -> None:
        self.service: Service = service()
        self.encoder = Encoder("reports", lambda message, _: message)
        self.times, self.silent, self.present = times, silent, NOON
        self.documents: dict[str, Document] = {}
        self.said: list[Outgoing] = []

    async def hear(self, *messages: Incoming[Any]) -> None:
        waiting = deque(messages)
        while waiting:
            incoming = waiting.popleft()
            # A command sent again is answered by the loop, from the document.
            for _ in range(1 if isinstance(incoming.body, Command) else self.times):
                for out in await self._decided(incoming):
                    self.said.append(out)
                    if any(r.message is type(out.body) for r in self.service.routes) and not isinstance(
                        out.body, self.silent
                    ):
                        waiting.append(arriving(out.body, source="reports", correlation_id=out.correlation_id))

    async def _decided(self, incoming: Incoming[Any]) -> list[Outgoing]:
        route = next(r for r in self.service.routes if r.message is type(incoming.body))
        name = route.aggregate_of(incoming, keyed_hash)
        document = self.documents.get(name, Document(name))
        state = codec_of(name.partition(":")[0]).read(document)
        if state is None and not route.creates:
            return self.encoder.refusal(route.absent, incoming)
        facts = await route.prepare(state, incoming, EFFECTS, self.present) if route.prepare else Facts(self.present)
        return self._kept(document, route.decide(state, incoming, facts), incoming)

    def _kept(self, document: Document, decision: Any, incoming: Incoming[Any]) -> list[Outgoing]:
        if decision.recorded and decision.state is not None:
            codec_of(document.id.partition(":")[0]).write(document, decision.state)
            self.documents[document.id] = document
        out = self.encoder.outgoing(decision.messages, incoming)
        out += self.encoder.refusal(decision.refusal, incoming) if decision.refusal is not None else []
        assert all(len(o.body.model_dump_json(exclude={"link"}).encode()) < MAX_MESSAGE_BYTES for o in out)
        return out

    async def elapse(self, seconds: float) -> None:
        self.present += timedelta(seconds=seconds)
        kinds = {kind.name: kind for kind in self.service.kinds}
        for name, document in list(self.documents.items()):
            kind = kinds[name.partition(":")[0]]
            if document.due_at is not None and document.due_at <= self.present and kind.on_timer is not None:
                incoming = arriving(TIMER_ELAPSED["reports"](aggregate=name), now=self.present)
                decision = kind.on_timer(codec_of(kind.name).read(document), incoming, Facts(self.present))
                out = self._kept(document, decision, incoming)
                self.said += out
                await self.hear(*(arriving(o.body, correlation_id=o.correlation_id) for o in out))

    @property
    def answers(self) -> list[Outgoing]:
        return [out for out in self.said if isinstance(out.body, Answer)]

    def state(self, name: str) -> Any:
        return codec_of(name.partition(":")[0]).read(self.documents[name])


async def _journey(times: int) -> Played:
    played = Played(times)
    days = [day for month in (1, 2) for day in month_period(2026, month)]
    blocks = [day_block(day) for day in days if day not in {date(2026, 2, 9), date(2026, 2, 22)}]
    blocks.append(day_block(date(2026, 2, 3), [2_000] * 24, version=2, quality="corrected"))
    await played.hear(*(arriving(body) for body in (*blocks, *KNOWING)))
    await played.hear(asking(request()))
    return played


async def test_J1_J3_R1_from_readings_to_one_answer_with_a_link_and_every_message_twice_changes_nothing() -> None:
    once, twice = await _journey(1), await _journey(2)
    for played in (once, twice):
        (answer,) = played.answers
        assert isinstance(answer.body, ConsumptionReportReady)
        assert answer.correlation_id == "command-1"
        assert (answer.body.days_measured, answer.body.days_in_period) == (26, 28)
        assert answer.body.link.to == ASKER
        assert len([out for out in played.said if isinstance(out.body, ReportMade)]) == 1
    assert once.documents.keys() == twice.documents.keys()
    assert [once.state(name) for name in once.documents] == [twice.state(name) for name in once.documents]


async def test_R8_the_link_that_is_answered_opens_the_report_that_was_made() -> None:
    played = await _journey(1)
    (answer,) = played.answers
    assert isinstance(answer.body, ConsumptionReportReady)
    assert answer.body.link.plain is not None
    report_id, _, secret = answer.body.link.plain.reveal().removeprefix("/reports/").partition(".")
    made = played.state(f"report:{report_id}")
    assert isinstance(made, Made)
    assert (report_id, secret_hash(secret)) == (answer.body.report_id, made.link_hash)
    assert made.expires_at == answer.body.expires_at == NOON + settings().link_life
    fetched = ReportFetched(report_id=report_id, language="en", file_format="csv", channel="web")
    await played.hear(arriving(fetched))
    assert played.state(f"report:{report_id}").fetched == 1
    in_clear = [out.body.model_dump_json(exclude={"link"}) for out in played.said]
    assert not [text for text in [*in_clear, *(d.state or "" for d in played.documents.values())] if secret in text]


async def test_J3_a_report_whose_meter_is_silent_is_refused_once_when_the_wait_is_over() -> None:
    played = Played(2, silent=(ReadingsWanted,))
    await played.hear(*(arriving(body) for body in KNOWING))
    await played.hear(asking(request()))
    await played.elapse(59)
    assert played.answers == []
    await played.elapse(1)
    await played.elapse(60)
    (answer,) = played.answers
    refusal = json.loads(answer.body.model_dump_json())
    assert (answer.correlation_id, refusal["public_reason"]) == ("command-1", "not-available-now")
    assert refusal["command_type"] == "hesabi.reports.RequestConsumptionReport.v1"


async def test_R5_J3_months_without_a_document_answer_too_and_none_comes_into_being_by_asking() -> None:
    played = Played(2)
    await played.hear(*(arriving(body) for body in KNOWING))
    await played.hear(asking(request("2024-03", "2026-02")))
    (answer,) = played.answers
    assert json.loads(answer.body.model_dump_json())["public_reason"] == "not-enough-readings"
    assert not [name for name in played.documents if name.startswith("meter:")]


async def test_J2_a_report_for_a_person_nothing_is_known_of_leaves_nothing_behind() -> None:
    played = Played(1)
    await played.hear(asking(request()))
    (answer,) = played.answers
    assert json.loads(answer.body.model_dump_json())["missing_step"] == "choose-address"
    assert played.documents == {}


def test_R8_a_message_goes_to_the_aggregate_that_it_is_about() -> None:
    table = service()

    def aggregate(incoming: Incoming[Any]) -> str:
        return next(r for r in table.routes if r.message is type(incoming.body)).aggregate_of(incoming, keyed_hash)

    wanted = ReadingsWanted(report_id="a" * 32, account_number=ACCOUNT, month="2025-12")
    assert aggregate(asking(request(account="39999999999"))) == f"customer:{NOURA.user_id}"
    assert (
        aggregate(arriving(day_block(date(2025, 12, 31)))) == aggregate(arriving(wanted)) == f"meter:{ACCOUNT}:2025-12"
    )


def test_R8_a_links_life_is_a_quarter_of_an_hour_unless_an_operator_says_otherwise() -> None:
    assert settings().link_life == timedelta(minutes=15)
    shorter = ReportsSettings.model_validate({**settings().model_dump(), "link_life_s": 2.0})
    assert shorter.link_life == timedelta(seconds=2)


def test_J2_who_has_no_address_yet_is_told_that_step() -> None:
    (route,) = (r for r in service().routes if r.message is RequestConsumptionReport)
    assert (route.absent.public_reason, route.absent.reason, route.absent.missing_step) == (
        "step-missing",
        "customer-unknown",
        "choose-address",
    )


async def test_R6_a_correction_after_the_report_makes_a_second_version_by_itself_and_again_changes_nothing() -> None:
    once, twice = await _journey(1), await _journey(2)
    for played in (once, twice):
        (answer,) = played.answers
        assert isinstance(answer.body, ConsumptionReportReady)
        report_id = answer.body.report_id
        for number in (4, 5, 9):
            await played.hear(arriving(day_block(date(2026, 2, number), [3_000] * 24, version=3)))
        await played.elapse(4.9)
        assert f"report:{report_id}.2" not in played.documents
        await played.elapse(0.2)
        second = played.state(f"report:{report_id}.2")
        assert isinstance(second, Made)
        assert second.report.revision is not None
        assert [change.day.day for change in second.report.revision.changes] == [4, 5, 9]
        assert played.state(f"report:{report_id}").latest == 2
        await played.hear(arriving(day_block(date(2026, 2, 4), [4_000] * 24, version=4)))
        await played.elapse(6)
        assert played.state(f"report:{report_id}").latest == 3
        made = [out.body.version for out in played.said if isinstance(out.body, ReportMade)]
        assert made == [1, 2, 3]
        assert len(played.answers) == 1
    assert once.documents.keys() == twice.documents.keys()


async def test_R2_R3_J3_payment_report_and_statement_are_answered_once() -> None:
    for times in (1, 2):
        played = Played(times)
        move = moved(OUTAGE, "received", NOON - timedelta(days=9))
        await played.hear(*(arriving(body) for body in KNOWING), arriving(move))
        await played.hear(asking(PAYMENTS, id="command-1"), asking(STATEMENT, id="command-2"))
        (question,) = {out.body for out in played.said if isinstance(out.body, StatementAsked)}
        balanced = found((), 7, 7, asked_by=question.asked_by)
        await played.hear(arriving(balanced, source="billing"))
        answers = {type(answer.body): answer.correlation_id for answer in played.answers}
        assert answers == {StatementReady: "command-2", PaymentReportReady: "command-1"}
        assert len(played.answers) == 2
        kinds = sorted(out.body.kind for out in played.said if isinstance(out.body, ReportMade))
        assert kinds == ["payment", "statement"]


async def test_R2_a_statement_that_does_not_add_up_is_refused_to_the_customer() -> None:
    played = Played(2)
    await played.hear(*(arriving(body) for body in KNOWING))
    await played.hear(asking(PAYMENTS))
    (question,) = {out.body for out in played.said if isinstance(out.body, StatementAsked)}
    await played.hear(arriving(found((), 7, 8, asked_by=question.asked_by), source="billing"))
    (answer,) = played.answers
    assert json.loads(answer.body.model_dump_json())["public_reason"] == "report-does-not-reconcile"
    assert not [out for out in played.said if isinstance(out.body, ReportMade)]
