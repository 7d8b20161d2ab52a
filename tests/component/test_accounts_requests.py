"""Requests on a real Kafka and MongoDB, with a back office at work: every command is sent twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer

from contracts import accounts, requests
from contracts.back_office import CaseProgressed
from contracts.decision import Customer
from contracts.envelope import Envelope, from_headers, to_headers
from contracts.identity import NationalAddressSaved
from contracts.message import CommandRefused
from contracts.requests import (
    InstalmentPlanAgreed,
    InstalmentsAgreed,
    InstalmentsQuoted,
    RequestAccepted,
    RequestKindsGiven,
    RequestMoved,
    RequestWithdrawn,
)
from contracts.sealed import Sealed
from contracts.topics import ACCOUNTS_ANSWERS, BACK_OFFICE_URGENT
from contracts.transfers import RelationConfirmed
from deploy.local.keys import make_keys
from deploy.local.neighbours.back_office import BackOfficeSimulator
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.stack import Stack
from services.chassis.tokens import sign_session
from tests.component.accounts_channel import PENDING, Channel, open_channel
from tests.component.neighbours import neighbour_process
from tests.component.test_accounts import ACCOUNT, define
from tests.eventually import eventually
from tests.unit.accounts.forms import GOOD
from tests.unit.accounts.situations import due

FLOOD = 2_000
WRITTEN_BY_HAND = (("outage", "place"), ("complaint", "description"), ("insulation", "permit_number"))


@pytest.fixture
async def channel(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Channel]:
    """Accounts at work, and a channel whose person has saved their address."""
    async with open_channel(stack, tmp_path, database_name, dues_wait_s=6) as channel:
        saved = NationalAddressSaved(user_id=channel.user_id, region=1)
        await channel.publish(saved, "identity", f"user:{channel.user_id}", "address-" + channel.user_id)
        yield channel


@pytest.fixture
async def office(channel: Channel, stack: Stack, tmp_path: Path) -> AsyncIterator[BackOfficeSimulator]:
    """The back office at work."""
    async with BackOfficeSimulator(stack.kafka_bootstrap, tmp_path / "back-office", {}) as office:
        yield office


@pytest.fixture
async def reference(channel: Channel, stack: Stack) -> str:
    """A definition's, of somebody who is billing's party."""
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]) as billing:
        billing.let(ACCOUNT, channel.user_id, date(2020, 1, 1))
        completed: Any = await define(channel, str(uuid4()))
        await eventually(lambda: channel.events(RelationConfirmed), bool, within=30)
    return str(completed.reference)


def form(kind: str) -> Sealed:
    return Sealed.of(json.dumps(GOOD[kind], ensure_ascii=False))


async def submitted(channel: Channel, reference: str, kind: str) -> str:
    submission = requests.SubmitRequest(token=PENDING, reference=reference, kind=kind, form=form(kind))
    accepted: Any = None
    for _ in range(50):  # the customer's own document hears of the confirmed relation a moment after everybody else
        accepted = await channel.command(submission, "session-1")
        if getattr(accepted, "public_reason", None) != "relation-not-confirmed":
            break
    assert isinstance(accepted, RequestAccepted), accepted
    return accepted.reference


async def refused(channel: Channel, body: Any, public_reason: str) -> None:
    answer = await channel.command(body, "session-1")
    assert isinstance(answer, CommandRefused)
    assert answer.public_reason == public_reason


def states(channel: Channel, reference: str) -> list[str]:
    moves = [each for each in channel.events(RequestMoved) if isinstance(each, RequestMoved)]
    return [each.state for each in sorted(moves, key=lambda each: each.at) if each.reference == reference]


async def inquiry(channel: Channel, reference: str) -> Any:
    question = accounts.InquireReference(token=PENDING, answer_key=channel.answer_key, reference=reference)
    return channel.opened(await channel.command(question, "session-1"), "inquiry")


async def test_A8_A15_A16_A17_requests_are_worked_on_and_the_reference_answers_for_all_of_them(
    channel: Channel, office: BackOfficeSimulator, reference: str, capfd: pytest.CaptureFixture[str]
) -> None:
    given = await channel.command(requests.AskRequestKinds(), "session-1")
    assert isinstance(given, RequestKindsGiven)
    assert {each.kind for each in given.kinds} == set(GOOD)
    kinds = [each.kind for each in given.kinds if not each.urgent]
    own = {kind: await submitted(channel, reference, kind) for kind in kinds}
    await eventually(lambda: [states(channel, each)[-1:] for each in own.values()], _all_final(channel), within=30)
    assert states(channel, own["outage"]) == ["received", "assigned", "resolved"]
    assert {case.kind: json.loads(case.form) for case in office.cases.values()} == {kind: GOOD[kind] for kind in kinds}
    # A step that comes again, and one that makes no sense.
    asker = "request:" + own["outage"].replace("-", "")
    for step in ("resolved", "assigned"):
        again = CaseProgressed(asked_by=asker, case_id=own["outage"], step=step)
        await channel.publish(again, "back-office", asker, str(uuid4()))
    found = await eventually_found(channel, reference, count=len(kinds))
    assert {each["kind"]: each["reference"] for each in found["requests"]} == own
    single = await inquiry(channel, own["outage"])
    (outage,) = single["requests"]
    assert (outage["state"], [step["state"] for step in outage["history"]]) == (
        "resolved",
        ["received", "assigned", "resolved"],
    )
    assert len(channel.events(RequestMoved)) == sum(len(each["history"]) for each in found["requests"])
    said = "".join((*capfd.readouterr(), *(body.model_dump_json() for _, body in channel.heard)))
    assert not any(str(GOOD[kind][name]) in said for kind, name in WRITTEN_BY_HAND)


def _all_final(channel: Channel) -> Any:
    def check(_: object) -> bool:
        moves = [each for each in channel.events(RequestMoved) if isinstance(each, RequestMoved)]
        return sum(each.final for each in moves) == len(GOOD) - 1

    return check


async def eventually_found(channel: Channel, reference: str, count: int) -> Any:
    """The inquiry once the customer's aggregate has noted the end of every request."""
    found: Any = None
    for _ in range(50):
        found = await inquiry(channel, reference)
        if len(found["requests"]) == count and all(len(each["history"]) > 1 for each in found["requests"]):
            break
    return found


