"""What customers do with their account: define a supply, ask for things, move it to somebody else, get reports."""

import asyncio
import json
from datetime import timedelta
from typing import Any

from contracts import accounts, broadcasts, identity_sessions, reports, requests, transfers
from contracts.billing import Due
from contracts.sealed import Sealed
from services.accounts.service_terms import CURRENT_VERSION, text_hash
from tests.simulation.customer import Customer, GivesUp
from tests.simulation.neighbours import Neighbours
from tests.simulation.process import PUBLIC_KEY
from tests.simulation.virtual_time import broker_time, pause

NEWS_FIRST = ("step-missing", "reference-not-found")
"""Refusals of what is asked before the news of an earlier step has come through."""


async def define(who: Customer, account: str, relation: accounts.Relation) -> str:
    """A1-A7. Returns the reference number."""
    token, flow = who.sealed_token, who.channel.new_id()
    add = accounts.AddAccount(token=token, identifier_kind="account-number", identifier=account)
    declare = accounts.DeclareBeneficiary(token=token, is_actual_beneficiary=True)
    if who.is_hasty:
        await who.channel.ask_too_early(accounts.ConfirmReview(token=token), flow)
    await who.ask(accounts.StartDefinition(token=token, relation=relation), accounts.DefinitionStarted, flow)
    await who.ask(add, accounts.AccountAdded, flow)
    await who.ask(accounts.ConfirmReview(token=token), accounts.ReviewConfirmed, flow)
    await who.ask(declare, accounts.BeneficiaryDeclared, flow)
    return await complete(who, flow)


async def complete(who: Customer, flow: str) -> str:
    """A definition's last steps. Returns the reference number."""
    token = who.sealed_token
    terms = accounts.AcceptServiceTerms(
        token=token, version=CURRENT_VERSION, language="en", text_hash=text_hash(CURRENT_VERSION, "en") or ""
    )
    await who.ask(accounts.ShowDues(token=token, answer_key=PUBLIC_KEY), accounts.DuesShown, flow)
    await who.ask(terms, accounts.ServiceTermsAccepted, flow)
    return (await who.ask(accounts.CompleteDefinition(token=token), accounts.DefinitionCompleted, flow)).reference


async def make_a_request(who: Customer, reference: str) -> None:
    """A15, A16: one kind or another."""
    if who.chance.random() < 0.3:
        form = Sealed.of(json.dumps({"danger": "fallen-line", "place": "Behind the school", "people_hurt": False}))
        danger = requests.ReportDanger(token=who.sealed_token, reference=reference, form=form)
        await who.ask(danger, requests.RequestAccepted, again_on=NEWS_FIRST)
        return
    form = Sealed.of(json.dumps({"about": "bill", "description": "Higher than the meter shows."}))
    complaint = requests.SubmitRequest(token=who.sealed_token, reference=reference, kind="complaint", form=form)
    await who.ask(complaint, requests.RequestAccepted, again_on=NEWS_FIRST)


async def pay_in_parts(who: Customer, neighbours: Neighbours, reference: str, account: str) -> None:
    """A14."""
    today = broker_time().date()
    first, last = (today.replace(day=1) - timedelta(days=31)).replace(day=1), today.replace(day=1) - timedelta(days=1)
    due = Due(what_for="consumption", period_from=first, period_to=last, amount_halalas=61_150, due_date=today)
    neighbours.billing.owe(account, who.user_id, (due,))
    parts = who.chance.choice((2, 3, 7))
    ask = requests.RequestInstalments(token=who.sealed_token, reference=reference, parts=parts, answer_key=PUBLIC_KEY)
    quote = await who.ask(ask, requests.InstalmentsQuoted, again_on=NEWS_FIRST)
    accept = requests.AcceptInstalments(token=who.sealed_token, reference=quote.reference)
    await who.ask(accept, requests.InstalmentsAgreed, again_on=("reference-not-found",))


async def report(who: Customer, account: str) -> None:
    """R2, R3: a payment report, or a statement."""
    month = f"{broker_time():%Y-%m}"
    months: Any = {"first_month": "2025-12", "last_month": month, "answer_key": PUBLIC_KEY}
    if who.chance.random() < 0.5:
        paid = reports.RequestPaymentReport(token=who.sealed_token, account_number=account, **months)
        await who.ask(paid, reports.PaymentReportReady, again_on=NEWS_FIRST)
        return
    statement = reports.RequestStatement(token=who.sealed_token, **months)
    await who.ask(statement, reports.StatementReady, again_on=NEWS_FIRST)


async def transfer(incoming: Customer, outgoing: Customer, reference: str) -> None:
    """A9: the incoming party asks, both consent by code at the same time."""
    wanted = accounts.RequestTransfer(token=incoming.sealed_token, reference=reference)
    accepted = await incoming.ask(wanted, accounts.TransferAccepted, again_on=NEWS_FIRST)
    await asyncio.gather(_consent(incoming, accepted.reference), _consent(outgoing, accepted.reference))


async def _consent(who: Customer, reference: str) -> None:
    wanted = transfers.ConsentToTransfer(token=who.sealed_token, reference=reference)
    early = ("reference-not-found", "transfer-step-not-open")
    sent = await who.ask(wanted, transfers.ConsentCodeSent, again_on=early)

    def confirm(code: str) -> identity_sessions.ConfirmConsent:
        return identity_sessions.ConfirmConsent(
            token=who.sealed_token, consent_id=sent.consent_id, code=Sealed.of(code)
        )

    again = identity_sessions.ResendConsentCode(token=who.sealed_token, consent_id=sent.consent_id)
    await who.prove(who.mobile, confirm, again, who.channel.new_id())
    who.story.append("ConsentConfirmed")


async def forget_password(who: Customer) -> None:
    """I13: a new password by a code."""
    flow = who.channel.new_id()
    start = identity_sessions.StartPasswordReset(
        identity_type="citizen",
        identity_number=Sealed.of(who.number),
        birth_date=Sealed.of("1410-05-12"),
        language="en",
    )
    await who.ask(start, identity_sessions.PasswordResetStarted, flow)

    def confirm(code: str) -> identity_sessions.ConfirmPasswordReset:
        return identity_sessions.ConfirmPasswordReset(code=Sealed.of(code), password=Sealed.of(who.password + "-again"))

    await who.prove(who.mobile, confirm, identity_sessions.ResendResetCode(), flow)
    who.story.append("PasswordReset")


async def warn(operator: Customer, customers: list[Customer], key: str) -> None:
    """N4: an operator writes to a list of beneficiaries."""
    warning = broadcasts.StartBroadcast(
        message_class="warning",
        text_ar="تنقطع الكهرباء الخميس من 9 إلى 11.",
        text_en="Power is cut on Thursday from 9 to 11.",
        user_ids=tuple(who.user_id for who in customers),
        valid_until=broker_time() + timedelta(hours=2),
    )
    answer = await operator.channel.ask(warning, key, source="operators")
    if not isinstance(answer, broadcasts.BroadcastAccepted):
        raise GivesUp(f"broadcast: {answer}")
    await pause(0)
    operator.story.append("BroadcastAccepted")
