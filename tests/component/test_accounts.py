"""Accounts on a real Kafka and MongoDB: one person defines an account; every command and every event is sent twice."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts import accounts, accounts_v1
from contracts.accounts import AccountDefined, DefinitionCompleted, DuesShown, TransferAccepted, TransferRequested
from contracts.identity import NationalAddressSaved
from contracts.message import CommandRefused, Message
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.stack import Stack
from services.accounts.service_terms import CURRENT_VERSION, text_hash
from tests.component.accounts_channel import PENDING, Channel, open_channel
from tests.unit.accounts.situations import due

ACCOUNT, UNKNOWN_ACCOUNT = "30012345678", "30099999999"


@pytest.fixture
async def channel(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Channel]:
    """Accounts at work, and a channel beside it."""
    async with open_channel(stack, tmp_path, database_name, dues_wait_s=6) as channel:
        yield channel


async def define(channel: Channel, flow: str, identifier: str = ACCOUNT) -> Message:
    """All steps of a definition; the answer to the last."""
    steps: list[Any] = [
        accounts.StartDefinition(token=PENDING, relation="owner"),
        accounts.AddAccount(token=PENDING, identifier_kind="account-number", identifier=identifier),
        accounts.ConfirmReview(token=PENDING),
        accounts.DeclareBeneficiary(token=PENDING, is_actual_beneficiary=True),
        accounts.ShowDues(token=PENDING, answer_key=channel.answer_key),
        accounts.AcceptServiceTerms(
            token=PENDING, version=CURRENT_VERSION, language="ar", text_hash=text_hash(CURRENT_VERSION, "ar") or ""
        ),
    ]
    for step in steps:
        answer = await channel.command(step, flow)
        assert not isinstance(answer, CommandRefused), answer
    return await channel.command(accounts.CompleteDefinition(token=PENDING), flow)


async def test_A7_one_person_defines_an_account_and_asks_for_its_transfer(channel: Channel, stack: Stack) -> None:
    for _ in range(2):
        saved = NationalAddressSaved(user_id=channel.user_id, region=1)
        await channel.publish(saved, "identity", f"user:{channel.user_id}", "address-" + channel.user_id)
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]):
        flow = str(uuid4())
        completed = await define(channel, flow)
        assert isinstance(completed, DefinitionCompleted)
        review = accounts.ReviewDefinition(token=PENDING, answer_key=channel.answer_key)
        reviewed = channel.opened(await channel.command(review, flow), "review")
        assert reviewed == {"relation": "owner", "identifier_kind": "account-number", "identifier": ACCOUNT}
        again = await define(channel, str(uuid4()))
        assert isinstance(again, CommandRefused)
        assert again.public_reason == "already-defined"
        transfer = accounts.RequestTransfer(token=PENDING, reference=completed.reference.lower())
        accepted = await channel.command(transfer, "session-1")
        assert isinstance(accepted, TransferAccepted)
        assert accepted.reference != completed.reference
    inquiry = accounts.InquireReference(token=PENDING, answer_key=channel.answer_key, reference=completed.reference)
    found = channel.opened(await channel.command(inquiry, "session-1"), "inquiry")
    assert found["definition"]["state"] == "defined"
    assert [each["reference"] for each in found["requests"]] == [accepted.reference]
    assert len(channel.events(AccountDefined)) == len(channel.events(TransferRequested)) == 1


async def test_I17_what_is_defined_for_a_business_is_its_own_and_says_who_acted(channel: Channel, stack: Stack) -> None:
    channel.user_id, channel.actor = f"b-{uuid4().hex}", f"user-{uuid4().hex}"
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]):
        completed = await define(channel, str(uuid4()))
    assert isinstance(completed, DefinitionCompleted)
    (defined,) = channel.events(AccountDefined)
    assert isinstance(defined, AccountDefined)
    assert (defined.user_id, defined.acted_by) == (channel.user_id, channel.actor)
    inquiry = accounts.InquireReference(token=PENDING, answer_key=channel.answer_key, reference=completed.reference)
    found = channel.opened(await channel.command(inquiry, "session-1"), "inquiry")
    assert found["definition"]["state"] == "defined"
    alone = await channel.command(inquiry, "session-2", as_user=channel.actor)
    assert isinstance(alone, CommandRefused)
    assert alone.public_reason == "reference-not-found"


async def test_A8_to_another_person_nothing_exists(channel: Channel, stack: Stack) -> None:
    flow, other = str(uuid4()), f"user-{uuid4().hex}"
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]):
        completed = await define(channel, flow)
    assert isinstance(completed, DefinitionCompleted)
    confirm = accounts.ConfirmReview(token=PENDING)
    theirs = await channel.command(confirm, flow, as_user=other)
    nobodys = await channel.command(confirm, str(uuid4()), as_user=other)
    assert theirs == nobodys
    envelopes = [e for e, body in channel.heard if body in (theirs, nobodys)]
    assert {(e.subject == e.causation_id, e.sequence) for e in envelopes} == {(True, None)}
    inquiry = accounts.InquireReference(token=PENDING, answer_key=channel.answer_key, reference=completed.reference)
    refused = await channel.command(inquiry, "session-2", as_user=other)
    never_issued = await channel.command(inquiry.model_copy(update={"reference": "nonsense"}), "s-2", as_user=other)
    assert isinstance(refused, CommandRefused)
    assert refused == never_issued
    assert refused.public_reason == "reference-not-found"


async def test_J3_a_silent_billing_an_unknown_account_and_another_try(channel: Channel, stack: Stack) -> None:
    flow = str(uuid4())
    for step in (
        accounts.StartDefinition(token=PENDING, relation="tenant"),
        accounts.AddAccount(token=PENDING, identifier_kind="account-number", identifier=UNKNOWN_ACCOUNT),
        accounts.ConfirmReview(token=PENDING),
        accounts.DeclareBeneficiary(token=PENDING, is_actual_beneficiary=True),
    ):
        await channel.command(step, flow)
    show = accounts.ShowDues(token=PENDING, answer_key=channel.answer_key)
    async with BillingSimulator(stack.kafka_bootstrap, [ACCOUNT]) as billing:
        billing.go_away()
        silent = await channel.command(show, flow)
        assert isinstance(silent, CommandRefused)
        assert (silent.public_reason, silent.missing_step) == ("not-available-now", "show-dues")
        billing.come_back()
        unknown = await channel.command(show, flow)
        assert isinstance(unknown, CommandRefused)
        assert (unknown.public_reason, unknown.missing_step) == ("account-number-not-accepted", "add-account")
        for step in (
            accounts.AddAccount(token=PENDING, identifier_kind="account-number", identifier=ACCOUNT),
            accounts.ConfirmReview(token=PENDING),
            accounts.DeclareBeneficiary(token=PENDING, is_actual_beneficiary=True),
        ):
            await channel.command(step, flow)
        billing.owe(ACCOUNT, channel.user_id, (due(30_000), due(4_567)))
        shown = await channel.command(show, flow)
        assert isinstance(shown, DuesShown)
        dues = channel.opened(shown, "dues")
        assert ([each["amount_halalas"] for each in dues["dues"]], dues["total_halalas"]) == ([30_000, 4_567], 34_567)
        in_clear = await channel.command(accounts_v1.ShowDues(token=PENDING), flow)
        assert isinstance(in_clear, accounts_v1.DuesShown)
        assert in_clear.total_halalas == 34_567
