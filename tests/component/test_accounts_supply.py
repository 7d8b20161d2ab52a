"""Who a supply belongs to and who benefits from it, on a real Kafka and MongoDB: two persons claim the same supply.
Every message is sent twice, and what nobody asked for changes nothing."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from contracts import accounts
from contracts.accounts import DefinitionCompleted
from contracts.back_office import ConflictSettled
from contracts.billing import PartyFound
from contracts.identity import NationalAddressSaved
from contracts.message import CommandRefused, Message
from contracts.registry import EvidenceConfirmed, EvidenceNotConfirmed
from contracts.requests import GiveEvidence, RequestAccepted, RequestMoved
from contracts.sealed import Sealed
from contracts.transfers import BeneficiaryDetermined, BeneficiaryDisputed, RelationConfirmed, RelationEnded
from deploy.local.neighbours.billing import BillingSimulator
from deploy.local.stack import Stack
from services.accounts.addressing import aggregate_named
from services.accounts.service_terms import CURRENT_VERSION, text_hash
from services.chassis.keyring import Keyring
from services.chassis.keys import PrivateKeys
from tests.component.accounts_channel import PENDING, Channel, open_channel
from tests.eventually import eventually

M = TypeVar("M", bound=Message)
JANUARY = date(2026, 1, 1)
BACK_OFFICE, REGISTRY, BILLING = "back-office", "registry", "billing"


@pytest.fixture
async def noura(stack: Stack, tmp_path: Path, database_name: str) -> AsyncIterator[Channel]:
    """Accounts at work, with the registry's key, and a first person."""
    async with open_channel(stack, tmp_path, database_name, dues_wait_s=5, party_wait_s=0.3) as channel:
        registry = Keyring(REGISTRY, PrivateKeys.load(tmp_path / REGISTRY), {})
        await channel.publish(registry.own_announcement(), REGISTRY, REGISTRY, str(uuid4()))
        await housed(channel)
        yield channel


@pytest.fixture
async def fahad(noura: Channel) -> Channel:
    """A second person, by the same channel."""
    other = replace(noura, user_id=f"user-{uuid4().hex}")
    await housed(other)
    return other


@pytest.fixture
def account() -> str:
    """An account of this test's own."""
    return f"3{random.randrange(10**10):010d}"


async def housed(person: Channel) -> None:
    saved = NationalAddressSaved(user_id=person.user_id, region=1)
    await twice(person, saved, "identity", f"user:{person.user_id}")


async def twice(channel: Channel, body: Message, source: str, subject: str) -> None:
    """The same message with the same id, two times."""
    message_id = str(uuid4())
    for _ in range(2):
        await channel.publish(body, source, subject, message_id)


async def reviewed(person: Channel, account: str, relation: accounts.Relation) -> str:
    """A definition up to its last step but one; its flow."""
    flow = str(uuid4())
    steps: list[Any] = [
        accounts.StartDefinition(token=PENDING, relation=relation),
        accounts.AddAccount(token=PENDING, identifier_kind="account-number", identifier=account),
        accounts.ConfirmReview(token=PENDING),
        accounts.DeclareBeneficiary(token=PENDING, is_actual_beneficiary=True),
        accounts.ShowDues(token=PENDING, answer_key=person.answer_key),
        accounts.AcceptServiceTerms(
            token=PENDING, version=CURRENT_VERSION, language="ar", text_hash=text_hash(CURRENT_VERSION, "ar") or ""
        ),
    ]
    for step in steps:
        answer = await person.command(step, flow)
        assert not isinstance(answer, CommandRefused), answer
    return flow


async def defined(person: Channel, account: str, relation: accounts.Relation) -> str:
    """The reference of a whole definition."""
    flow = await reviewed(person, account, relation)
    completed = await person.command(accounts.CompleteDefinition(token=PENDING), flow)
    assert isinstance(completed, DefinitionCompleted)
    return completed.reference


RELATIONS = ("owner", "tenant")


async def happened(person: Channel, kind: type[M], count: int = 1) -> list[M]:
    """What was said of this kind about this person, once there is so much of it."""
    said = await eventually(lambda: person.events(kind), lambda seen: len(seen) >= count, within=20)
    return [each for each in said if isinstance(each, kind)]


def evidence(reference: str, number: str = "10203040506") -> GiveEvidence:
    return GiveEvidence(
        token=PENDING, reference=reference, evidence_kind="tenancy-contract", document_number=Sealed.of(number)
    )


async def settled_for(person: Channel, account: str) -> None:
    """The back office, after some words that mean nothing, settles the account's first conflict for this person."""
    beneficiary, case = f"beneficiary:{account}", f"conflict-{account}-1"
    settled = ConflictSettled(
        asked_by=beneficiary, case_id=case, user_id=person.user_id, from_day=JANUARY, grounds="documents"
    )
    await twice(person, settled.model_copy(update={"user_id": "user-stranger"}), BACK_OFFICE, case)
    await twice(person, settled.model_copy(update={"asked_by": f"customer:{person.user_id}"}), BACK_OFFICE, case)
    await twice(person, settled, BACK_OFFICE, case)
    await twice(person, settled, BACK_OFFICE, case)
    (result,) = await happened(person, BeneficiaryDetermined)
    (use,) = await happened(person, RelationConfirmed)
    assert (result.basis, use.basis, use.from_day) == ("back-office", "back-office", JANUARY)


