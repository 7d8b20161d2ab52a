"""Requests of every kind and plans of instalments (A14-A17): which message leads to which decision."""

from typing import Any

from contracts import accounts_request_internal, accounts_v1, back_office, billing, requests
from contracts.decision import Incoming
from services.accounts.addressing import the_customer, the_reference_named, the_reference_typed, the_user_named
from services.accounts.askers import Asker, answer_route
from services.accounts.effects import (
    AccountsEffects,
    prepare_instalments,
    prepare_kind,
    prepare_reference,
    prepare_submission,
)
from services.accounts.instalment_door import give_no_quote, give_quote, request_instalments
from services.accounts.instalment_states import InstalmentTerms, Plan
from services.accounts.instalments import (
    PLAN_ABSENT,
    accept_plan,
    agree_plan,
    open_plan,
    plan_due_at,
    quote_plan,
    refuse_plan,
    refuse_unknown_account,
    settle_plan,
)
from services.accounts.request import (
    REQUEST_ABSENT,
    Request,
    open_request,
    progress_request,
    tell_again,
    tell_again_at,
    withdraw_request,
)
from services.accounts.submitting import report_danger, submit_request
from services.chassis.service import KeyedHash, Kind, Route


def the_offer(_: Incoming[Any], __: KeyedHash) -> str:
    """Questions about the kinds on offer have an aggregate that never exists."""
    return "request:kinds"


def request_kinds() -> tuple[Kind, ...]:
    """`request:<reference number>` and `plan:<reference number>`."""
    return (
        Kind("request", Request, due_at=tell_again_at, on_timer=tell_again),
        Kind("plan", Plan, due_at=plan_due_at, on_timer=settle_plan),
    )


def request_routes(terms: InstalmentTerms, effects: AccountsEffects) -> tuple[Route, ...]:
    """Any kind of request: submitted, worked on, taken back (A15-A17)."""
    prepare_terms = prepare_instalments(terms)
    return (
        Route(requests.AskRequestKinds, the_offer, effects.kinds.on_asked, creates=True),
        Route(requests.SubmitRequest, the_customer, submit_request, prepare_submission, creates=True),  # A15-A17
        Route(requests.ReportDanger, the_customer, report_danger, prepare_submission, creates=True),  # A16
        Route(
            accounts_request_internal.RequestFiled,
            the_reference_named("request"),
            open_request,
            prepare_kind,
            creates=True,
        ),
        answer_route(back_office.CaseProgressed, creates=True, request=Asker(progress_request, prepare_kind)),
        Route(
            requests.WithdrawRequest,
            the_reference_typed("request"),
            withdraw_request,
            prepare_kind,
            absent=REQUEST_ABSENT,
        ),
        Route(requests.RequestInstalments, the_customer, request_instalments, prepare_reference, creates=True),  # A14
        Route(accounts_v1.RequestInstalments, the_customer, request_instalments, prepare_reference, creates=True),
        Route(accounts_request_internal.PlanFiled, the_reference_named("plan"), open_plan, prepare_terms, creates=True),
        Route(accounts_request_internal.PlanQuoted, the_user_named, give_quote),
        Route(accounts_request_internal.PlanDenied, the_user_named, give_no_quote),
        Route(requests.AcceptInstalments, the_reference_typed("plan"), accept_plan, prepare_terms, absent=PLAN_ABSENT),
        answer_route(billing.PlanAgreed, plan=Asker(agree_plan)),
        answer_route(billing.PlanRefused, plan=Asker(refuse_plan)),
    )


def plan_askers(terms: InstalmentTerms) -> dict[str, Asker]:
    """What a plan makes of answers that other kinds ask for, too: by the name of the answer."""
    return {
        "DuesFound": Asker(quote_plan, prepare_instalments(terms)),
        "AccountUnknown": Asker(refuse_unknown_account),
    }
