from typing import Annotated, Any

import pytest
from pydantic import Discriminator, TypeAdapter

from contracts import accounts_supply_internal as inside
from contracts.back_office import ConflictRaised, ConflictSettled
from contracts.billing import PartyFound
from contracts.decision import Facts
from contracts.message import TimerElapsed
from contracts.registry import EvidenceConfirmed
from services.accounts.beneficiary import settle_conflict
from services.accounts.beneficiary_states import Beneficiary
from services.accounts.evidence import CheckedEvidence, Evidence
from services.accounts.supply import Supply
from services.chassis.service import Service
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import ACCOUNT
from tests.unit.accounts.supplies import HELD, SUPPLY, lodged, party_found, wanted
from tests.unit.accounts.test_beneficiary import (
    BENEFICIARY,
    declared,
    one_claimant,
    settled,
    two_claimants,
    two_tenants,
)
from tests.unit.accounts.test_evidence import CHECKING, EVIDENCE, RECORD, confirmed, filed
from tests.unit.accounts.test_service import Plain, accounts_with, aggregate_of
from tests.unit.accounts.test_supply import ASKING
from tests.unit.accounts.test_supply_moves import MOVED

CHECKED = CheckedEvidence(record=RECORD, evidence_kind="ownership-deed", outcome="confirmed")
RULED = two_tenants().when(settle_conflict, settled(None)).state


@pytest.fixture
def service() -> Service:
    return accounts_with(party_wait_s=7, evidence_wait_s=11)


@pytest.mark.parametrize(
    ("message", "aggregate"),
    [
        (lodged(), SUPPLY),
        (party_found(), SUPPLY),
        (wanted(), SUPPLY),
        (declared(), BENEFICIARY),
        (settled(None), BENEFICIARY),
        (filed(), EVIDENCE),
        (confirmed(), EVIDENCE),
    ],
    ids=lambda each: type(getattr(each, "body", each)).__name__,
)
def test_A18_a_message_finds_its_supply_beneficiary_or_document(service: Service, message: Any, aggregate: str) -> None:
    assert aggregate_of(service, message) == aggregate


def test_A18_a_neighbour_reaches_only_the_kind_that_asks_it(service: Service) -> None:
    party = PartyFound(asked_by=f"customer:{ACCOUNT}", account_number=ACCOUNT, user_id="u", is_party=False)
    assert aggregate_of(service, arriving(party)) == "supply:none"
    body = settled(None).body.model_copy(update={"asked_by": SUPPLY})
    assert isinstance(body, ConflictSettled)
    assert aggregate_of(service, arriving(body)) == "beneficiary:none"
    body = EvidenceConfirmed(asked_by=SUPPLY, valid_from=NOON.date())
    assert aggregate_of(service, arriving(body)).endswith(":none")


async def test_A10_A18_waits_are_as_long_as_the_settings_say(service: Service) -> None:
    routes = {route.message: route for route in service.routes}
    asking, checking = routes[inside.SupplyLodged].prepare, routes[inside.EvidenceFiled].prepare
    assert asking is not None
    assert checking is not None
    party: Any = await asking(None, lodged(), service.effects, NOON)
    evidence: Any = await checking(None, filed(), service.effects, NOON)
    assert party.wait.total_seconds() == 7
    assert (evidence.give_up_at - NOON).total_seconds() == 11
    (supply,) = [kind for kind in service.kinds if kind.name == "supply"]
    assert supply.prepare_timer is not None
    timer: Any = await supply.prepare_timer(None, lodged(), service.effects, NOON)
    assert timer.wait == party.wait


def test_A10_a_conflict_is_woken_to_be_told_again(service: Service) -> None:
    (kind,) = [kind for kind in service.kinds if kind.name == "beneficiary"]
    conflict = two_tenants().state
    assert kind.due_at is not None
    assert kind.on_timer is not None
    due = kind.due_at(conflict)
    assert due is not None
    wake_up = arriving(TimerElapsed(aggregate=BENEFICIARY), source="accounts")
    given(conflict).when(kind.on_timer, wake_up, Facts(due)).then(ConflictRaised)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Supply, ASKING),
        (Supply, HELD),
        (Supply, MOVED),
        (Beneficiary, one_claimant().state),
        (Beneficiary, two_claimants().state),
        (Beneficiary, RULED),
        (Evidence, CHECKING),
        (Evidence, CHECKED),
    ],
    ids=["asking", "held", "moved", "determined", "disputed", "ruled", "checking", "checked"],
)
def test_A18_each_state_survives_its_document_with_the_account_encrypted(kind: Any, state: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[kind, Discriminator("stage")])
    text = adapter.dump_json(state, context=Plain())
    assert ACCOUNT.encode() not in text
    assert adapter.validate_json(text, context=Plain()) == state