async def shown_under(person: Channel, reference: str) -> list[tuple[str, str]]:
    """Reference and state of each request that an inquiry shows (A8)."""
    inquiry = accounts.InquireReference(token=PENDING, answer_key=person.answer_key, reference=reference)
    found = person.opened(await person.command(inquiry, "session-1"), "inquiry")
    return [(each["reference"], each["state"]) for each in found["requests"]]


async def test_A4_A10_A18_two_claimants_a_conflict_a_decision_and_a_document(
    noura: Channel, fahad: Channel, account: str, stack: Stack
) -> None:
    async with BillingSimulator(stack.kafka_bootstrap, [account]):
        reference = await defined(noura, account, "owner")
        (party,) = await happened(noura, RelationConfirmed)
        assert (party.account_number, party.relation, party.basis) == (account, "owner", "billing")
        (first,) = await happened(noura, BeneficiaryDetermined)
        assert first.basis == "declaration"
        await defined(fahad, account, "tenant")
        for person in (noura, fahad):
            await happened(person, BeneficiaryDisputed)
    await settled_for(fahad, account)
    accepted = await noura.command(evidence(reference), "session-1")
    assert isinstance(accepted, RequestAccepted)
    assert accepted.state == "checking"
    checking = aggregate_named("evidence", accepted.reference)
    await happened(noura, RequestMoved)
    confirmed = EvidenceConfirmed(asked_by=checking, valid_from=date(2026, 2, 1))
    await twice(noura, confirmed, REGISTRY, checking)
    await twice(noura, EvidenceNotConfirmed(asked_by=checking), REGISTRY, checking)
    ended = await happened(fahad, RelationEnded, 2)
    assert {(each.relation, each.last_day.isoformat()) for each in ended} == {(r, "2026-01-31") for r in RELATIONS}
    both = await happened(noura, RelationConfirmed, 2)
    assert [(each.relation, each.basis) for each in both] == [("owner", "billing"), ("tenant", "tenancy-contract")]
    results = await happened(noura, BeneficiaryDetermined, 2)
    assert [each.basis for each in results] == ["declaration", "tenancy-contract"]
    states = await happened(noura, RequestMoved, 2)
    assert [(each.state, each.final) for each in states] == [("checking", False), ("confirmed", True)]

    async def is_shown() -> bool:
        return await shown_under(noura, reference) == [(accepted.reference, "confirmed")]

    shown: bool = await eventually(is_shown, within=20)
    assert shown
    counts = [len(person.events(BeneficiaryDisputed)) for person in (noura, fahad)]
    assert counts == [1, 1]
    assert (len(fahad.events(RelationEnded)), len(fahad.events(BeneficiaryDetermined))) == (2, 1)
    assert not noura.events(RelationEnded)


async def test_A18_billing_is_asked_until_it_answers(noura: Channel, account: str, stack: Stack) -> None:
    async with BillingSimulator(stack.kafka_bootstrap, [account]) as billing:
        flow = await reviewed(noura, account, "owner")
        billing.stay_silent(account)
        await noura.command(accounts.CompleteDefinition(token=PENDING), flow)
        await happened(noura, BeneficiaryDetermined)
        assert not noura.events(RelationConfirmed)
        billing.speak_again(account)
        (confirmed,) = await happened(noura, RelationConfirmed)
        assert confirmed.basis == "billing"
        late = PartyFound(
            asked_by=f"supply:{account}",
            account_number=account,
            user_id="user-nobody-asked-about",
            is_party=True,
            since=JANUARY,
        )
        await twice(noura, late, BILLING, f"supply:{account}")
        await defined(replace(noura, user_id=f"user-{uuid4().hex}"), account, "tenant")
    nobody = replace(noura, user_id="user-nobody-asked-about")
    assert not nobody.events(RelationConfirmed)
    assert len(noura.events(RelationConfirmed)) == 1


async def test_A10_A11_evidence_that_cannot_be_is_refused(
    noura: Channel, fahad: Channel, account: str, stack: Stack
) -> None:
    async with BillingSimulator(stack.kafka_bootstrap, [account]):
        reference = await defined(noura, account, "tenant")
    wrong = await noura.command(evidence(reference, "<script>"), "session-1")
    assert isinstance(wrong, CommandRefused)
    assert wrong.public_reason == "document-number-not-accepted"
    undefined = await fahad.command(evidence(reference), "session-2")
    assert isinstance(undefined, CommandRefused)
    assert (undefined.public_reason, undefined.missing_step) == ("step-missing", "define-account")
    await twice(noura, EvidenceConfirmed(asked_by="evidence:none", valid_from=JANUARY), REGISTRY, "evidence:none")
    accepted = await noura.command(evidence(reference), "session-1")
    assert isinstance(accepted, RequestAccepted)
    checking = aggregate_named("evidence", accepted.reference)
    await twice(noura, EvidenceNotConfirmed(asked_by=checking), REGISTRY, checking)
    states = await happened(noura, RequestMoved, 2)
    assert [(each.state, each.final) for each in states] == [("checking", False), ("not-confirmed", True)]
