"""Transfers on a real Kafka and MongoDB: every command, every neighbour's answer and every consent comes twice, and the
account moves once, or not at all (A9, A12, A18)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts import accounts, transfers
from contracts.billing import (
    DuesAsked,
    HolderChanged,
    HolderChangeOrdered,
    HolderChangeUndone,
    HolderChangeWithdrawn,
    PartyAsked,
    RunningBillAsked,
)
from contracts.message import CommandRefused
from contracts.metering import ClosingReadingReleased
from contracts.registry import EvidenceAsked
from contracts.sealed import Sealed
from contracts.transfers import (
    RelationConfirmed,
    RelationEnded,
    TransferCancelled,
    TransferCompleted,
    TransferEnded,
)
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.neighbours.metering import ClosingReadings
from deploy.local.stack import Stack
from tests.component.accounts_channel import PENDING
from tests.component.transfer_scene import WHOLE, Scene, scene_with
from tests.eventually import eventually


@pytest.fixture
async def scene(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Scene]:
    """Accounts with patient settings."""
    async with scene_with(stack, tmp_path, database_name) as scene:
        yield scene


def transfer_of(definition: str) -> accounts.RequestTransfer:
    return accounts.RequestTransfer(token=PENDING, reference=definition)


async def test_A9_A18_the_account_moves_with_both_consents_and_the_bill_is_divided(scene: Scene, stack: Stack) -> None:
    async with ClosingReadings(stack.kafka_bootstrap) as metering:
        definition = await scene.settle()
        reference = await scene.requested(transfer_of(definition))
        await scene.consented(reference)
        (incoming,) = await scene.until_said(TransferCompleted, scene.noura)
        (outgoing,) = await scene.until_said(TransferCompleted, scene.fahad)
        assert [day for account, day in metering.kept if account == scene.account] == [incoming.day]
    assert (incoming.role, outgoing.role, incoming.reading) == ("incoming", "outgoing", "measured")
    assert (outgoing.share_halalas, incoming.share_halalas) == (5_001, 5_000)
    (began,) = await scene.until_said(RelationConfirmed, scene.noura)
    left = await scene.until_said(RelationEnded, scene.fahad, 2)
    assert (began.basis, began.from_day) == ("transfer", incoming.day)
    last_day = incoming.day - timedelta(days=1)
    assert [(each.relation, each.last_day) for each in left] == [("owner", last_day), ("tenant", last_day)]
    await scene.until_state("requested", "awaiting-consents", "checking", "closing", "moving", "completed")
    inquiry = accounts.InquireReference(token=PENDING, answer_key=scene.channel.answer_key, reference=reference)
    found = scene.channel.opened(await scene.command(inquiry, scene.noura), "inquiry")
    assert [each["state"] for each in found["requests"]] == ["completed"]
    late = await scene.command(transfers.CancelTransfer(token=PENDING, reference=reference), scene.noura)
    assert isinstance(late, CommandRefused)
    assert late.public_reason == "transfer-is-over"
    stranger = await scene.command(transfers.CancelTransfer(token=PENDING, reference=reference), "user-stranger")
    never = await scene.command(transfers.CancelTransfer(token=PENDING, reference="nonsense"), "user-stranger")
    assert stranger == never
    assert len(scene.said(TransferCompleted, scene.noura)) == len(scene.said(TransferCompleted, scene.fahad)) == 1


async def test_A9_cancelled_in_the_middle_the_supply_can_be_asked_for_again(scene: Scene) -> None:
    definition = await scene.settle()  # nobody reads the meter
    reference = await scene.requested(transfer_of(definition))
    await scene.consented(reference)
    await scene.until_state("requested", "awaiting-consents", "checking", "closing")
    cancel = transfers.CancelTransfer(token=PENDING, reference=reference)
    assert await scene.command(cancel, scene.noura) == TransferCancelled(reference=reference, state="cancelled")
    released = await scene.until_asked(ClosingReadingReleased)
    assert released.account_number == scene.account
    for user in (scene.noura, scene.fahad):
        (told,) = await scene.until_said(TransferEnded, user)
        assert (told.outcome, told.reason) == ("cancelled", "cancelled-by-requester")
    again = await scene.requested(transfer_of(definition))
    assert again != reference
    declined = await scene.command(transfers.DeclineTransfer(token=PENDING, reference=again), scene.fahad)
    assert declined == transfers.TransferDeclined(reference=again)
    assert scene.said(TransferCompleted, scene.noura) == scene.said(RelationEnded, scene.fahad) == []


async def test_A9_cancelled_while_billing_changes_the_holder_billing_says_what_happened(
    scene: Scene, stack: Stack
) -> None:
    scene.silent = {HolderChangeOrdered, HolderChangeWithdrawn}
    async with ClosingReadings(stack.kafka_bootstrap) as metering:
        reference = await scene.requested(transfer_of(await scene.settle()))
        await scene.consented(reference)
        order = await scene.until_asked(HolderChangeOrdered)
        assert order.from_share_halalas + order.to_share_halalas == WHOLE
        cancel = transfers.CancelTransfer(token=PENDING, reference=reference)
        assert await scene.command(cancel, scene.noura) == TransferCancelled(reference=reference, state="undoing")
        await scene.until_asked(HolderChangeWithdrawn)
        # Billing had carried the order out before it read the withdrawal, and undoes it now.
        transfer = order.asked_by
        await scene.say_twice(HolderChanged(asked_by=transfer, order_id=order.order_id), transfer)
        await scene.say_twice(HolderChangeUndone(asked_by=transfer, order_id=order.order_id), transfer)
        await scene.until_said(TransferEnded, scene.fahad)
        await eventually(lambda: [each for each in metering.kept if each[0] == scene.account], lambda kept: not kept)
    assert scene.states()[-2:] == ["undoing", "cancelled"]
    assert scene.said(TransferCompleted, scene.noura) == []


async def test_A9_without_consents_and_without_a_reading_nobody_waits_for_ever(
    stack: Stack, tmp_path: Path, database_name: str
) -> None:
    waits = {
        "transfer_consent_wait_s": 12,
        "transfer_answer_wait_s": 1,
        "transfer_reading_wait_s": 0.5,
        "transfer_days_ahead": 0,
    }
    async with scene_with(stack, tmp_path, database_name, **waits) as scene:
        definition = await scene.settle()
        await scene.requested(transfer_of(definition))
        (told,) = await scene.until_said(TransferEnded, scene.fahad)
        assert (told.outcome, told.reason) == ("timed-out", "consent-missing")
        reference = await scene.requested(transfer_of(definition))
        await scene.consented(reference)
        (completed,) = await scene.until_said(TransferCompleted, scene.fahad)
        assert completed.reading == "estimated"
        assert completed.share_halalas == 5_001  # 10 of 20 days, half a halala up


async def test_A12_ownership_moves_with_a_deed_that_only_the_registry_reads(scene: Scene, stack: Stack) -> None:
    async with ClosingReadings(stack.kafka_bootstrap):
        definition = await scene.settle()
        deed = transfers.RequestOwnershipTransfer(
            token=PENDING, reference=definition, deed_number=Sealed.of("310101234567")
        )
        reference = await scene.requested(deed)
        envelope, asked = next((e, body) for e, body in scene.asked if isinstance(body, EvidenceAsked))
        assert scene.registry.opener(asked, envelope.subject)("document_number") == "310101234567"
        assert asked.evidence_kind == "ownership-deed"
        await scene.consented(reference)
        (completed,) = await scene.until_said(TransferCompleted, scene.noura)
        assert completed.kind == "ownership"
        (began,) = await scene.until_said(RelationConfirmed, scene.noura)
        assert began.relation == "owner"


async def test_A13_a_tenant_becomes_the_subscriber_and_leaves_again_among_simulated_neighbours(
    scene: Scene, stack: Stack
) -> None:
    scene.silent = {PartyAsked, DuesAsked, RunningBillAsked, HolderChangeOrdered}
    async with (
        ClosingReadings(stack.kafka_bootstrap),
        BillingSimulator(stack.kafka_bootstrap, [scene.account]) as billing,
    ):
        definition = await scene.settle("tenant")
        contract = Sealed.of("310101234567")
        register = transfers.RegisterSubscriber(token=PENDING, reference=definition, contract_number=contract)
        await scene.consented(await scene.requested(register))
        (came,) = await scene.until_said(TransferCompleted, scene.noura)
        (owner_left,) = await scene.until_said(TransferCompleted, scene.fahad)
        await scene.until_said(RelationConfirmed, scene.noura)
        await scene.consented(await scene.requested(transfers.EndSubscription(token=PENDING, reference=definition)))
        (_, left) = await scene.until_said(TransferCompleted, scene.noura, 2)
        (_, owner_again) = await scene.until_said(TransferCompleted, scene.fahad, 2)
        assert billing.answered["HolderChanged"] == 2
    assert (came.kind, came.role, came.reading) == ("subscriber", "incoming", "measured")
    assert came.share_halalas + owner_left.share_halalas > 0
    assert (left.kind, left.role, owner_again.role) == ("subscription-end", "outgoing", "incoming")
    assert left.share_halalas + owner_again.share_halalas > 0
    assert left.day > came.day
    assert owner_left.debt_halalas > 0 == came.debt_halalas  # A18
