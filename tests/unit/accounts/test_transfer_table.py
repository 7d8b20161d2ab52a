"""How transfers are wired into the service (A9)."""

from datetime import timedelta
from typing import Annotated, Any

import pytest
from pydantic import Discriminator, TypeAdapter

from contracts.accounts_supply_internal import SupplyGranted
from contracts.identity_sessions import ConsentGiven
from contracts.transfers import CancelTransfer
from services.accounts.transfer_states import Transfer
from services.accounts.transfer_timer import wake_transfer
from services.chassis.service import Route, Service
from tests.scenario import NOON, arriving
from tests.unit.accounts.situations import ACCOUNT, NOURA, TOKEN, TRANSFER_REFERENCE
from tests.unit.accounts.test_service import Plain, accounts_with
from tests.unit.accounts.transfers import (
    DUES,
    FILED,
    GRANTED,
    NOURAS,
    OVER,
    READING,
    TIMER,
    TRANSFER,
    WAITING,
    consent,
    told,
)


@pytest.fixture
def service() -> Service:
    return accounts_with(transfer_consent_wait_s=7)


def route_of(service: Service, message: type) -> Route:
    (route,) = [route for route in service.routes if route.message is message]
    return route


@pytest.mark.parametrize("state", [*WAITING, *OVER], ids=lambda state: state.stage)
def test_A9_a_transfer_survives_its_document_with_the_account_encrypted(state: Transfer) -> None:
    adapter: TypeAdapter[Transfer] = TypeAdapter(Annotated[Transfer, Discriminator("stage")])
    text = adapter.dump_json(state, context=Plain())
    assert ACCOUNT.encode() not in text
    assert adapter.validate_json(text, context=Plain()) == state


@pytest.mark.parametrize(
    "incoming",
    [
        arriving(FILED, subject="customer:user-noura"),
        told(GRANTED),
        told(DUES),
        told(READING),
        consent(NOURAS),
        arriving(CancelTransfer(token=TOKEN, reference=TRANSFER_REFERENCE.lower().replace("-", " ")), customer=NOURA),
    ],
    ids=lambda incoming: type(incoming.body).__name__,
)
def test_A9_every_message_finds_its_transfer(service: Service, incoming: Any) -> None:
    assert route_of(service, type(incoming.body)).aggregate_of(incoming, lambda _, text: text) == TRANSFER


@pytest.mark.parametrize("typed", ["nonsense", "7K3M"])
def test_A8_what_is_no_reference_is_the_transfer_that_never_exists(service: Service, typed: str) -> None:
    route = route_of(service, CancelTransfer)
    incoming = arriving(CancelTransfer(token=TOKEN, reference=typed), customer=NOURA)
    assert route.aggregate_of(incoming, lambda _, text: text) == "transfer:none"
    assert (route.absent.public_reason, route.absent.reason) == ("reference-not-found", "transfer-absent")


def test_A9_an_answer_to_nobody_is_for_nobody(service: Service) -> None:
    other = consent(NOURAS, asked_by="supply:30012345678")
    assert route_of(service, ConsentGiven).aggregate_of(other, lambda _, text: text).endswith(":none")


async def test_A9_waits_are_as_long_as_the_settings_say(service: Service) -> None:
    (kind,) = [kind for kind in service.kinds if kind.name == "transfer"]
    assert kind.on_timer is wake_transfer
    assert kind.prepare_timer is not None
    route = route_of(service, SupplyGranted)
    assert route.prepare is not None
    for prepare, incoming in ((kind.prepare_timer, TIMER), (route.prepare, told(GRANTED))):
        facts: Any = await prepare(None, incoming, service.effects, NOON)
        assert facts.present == NOON
        assert facts.waits.consents == timedelta(seconds=7)
        assert facts.waits.days_ahead == 1
