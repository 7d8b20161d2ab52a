from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Discriminator, SecretStr, TypeAdapter

from contracts import accounts, accounts_v1, billing
from contracts.accounts import AddAccount, CompleteDefinition, ReviewDefinition
from contracts.back_office import CaseProgressed
from contracts.message import CATALOGUE as MESSAGES
from contracts.message import Command, Message
from contracts.topics import REPLAY
from services.accounts.customer import KnownCustomer
from services.accounts.definition import ABSENT, Definition
from services.accounts.effects import AccountsEffects
from services.accounts.service import accounts_service
from services.accounts.settings import AccountsSettings
from services.chassis.service import Service
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import (
    ASKER,
    CLAIM,
    EVERY_STAGE,
    KEY,
    KINDS,
    MOVING,
    NEWCOMER,
    NOURA,
    REFERENCE,
    TOKEN,
    dues_found,
)


class Plain:
    """Stands for a document's cipher."""

    def encrypt(self, text: str, field: str) -> str:
        return text[::-1]

    def decrypt(self, text: str, field: str) -> str:
        return text[::-1]


def accounts_with(**settings: Any) -> Service:
    """The service as an operator has set it."""
    needed = AccountsSettings(
        kafka_bootstrap="localhost:9092",
        mongo_uri=SecretStr("mongodb://localhost"),
        database="accounts",
        keys_folder=Path("keys"),
        key_fingerprints={},
        http_port=0,
        **settings,
    )
    return accounts_service(needed, AccountsEffects(KEY, KINDS))


@pytest.fixture
def service() -> Service:
    return accounts_with(dues_wait_s=7)


def aggregate_of(service: Service, incoming: Any) -> str:
    (route,) = [route for route in service.routes if route.message is type(incoming.body)]
    return route.aggregate_of(incoming, lambda purpose, text: "0" * 32)


def test_J3_every_command_of_accounts_has_one_route(service: Service) -> None:
    commands = {each for each in MESSAGES.values() if each.service == "accounts" and issubclass(each, Command)}
    commands -= {each for each in commands if each.topic is REPLAY["accounts"]}  # the chassis carries out orders itself
    routed = [route.message for route in service.routes]
    assert commands <= set(routed)
    assert len(set(routed)) == len(routed)


def test_J3_every_route_is_heard_on_a_lane(service: Service) -> None:
    heard = {lane.topic.name for lane in service.lanes} - {REPLAY["accounts"].name}
    assert {route.message.topic.name for route in service.routes} == heard


def test_A8_a_message_finds_its_one_aggregate(service: Service) -> None:
    inquiry = accounts.InquireReference(token=TOKEN, answer_key="{" + "x" * 40 + "}", reference="x")
    denied = accounts.DefinitionDenied(flow_id="flow-1", reason="already-defined")
    definition, customer = "definition:flow-1", f"customer:{NOURA.user_id}"
    assert (
        aggregate_of(service, arriving(accounts.ShowDues(token=TOKEN, answer_key=ASKER), customer=NOURA)) == definition
    )
    assert aggregate_of(service, arriving(dues_found(), subject="anything")) == definition
    assert aggregate_of(service, arriving(denied, subject=customer)) == definition
    assert aggregate_of(service, arriving(CLAIM, subject=definition)) == customer
    assert aggregate_of(service, arriving(inquiry, subject="session-9", customer=NOURA)) == customer


@pytest.mark.parametrize("asked_by", [f"transfer:{REFERENCE.replace('-', '')}", "nobody"])
async def test_A16_progress_of_what_is_no_request_is_refused_and_parks_nothing(service: Service, asked_by: str) -> None:
    (route,) = [route for route in service.routes if route.message is CaseProgressed]
    assert route.creates, "the back office may be quicker than the filing, so this is decided on nothing"
    assert route.prepare is not None
    progress = arriving(CaseProgressed(asked_by=asked_by, case_id=REFERENCE, step="assigned"), source="back-office")
    assert aggregate_of(service, progress) == "request:none"
    facts = await route.prepare(None, progress, service.effects, NOON)
    given(None).when(route.decide, progress, facts).then_refused("not-found", "asker-unknown")


@pytest.mark.parametrize(
    "ask", [accounts.ShowDues(token=TOKEN, answer_key=ASKER), accounts_v1.ShowDues(token=TOKEN)], ids=["v2", "v1"]
)
async def test_A5_billing_is_waited_for_as_long_as_the_setting_says(service: Service, ask: Message) -> None:
    (route,) = [route for route in service.routes if route.message is type(ask)]
    assert route.prepare is not None
    facts: Any = await route.prepare(None, arriving(ask), service.effects, NOON)
    assert (facts.give_up_at - NOON).total_seconds() == 7
    assert billing.DuesFound in {route.message for route in service.routes}


@pytest.mark.parametrize("state", EVERY_STAGE, ids=lambda state: state.stage)
def test_A3_a_definition_survives_its_document_with_the_account_encrypted(state: Definition) -> None:
    adapter: TypeAdapter[Definition] = TypeAdapter(Annotated[Definition, Discriminator("stage")])
    text = adapter.dump_json(state, context=Plain())
    assert b"30012345678" not in text
    assert adapter.validate_json(text, context=Plain()) == state


@pytest.mark.parametrize("state", [NEWCOMER, MOVING], ids=["newcomer", "moving"])
def test_A8_a_customer_survives_its_document_with_the_accounts_encrypted(state: KnownCustomer) -> None:
    adapter = TypeAdapter(KnownCustomer)
    text = adapter.dump_json(state, context=Plain())
    assert b"30012345678" not in text
    assert adapter.validate_json(text, context=Plain()) == state


def test_A3_A11_a_step_of_no_definition_says_where_to_begin(service: Service) -> None:
    steps = [route for route in service.routes if route.absent == ABSENT]
    assert {route.message for route in steps} >= {AddAccount, ReviewDefinition, CompleteDefinition}
    assert (ABSENT.public_reason, ABSENT.reason, ABSENT.missing_step) == (
        "not-found",
        "definition-absent",
        "start-definition",
    )
