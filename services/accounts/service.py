"""Accounts: which message leads to which decision. Start reading here."""

from contracts import (
    accounts,
    accounts_request_internal,
    accounts_supply_internal,
    accounts_v1,
    billing,
    identity,
    identity_sessions,
    registry,
    topics,
)
from services.accounts.addressing import (
    the_customer,
    the_flow,
    the_flow_named,
    the_user_named,
)
from services.accounts.askers import Asker, answer_route
from services.accounts.completion import complete_definition, finish_definition, refuse_completion
from services.accounts.customer import KnownCustomer, note_address, note_relation, take_in_definition
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
from services.accounts.door import note_request
from services.accounts.dues import due_at, give_up_on_dues, refuse_unknown_account, show_dues, show_found_dues
from services.accounts.effects import AccountsEffects, prepare_dues, prepare_reference
from services.accounts.inquiry import inquire_reference
from services.accounts.request_table import plan_askers, request_kinds, request_routes
from services.accounts.settings import AccountsSettings
from services.accounts.supply_table import (
    EVIDENCE_CONFIRMED,
    EVIDENCE_NOT_CONFIRMED,
    supply_kinds,
    supply_routes,
)
from services.accounts.transfer_table import transfer_askers, transfer_kind, transfer_routes
from services.chassis.service import Kind, Lane, Route, Service

LANES = (
    Lane("commands", topics.ACCOUNTS_COMMANDS),
    Lane("danger", topics.ACCOUNTS_DANGER, urgent=True),
    Lane("internal", topics.ACCOUNTS_INTERNAL),
    Lane("billing", topics.BILLING_ANSWERS),
    Lane("metering", topics.METERING_ANSWERS),
    Lane("evidence", topics.REGISTRY_EVIDENCE_ANSWERS),
    Lane("back-office", topics.BACK_OFFICE_ANSWERS),
    Lane("consents", topics.IDENTITY_CONSENTS),
    Lane("identity", topics.IDENTITY_EVENTS),
    Lane("replay", topics.REPLAY["accounts"]),
)


def accounts_service(settings: AccountsSettings, effects: AccountsEffects) -> Service:
    """The whole service: its table of contents, a table for each capability."""
    waits = settings.transfer_waits
    kinds = (
        Kind("definition", Definition, due_at=due_at, on_timer=give_up_on_dues),
        Kind("customer", KnownCustomer),
        transfer_kind(waits),
        *supply_kinds(settings),
        *request_kinds(),
    )
    routes = (
        *definitions(settings),
        *customers(),
        *transfer_routes(waits),
        *supply_routes(settings),
        *request_routes(settings.instalment_terms, effects),
        *shared_answers(settings),
    )
    return Service("accounts", LANES, kinds, routes, effects, perform={})


def definitions(settings: AccountsSettings) -> tuple[Route, ...]:
    """A person defines an account, step by step (A1-A7, A20)."""
    return (
        Route(accounts.StartDefinition, the_flow, start_definition, creates=True),  # A1
        Route(accounts.AddAccount, the_flow, add_account, absent=ABSENT),  # A2
        Route(accounts.ReviewDefinition, the_flow, review_definition, absent=ABSENT),  # A3
        Route(accounts.ConfirmReview, the_flow, confirm_review, absent=ABSENT),  # A3
        Route(accounts.DeclareBeneficiary, the_flow, declare_beneficiary, absent=ABSENT),  # A4
        Route(accounts.ShowDues, the_flow, show_dues, prepare_dues(settings.dues_wait), absent=ABSENT),  # A5
        Route(accounts_v1.ShowDues, the_flow, show_dues, prepare_dues(settings.dues_wait), absent=ABSENT),  # A5
        Route(accounts.AcceptServiceTerms, the_flow, accept_service_terms, absent=ABSENT),  # A6
        Route(accounts.CompleteDefinition, the_flow, complete_definition, prepare_reference, absent=ABSENT),  # A7, A20
        Route(accounts.DefinitionClaimed, the_user_named, take_in_definition, creates=True),
        Route(accounts.DefinitionAdmitted, the_flow_named, finish_definition),
        Route(accounts.DefinitionDenied, the_flow_named, refuse_completion),
    )


def customers() -> tuple[Route, ...]:
    """What accounts knows of one customer (A8, A11)."""
    return (
        Route(identity.NationalAddressSaved, the_user_named, note_address, creates=True),  # A11
        Route(accounts_supply_internal.RelationNoted, the_user_named, note_relation),  # A18
        Route(accounts_request_internal.RequestNoted, the_user_named, note_request),  # A8
        Route(accounts.InquireReference, the_customer, inquire_reference, creates=True),  # A8
    )


def shared_answers(settings: AccountsSettings) -> tuple[Route, ...]:
    """Neighbours' answers to questions that several kinds ask."""
    transfer, plan = transfer_askers(settings.transfer_waits), plan_askers(settings.instalment_terms)
    return (
        answer_route(
            billing.DuesFound,
            definition=Asker(show_found_dues),
            transfer=transfer["DuesFound"],
            plan=plan["DuesFound"],
        ),
        answer_route(
            billing.AccountUnknown,
            definition=Asker(refuse_unknown_account),
            transfer=transfer["AccountUnknown"],
            plan=plan["AccountUnknown"],
        ),
        answer_route(registry.EvidenceConfirmed, transfer=transfer["EvidenceConfirmed"], evidence=EVIDENCE_CONFIRMED),
        answer_route(
            registry.EvidenceNotConfirmed, transfer=transfer["EvidenceNotConfirmed"], evidence=EVIDENCE_NOT_CONFIRMED
        ),
        answer_route(identity_sessions.ConsentGiven, transfer=transfer["ConsentGiven"]),
        answer_route(identity_sessions.ConsentNotGiven, transfer=transfer["ConsentNotGiven"]),
    )