@pytest.mark.usefixtures("office")
async def test_A18_a_stranger_who_defines_an_account_orders_nothing_for_it(channel: Channel, stack: Stack) -> None:
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]) as billing:
        billing.let(ACCOUNT, "user-somebody-else", date(2020, 1, 1))
        completed: Any = await define(channel, str(uuid4()))
    await refused(channel, outage(completed.reference, "bill-copy", form("bill-copy")), "relation-not-confirmed")
    await submitted(channel, completed.reference, "outage")


async def test_J2_a_request_is_withdrawn_while_nobody_has_come_and_bad_input_is_refused(
    channel: Channel, office: BackOfficeSimulator, reference: str
) -> None:
    office.go_away()
    own = await submitted(channel, reference, "outage")
    await refused(channel, outage(reference), "already-requested")
    await refused(channel, outage(reference, "complaint", Sealed.of("{}")), "form-not-accepted")
    await refused(channel, outage(reference, "complaint", PENDING), "malformed")
    await refused(channel, outage(reference, kind="sunshine"), "request-kind-not-offered")
    await refused(channel, outage(own), "reference-not-found")
    withdrawal = requests.WithdrawRequest(token=PENDING, reference=own.lower())
    stranger = await channel.command(withdrawal, "session-1", as_user="user-fahad")
    nobodys = await channel.command(withdrawal.model_copy(update={"reference": "nonsense"}), "session-1")
    assert stranger == nobodys
    assert await channel.command(withdrawal, "session-1") == RequestWithdrawn(reference=own)
    await refused(channel, withdrawal, "not-to-be-withdrawn")
    assert states(channel, own) == ["received", "withdrawn"]
    office.come_back()
    await submitted(channel, reference, "outage")


def outage(reference: str, kind: str = "outage", form: Sealed | None = None) -> requests.SubmitRequest:
    sealed = form or Sealed.of(json.dumps(GOOD["outage"]))
    return requests.SubmitRequest(token=PENDING, reference=reference, kind=kind, form=sealed)


async def test_A14_instalments_the_whole_way(channel: Channel, stack: Stack, reference: str) -> None:
    ask = requests.RequestInstalments(token=PENDING, reference=reference, parts=3, answer_key=channel.answer_key)
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]) as billing:
        billing.go_away()
        await refused(channel, ask, "not-available-now")
        billing.come_back()
        billing.owe(ACCOUNT, channel.user_id, ())
        await refused(channel, ask, "nothing-due")
        billing.owe(ACCOUNT, channel.user_id, (due(30_000), due(4_567)))
        await refused(channel, ask.model_copy(update={"parts": 24}), "instalments-too-small")
        quote = await channel.command(ask, "session-1")
        assert isinstance(quote, InstalmentsQuoted)
        opened = requests.Quote.model_validate(channel.opened(quote, "quote"), strict=False)
        assert [part.amount_halalas for part in opened.parts] == [11_523, 11_522, 11_522]
        accept = requests.AcceptInstalments(token=PENDING, reference=quote.reference)
        assert await channel.command(accept, "session-1") == InstalmentsAgreed(reference=quote.reference)
        await refused(channel, accept, "already-requested")
    (event,) = channel.events(InstalmentPlanAgreed)
    assert isinstance(event, InstalmentPlanAgreed)
    assert (event.parts, event.total_halalas) == (opened.parts, 34_567)
    found = await eventually_plan(channel, reference, quote.reference)
    assert [step["state"] for step in found["history"]] == ["asked", "quoted", "accepted", "agreed"]


