"""Defining an account step by step, its reference, the request of a transfer (A1-A9, A11)."""

import json
from dataclasses import dataclass
from uuid import uuid4

from contracts.accounts import (
    AcceptServiceTerms,
    AccountAdded,
    AddAccount,
    BeneficiaryDeclared,
    CompleteDefinition,
    ConfirmReview,
    DeclareBeneficiary,
    DefinitionCompleted,
    DefinitionReviewed,
    DefinitionStarted,
    DuesShown,
    InquireReference,
    ReferenceFound,
    RequestTransfer,
    ReviewConfirmed,
    ReviewDefinition,
    ServiceTermsAccepted,
    ShowDues,
    StartDefinition,
    TransferAccepted,
)
from contracts.sealed import Sealed
from deploy.local.client import Client
from deploy.local.journey.journal import Journal
from services.accounts.service_terms import CURRENT_VERSION, Language, text_hash


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who has logged in by a channel."""

    journal: Journal
    token: str
    language: Language

    @property
    def client(self) -> Client:
        """The channel."""
        return self.journal.client

    @property
    def sealed_token(self) -> Sealed:
        """The session's token, to be sealed to whoever is asked."""
        return Sealed.of(self.token)

    def terms(self) -> AcceptServiceTerms:
        """A6, in this person's language."""
        return AcceptServiceTerms(
            token=self.sealed_token,
            version=CURRENT_VERSION,
            language=self.language,
            text_hash=text_hash(CURRENT_VERSION, self.language) or "",
        )


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
    dues = await say("The amounts due from me", "A5", ShowDues(token=token), key=flow, expected=DuesShown)
    body = dues.body
    assert isinstance(body, DuesShown)
    total = sum(due.amount_halalas for due in body.dues)
    who.journal.note("They add up", "A5", f"{len(body.dues)} dues", f"{2 if total == body.total_halalas else 0} dues")
    await say("Accept the service's terms", "A6", who.terms(), key=flow, expected=ServiceTermsAccepted)
    completed = await say("Complete", "A7 A20", complete, key=flow, expected=DefinitionCompleted)
    assert isinstance(completed.body, DefinitionCompleted)
    return completed.body.reference


async def define_directly(who: Customer, account: str) -> str:
    """A1-A7 the straight way. Returns the reference number."""
    say, token, flow = who.journal.ask, who.sealed_token, str(uuid4())
    add = AddAccount(token=token, identifier_kind="account-number", identifier=account)
    await say("Define now: I am a tenant", "A1", StartDefinition(token=token, relation="tenant"), key=flow,
              expected=DefinitionStarted)  # fmt: skip
    await say("Add the account", "A2", add, key=flow, expected=AccountAdded)
    await say("Confirm", "A3", ConfirmReview(token=token), key=flow, expected=ReviewConfirmed)
    declare = DeclareBeneficiary(token=token, is_actual_beneficiary=True)
    await say("I am the actual beneficiary", "A4", declare, key=flow, expected=BeneficiaryDeclared)
    await say("The amounts due from me", "A5", ShowDues(token=token), key=flow, expected=DuesShown)
    await say("Accept the service's terms", "A6", who.terms(), key=flow, expected=ServiceTermsAccepted)
    done = await say("Complete", "A7", CompleteDefinition(token=token), key=flow, expected=DefinitionCompleted)
    assert isinstance(done.body, DefinitionCompleted)
    return done.body.reference


async def inquiries(who: Customer, other: Customer, reference: str) -> str:
    """A8 by the owner and by somebody else; A9's first step. Returns the transfer's own reference."""
    say, token, key = who.journal.ask, who.sealed_token, str(uuid4())
    await inquire(who, "Ask by the reference number", reference, key, [])
    theirs = InquireReference(token=other.sealed_token, answer_key=other.client.answer_key, reference=reference)
    answered = await other.client.ask(theirs, key=str(uuid4()))
    who.journal.note("Somebody else asks by it", "A8 J4", "reference-not-found", answered.outcome,
                     answered.milliseconds, (answered.sent.id,))  # fmt: skip
    transfer = RequestTransfer(token=token, reference=reference)
    accepted = await say("Ask for the transfer", "A9 A11", transfer, key=key, expected=TransferAccepted)
    assert isinstance(accepted.body, TransferAccepted)
    await say("Ask for it once more", "A9", transfer, key=key, expected="already-requested")
    await inquire(who, "Ask by the transfer's own reference", accepted.body.reference, key, ["transfer"])
    return accepted.body.reference


async def inquire(who: Customer, title: str, reference: str, key: str, requests: list[str]) -> None:
    """A8: a reference number is asked about as it is read over the phone."""
    question = InquireReference(
        token=who.sealed_token, answer_key=who.client.answer_key, reference=reference.lower().replace("-", " ")
    )
    found = await who.journal.ask(title, "A8 A20", question, key=key, expected=ReferenceFound)
    inquiry = json.loads(who.client.open(found, "inquiry"))
    shown = [request["kind"] for request in inquiry["requests"]]
    same = "the same reference" if inquiry["reference"] == reference else "another reference"
    who.journal.note("It answers about", "A8", _about("the same reference", requests), _about(same, shown))


async def _review(who: Customer, flow: str, account: str) -> None:
    review = ReviewDefinition(token=who.sealed_token, answer_key=who.client.answer_key)
    shown = await who.journal.ask("Review my own data", "A3", review, key=flow, expected=DefinitionReviewed)
    given = {"relation": "owner", "identifier_kind": "account-number", "identifier": account}
    opened = json.loads(who.client.open(shown, "review"))
    who.journal.note("It is what was given, nothing else", "A3", _fields(given), _fields(opened))


def _about(reference: str, requests: list[str]) -> str:
    return f"{reference}; requests: {', '.join(requests) or 'none'}"


def _fields(shown: dict[str, str]) -> str:
    return ", ".join(f"{name} {shown[name]}" for name in sorted(shown))
