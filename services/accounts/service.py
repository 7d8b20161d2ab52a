"""Accounts: which message leads to which decision. Start reading here."""

from typing import Any

from contracts import accounts, billing, identity, topics
from contracts.decision import Incoming
from services.accounts.completion import complete_definition, finish_definition, refuse_completion
from services.accounts.customer import KnownCustomer, note_address, take_in_definition
from services.accounts.definition import (
    ABSENT,
    Definition,
    accept_service_terms,
    add_account,
    confirm_review,
    declare_beneficiary,
    review_definition,
    start_definition,
)
from services.accounts.dues import due_at, give_up_on_dues, refuse_unknown_account, show_dues, show_found_dues
from services.accounts.effects import AccountsEffects, prepare_dues, prepare_reference
from services.accounts.inquiry import inquire_reference
from services.accounts.settings import AccountsSettings
from services.accounts.transfer import request_transfer
from services.chassis.service import KeyedHash, Kind, Lane, Route, Service

LANES = (
    Lane("commands", topics.ACCOUNTS_COMMANDS),
    Lane("internal", topics.ACCOUNTS_INTERNAL),
    Lane("billing", topics.BILLING_ANSWERS),
    Lane("identity", topics.IDENTITY_EVENTS),
)


def the_flow(incoming: Incoming[Any], _: KeyedHash) -> str:
    """A customer's command is for the definition whose flow it is keyed by."""
    return f"definition:{incoming.subject}"


def the_flow_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An internal message names the flow it is for."""
    return f"definition:{incoming.body.flow_id}"


def the_asker(incoming: Incoming[Any], _: KeyedHash) -> str:
    """Billing's answer is for the definition that asked."""
    return f"definition:{incoming.body.asked_by.removeprefix('definition:')}"


def the_customer(incoming: Incoming[Any], _: KeyedHash) -> str:
    """The person whom the verified session token speaks for."""
    return f"customer:{incoming.who.user_id}"


def the_user_named(incoming: Incoming[Any], _: KeyedHash) -> str:
    """An event names the person it is about."""
    return f"customer:{incoming.body.user_id}"


KINDS = (
    Kind("definition", Definition, due_at=due_at, on_timer=give_up_on_dues),
    Kind("customer", KnownCustomer),
)


def accounts_service(settings: AccountsSettings, effects: AccountsEffects) -> Service:
    """The whole service (A1-A8, A11, A20, and A9's first step)."""
    routes = (
        Route(accounts.StartDefinition, the_flow, start_definition, creates=True),  # A1
        Route(accounts.AddAccount, the_flow, add_account, absent=ABSENT),  # A2
        Route(accounts.ReviewDefinition, the_flow, review_definition, absent=ABSENT),  # A3
        Route(accounts.ConfirmReview, the_flow, confirm_review, absent=ABSENT),  # A3
        Route(accounts.DeclareBeneficiary, the_flow, declare_beneficiary, absent=ABSENT),  # A4
        Route(accounts.ShowDues, the_flow, show_dues, prepare_dues(settings.dues_wait), absent=ABSENT),  # A5
        Route(billing.DuesFound, the_asker, show_found_dues),
        Route(billing.AccountUnknown, the_asker, refuse_unknown_account),
        Route(accounts.AcceptServiceTerms, the_flow, accept_service_terms, absent=ABSENT),  # A6
        Route(accounts.CompleteDefinition, the_flow, complete_definition, prepare_reference, absent=ABSENT),  # A7, A20
        Route(accounts.DefinitionClaimed, the_user_named, take_in_definition, creates=True),
        Route(accounts.DefinitionAdmitted, the_flow_named, finish_definition),
        Route(accounts.DefinitionDenied, the_flow_named, refuse_completion),
        Route(identity.NationalAddressSaved, the_user_named, note_address, creates=True),  # A11
        Route(accounts.InquireReference, the_customer, inquire_reference, creates=True),  # A8
        Route(accounts.RequestTransfer, the_customer, request_transfer, prepare_reference, creates=True),  # A9
    )
    return Service("accounts", LANES, KINDS, routes, effects, perform={})