async def eventually_plan(channel: Channel, reference: str, plan: str) -> Any:
    """The plan in the inquiry, once it is agreed there."""
    found: Any = None
    for _ in range(50):
        inquired = (await inquiry(channel, reference))["requests"]
        (found,) = [each for each in inquired if each["reference"] == plan]
        if found["state"] == "agreed":
            break
    return found


async def test_A16_the_back_office_runs_as_a_process_of_its_own(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "fingerprints.json").write_text(json.dumps(make_keys(tmp_path)), encoding="utf-8")
    arguments = {
        "--kafka": stack.kafka_bootstrap,
        "--keys": str(tmp_path / "back-office"),
        "--fingerprints": str(tmp_path / "fingerprints.json"),
        "--steps": "complaint=assigned,escalated,answered",
        "--seconds-a-step": "0.3",
    }
    given = [each for pair in arguments.items() for each in pair]
    async with neighbour_process("deploy.local.neighbours.back_office", *given) as said:
        assert said == "back office works"


# --- danger ---------------------------------------------------------------------------------------------------------
def prepared(channel: Channel, body: Any, user: str, command_id: str) -> tuple[str, bytes, bytes, Any]:
    """A record of a command with a token and a form, sealed beforehand."""
    now = datetime.now(UTC)
    token = sign_session(channel.signing, Customer(user, "s", "web"), now, now + timedelta(minutes=5))
    sealed = channel.keyring.seal_fields(body.model_copy(update={"token": Sealed.of(token)}), command_id)
    headers = to_headers(Envelope(command_id, "web", body.type_name, command_id, now))
    return body.topic.name, sealed.model_dump_json().encode(), command_id.encode(), headers


async def test_A16_danger_overtakes_a_flood_of_ordinary_commands(
    channel: Channel, office: BackOfficeSimulator, reference: str, stack: Stack
) -> None:
    outages = requests.SubmitRequest(token=PENDING, reference=reference, kind="outage", form=form("outage"))
    flood = [prepared(channel, outages, f"user-{number}", str(uuid4())) for number in range(FLOOD)]
    danger = prepared(
        channel,
        requests.ReportDanger(token=PENDING, reference=reference, form=form("danger")),
        channel.user_id,
        danger_id := str(uuid4()),
    )
    ordinary = {key.decode() for _, _, key, _ in flood}
    ears = AIOKafkaConsumer(ACCOUNTS_ANSWERS.name, BACK_OFFICE_URGENT.name, bootstrap_servers=stack.kafka_bootstrap)
    async with ears:
        await ears.seek_to_end()
        commands = lane_of(channel, "commands")
        commands.pause(*commands.assignment())
        sends = [await channel.producer.send(t, value, key, headers=headers) for t, value, key, headers in flood]
        await asyncio.gather(*sends)
        topic, value, key, headers = danger
        commands.resume(*commands.assignment())
        await channel.producer.send_and_wait(topic, value, key, headers=headers)
        stamps = await heard_of(ears, ordinary | {danger_id})
    at = stamps[BACK_OFFICE_URGENT.name][danger_id]
    behind = [stamp for each, stamp in stamps[ACCOUNTS_ANSWERS.name].items() if each in ordinary and stamp > at]
    # Of what stood before it in time, most comes behind it: an ordinary lane would have put it last.
    assert len(behind) > FLOOD / 2, f"{len(behind)} of {FLOOD} ordinary answers came after the danger was known"
    assert stamps[ACCOUNTS_ANSWERS.name][danger_id] < max(behind)
    accepted = [body for _, body in channel.answers_to(danger_id) if isinstance(body, RequestAccepted)]
    own = accepted[0].reference
    await eventually(lambda: states(channel, own), lambda seen: seen == ["received", "assigned", "secured"], within=60)
    assert json.loads(office.cases[own].form) == GOOD["danger"]


def lane_of(channel: Channel, name: str) -> AIOKafkaConsumer:
    """A lane's own consumer, to let what comes in pile up before it."""
    assert channel.engine is not None
    (consumer,) = (lane.consumer for lane in channel.engine.lanes if lane.name == name)
    assert consumer is not None
    return consumer


async def heard_of(ears: AIOKafkaConsumer, commands: set[str]) -> dict[str, dict[str, int]]:
    """The broker's stamp of the first message about each command, by topic; until every one is answered."""
    stamps: dict[str, dict[str, int]] = {ACCOUNTS_ANSWERS.name: {}, BACK_OFFICE_URGENT.name: {}}
    async with asyncio.timeout(90):
        while not (commands <= stamps[ACCOUNTS_ANSWERS.name].keys() and stamps[BACK_OFFICE_URGENT.name]):
            for records in (await ears.getmany(timeout_ms=500)).values():
                for record in records:
                    envelope = from_headers(record.key, record.headers)
                    assert isinstance(envelope, Envelope)
                    if envelope.correlation_id in commands:
                        stamps[record.topic].setdefault(envelope.correlation_id, record.timestamp)
    return stamps
