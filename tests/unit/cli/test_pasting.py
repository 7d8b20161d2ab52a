"""A command that is pasted as it was printed is accepted by the real decision, whatever that knows of its sender."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.accounts import AcceptServiceTerms, AddAccount, ServiceTermsAccepted
from contracts.billing import DuesFound, PartyFound
from contracts.broadcasts import StartBroadcast
from contracts.identity import AcceptTerms, StartRegistration
from contracts.message import Command, CustomerCommand, Message
from contracts.metering import IntervalReadings
from contracts.reports import RequestConsumptionReport, RequestPaymentReport, RequestStatement
from contracts.requests import SubmitRequest
from contracts.samples import PUBLIC_KEY_SAMPLE
from contracts.values.account_number import judge_account_identifier
from contracts.values.rejected import Rejected
from deploy.cli.arguments import parse
from deploy.cli.fields import body_of, read_fields
from deploy.cli.message_types import sendable, writers_of
from deploy.cli.pasting import paste_of
from deploy.cli.sending import DEFAULT_CHANNEL
from deploy.local.terms import terms_in_force
from services.accounts.definition import accept_service_terms
from services.accounts.dues import show_found_dues
from services.accounts.supply import ask_for_party, take_party
from services.identity.person import judge_stated
from services.identity.policy import TermsVersion
from services.identity.registration import accept_terms
from services.notifications.broadcast_order import judge_order
from services.reports.asked_period import judge_period
from services.reports.meter import judge_block
from tests.scenario import NOON, arriving, given
from tests.unit.accounts.situations import AWAITING_DUES, INFORMED, KINDS, NOURA
from tests.unit.accounts.supplies import FACTS as SUPPLY_FACTS
from tests.unit.accounts.supplies import NEW_SUPPLY, lodged
from tests.unit.identity.situations import BIRTH_DATE, CITIZEN, FACTS, accepting_terms


def pasted(message: type[Message], **known: Any) -> Any:
    """What is sent by the command that is shown, its prompts answered; `known` is what only its sender knows."""
    given_to_it = parse(shlex.split(paste_of(message))[1:])
    values = read_fields(message, given_to_it.fields, lambda _: "-")
    if issubclass(message, CustomerCommand):
        values["token"] = "-"
    if "answer_key" in message.model_fields:
        values["answer_key"] = PUBLIC_KEY_SAMPLE
    return body_of(message, values).model_copy(update=known)


@pytest.mark.parametrize("message", sendable(), ids=lambda message: message.type_name)
def test_law12_a_pasted_command_names_a_sender_who_may_write_it(message: type[Message]) -> None:
    sender = parse(shlex.split(paste_of(message))[1:]).sender
    assert (sender or DEFAULT_CHANNEL) in writers_of(message)
    assert (sender is None) == (issubclass(message, Command) and DEFAULT_CHANNEL in writers_of(message))


def test_I1_I2_a_pasted_registration_states_what_an_individual_states() -> None:
    opened = {"identity_number": CITIZEN, "birth_date": BIRTH_DATE}
    stated = judge_stated(arriving(pasted(StartRegistration), opened=opened))
    assert not isinstance(stated, Rejected), stated.reason


def test_I8_pasted_terms_are_those_of_local_runs() -> None:
    terms = tuple(TermsVersion(**text) for text in terms_in_force())
    facts = replace(FACTS, policy=replace(FACTS.policy, terms=terms))
    scene = given(accepting_terms).when(accept_terms, arriving(pasted(AcceptTerms)), facts)
    assert scene.state.terms.text_hash == terms[0].text_hash


def test_A6_pasted_service_terms_are_those_in_force() -> None:
    scene = given(INFORMED).when(accept_service_terms, arriving(pasted(AcceptServiceTerms), customer=NOURA))
    scene.then(ServiceTermsAccepted(next_step="complete"))


def test_N4_a_pasted_broadcast_goes_out_now_to_a_list() -> None:
    order, now = pasted(StartBroadcast), datetime.now(UTC)
    assert judge_order(order, now, now, frozenset()) is None
    assert (order.regions, order.user_ids) == ((), ("nobody",))


def test_A2_a_pasted_account_is_one() -> None:
    body = pasted(AddAccount)
    assert not isinstance(judge_account_identifier(body.identifier_kind, body.identifier), Rejected)


def test_A15_a_pasted_request_is_of_a_kind_that_is_on_offer() -> None:
    assert pasted(SubmitRequest).kind in KINDS.offered


@pytest.mark.parametrize("message", [RequestConsumptionReport, RequestPaymentReport, RequestStatement])
def test_R1_a_pasted_report_is_of_a_period_that_is_over(message: type[Message]) -> None:
    body = pasted(message)
    assert not isinstance(judge_period(body.first_month, body.last_month, NOON.date()), Rejected)


def test_R5_pasted_readings_fill_their_day() -> None:
    block = judge_block(pasted(IntervalReadings), NOON)
    assert not isinstance(block, Rejected), block.reason


def test_A5_pasted_dues_add_up() -> None:
    found = pasted(DuesFound, user_id=NOURA.user_id)
    scene = given(AWAITING_DUES).when(show_found_dues, arriving(found, correlation_id=AWAITING_DUES.command_id))
    assert isinstance(scene.state, type(INFORMED)), scene.state


def test_A10_a_pasted_party_has_a_first_day() -> None:
    scene = given(NEW_SUPPLY).when(ask_for_party, lodged(), SUPPLY_FACTS)
    scene = scene.when(take_party, arriving(pasted(PartyFound, user_id=NOURA.user_id)))
    assert [each.user_id for each in scene.state.relations.liable] == [NOURA.user_id]
