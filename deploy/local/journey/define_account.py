"""Defining an account step by step, its reference, the request of a transfer (A1-A9, A11)."""

import asyncio
import json
from typing import Final
from uuid import uuid4

from contracts.accounts import (
    AccountAdded,
    AddAccount,
    BeneficiaryDeclared,
    CompleteDefinition,
    ConfirmReview,
    DeclareBeneficiary,
    DefinitionCompleted,
    DefinitionReviewed,
    DefinitionStarted,
    Dues,
    DuesShown,
    InquireReference,
    ReferenceFound,
    Relation,
    RequestTransfer,
    ReviewConfirmed,
    ReviewDefinition,
    ServiceTermsAccepted,
    ShowDues,
    StartDefinition,
)
from deploy.local.client import Answered
from deploy.local.journey.cast import Customer

INQUIRIES_AT_MOST: Final = 100
BETWEEN_INQUIRIES_S: Final = 0.2


async def define_account(who: Customer, account: str) -> str:
    """A1-A7 with what comes too early on the way (J2). Returns the reference number."""
    say, token, flow = who.journal.ask, who.sealed_token, str(uuid4())
    start = StartDefinition(token=token, relation="owner")
    await say("Define now: I am the owner", "A1", start, key=flow, expected=DefinitionStarted)
    confirm = ConfirmReview(token=token)
    await say("Confirm before an account is added", "J2", confirm, key=flow, expected="step-missing (add-account)")
    typo = AddAccount(token=token, identifier_kind="account-number", identifier=account[:-1])
    await say("An account number with a digit missing", "A2", typo, key=flow, expected="account-number-not-accepted")
    add = AddAccount(token=token, identifier_kind="account-number", identifier=f"{account[:5]} {account[5:]}")
    await say("Add the account", "A2", add, key=flow, expected=AccountAdded)
    await _review(who, flow, account)
    await say("Confirm what was reviewed", "A3", confirm, key=flow, expected=ReviewConfirmed)
    early = RequestTransfer(token=token, reference="AAAA-AAAA-AAAA-AAAA")
    await say("A transfer before an account is defined", "A11 J2", early, key=flow,
              expected="step-missing (define-account)")  # fmt: skip
    declare = DeclareBeneficiary(token=token, is_actual_beneficiary=True)
    await say("I am the actual beneficiary", "A4", declare, key=flow, expected=BeneficiaryDeclared)
    complete = CompleteDefinition(token=token)
    await say("Complete before the dues are shown", "J2", complete, key=flow, expected="step-missing (show-dues)")
    show = ShowDues(token=token, answer_key=who.client.answer_key)
    shown = await say("The amounts due from me", "A5", show, key=flow, expected=DuesShown)
    dues = Dues.model_validate_json(who.client.open(shown, "dues"))
    who.journal.adds_up("They add up", "A5", dues.total_halalas, sum(due.amount_halalas for due in dues.dues))
    await say("Accept the service's terms", "A6", who.terms(), key=flow, expected=ServiceTermsAccepted)
    completed = await say("Complete", "A7 A20", complete, key=flow, expected=DefinitionCompleted)
    assert isinstance(completed.body, DefinitionCompleted)
    return completed.body.reference


async def define_directly(who: Customer, account: str, relation: Relation, title: str) -> str:
    """A1-A7 the straight way, as the actual beneficiary. Returns the reference number."""
    token, flow = who.sealed_token, str(uuid4())
    add = AddAccount(token=token, identifier_kind="account-number", identifier=account)
    declare = DeclareBeneficiary(token=token, is_actual_beneficiary=True)
    start = StartDefinition(token=token, relation=relation)
    await who.ask(title, "A1", start, DefinitionStarted, flow)
    await who.ask("Add the account", "A2", add, AccountAdded, flow)
    await who.ask("Confirm", "A3", ConfirmReview(token=token), ReviewConfirmed, flow)
    await who.ask("I am the actual beneficiary", "A4", declare, BeneficiaryDeclared, flow)
    show = ShowDues(token=token, answer_key=who.client.answer_key)
    await who.ask("The amounts due from me", "A5", show, DuesShown, flow)
    await who.ask("Accept the service's terms", "A6", who.terms(), ServiceTermsAccepted, flow)
    done = await who.ask("Complete", "A7", CompleteDefinition(token=token), DefinitionCompleted, flow)
    assert isinstance(done.body, DefinitionCompleted)
    return done.body.reference


async def inquiries(who: Customer, other: Customer, reference: str) -> None:
    """A8 by the owner and by somebody else."""
    key = str(uuid4())
    await inquire(who, "Ask by the reference number", reference, key, [])
    theirs = InquireReference(token=other.sealed_token, answer_key=other.client.answer_key, reference=reference)
    await other.with_journal(who.journal).ask("Somebody else asks by it", "A8 J4", theirs, "reference-not-found", key)


async def inquire(who: Customer, title: str, reference: str, key: str, requests: list[str]) -> None:
    """A8: a reference number is asked about as it is read over the phone. A state is known here some milliseconds after
    its `RequestMoved` (the two are of different aggregates): until then the question is asked again."""
    question = InquireReference(
        token=who.sealed_token, answer_key=who.client.answer_key, reference=reference.lower().replace("-", " ")
    )
    expected, tries = _about("the same reference", requests), 0
    while True:
        found = await who.client.ask(question, key=key)
        got = _answer_about(who, found, reference) if found.outcome == ReferenceFound.__name__ else expected
        tries += 1
        if got == expected or tries == INQUIRIES_AT_MOST:
            break
        await asyncio.sleep(BETWEEN_INQUIRIES_S)
    who.journal.note(title, "A8 A20", ReferenceFound.__name__, found.outcome, found.milliseconds, (found.sent.id,))
    who.journal.note("It answers about", "A8", expected, got)


def _answer_about(who: Customer, found: Answered, reference: str) -> str:
    inquiry = json.loads(who.client.open(found, "inquiry"))
    shown = sorted(f"{request['kind']} {request['state']}" for request in inquiry["requests"])
    return _about("the same reference" if inquiry["reference"] == reference else "another reference", shown)


async def _review(who: Customer, flow: str, account: str) -> None:
    review = ReviewDefinition(token=who.sealed_token, answer_key=who.client.answer_key)
    shown = await who.journal.ask("Review my own data", "A3", review, key=flow, expected=DefinitionReviewed)
    given = {"relation": "owner", "identifier_kind": "account-number", "identifier": account}
    opened = json.loads(who.client.open(shown, "review"))
    same = "what was given" if opened == given else ", ".join(sorted(opened))
    who.journal.note("It is what was given, nothing else", "A3", "what was given", same)


def _about(reference: str, requests: list[str]) -> str:
    return f"{reference}; requests: {', '.join(requests) or 'none'}"
