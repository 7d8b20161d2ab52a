"""Requests under a defined account: instalments, a bill's copy, a complaint, danger, insulation (A8, A14-A17)."""

import json
from datetime import timedelta
from typing import Final
from uuid import uuid4

from contracts.billing import Due
from contracts.requests import (
    AcceptInstalments,
    AskRequestKinds,
    InstalmentsAgreed,
    InstalmentsQuoted,
    Quote,
    ReportDanger,
    RequestAccepted,
    RequestInstalments,
    RequestKindsGiven,
    SubmitRequest,
)
from contracts.sealed import Sealed
from deploy.local.journey.cast import Customer, happened, said
from deploy.local.journey.define_account import inquire
from deploy.local.journey.forms import Form, forms_of
from deploy.local.system import System

OWED: Final = 61_150
ENDED: Final = [
    "bill-copy sent",
    "complaint answered",
    "danger secured",
    "instalments agreed",
    "insulation approved",
]
"""What the inquiry shows at the end: kind and state of each request."""


async def requests(system: System, who: Customer, reference: str, account: str) -> None:
    """What a customer may ask for under a definition's reference."""
    given = (await who.ask("What can be asked for", "A15-A17", AskRequestKinds(), RequestKindsGiven)).body
    assert isinstance(given, RequestKindsGiven)
    wanted = {"bill-copy", "complaint", "outage", "insulation", "barq-plus", "smart-meter"}
    kinds = {each.kind for each in given.kinds}
    who.journal.note(
        "Their forms are JSON Schemas", "A17", "all kinds", "all kinds" if wanted <= kinds else "some missing"
    )
    await _owes(system, account)
    await _instalments(who, reference)
    bad = _submit(who, reference, "bill-copy", {"anything": "else"})
    await who.ask("A form with a wrong field", "A15", bad, "form-not-accepted")
    for kind in ("bill-copy", "complaint", "insulation"):
        await _through(system, who, reference, kind, forms_of(who.person)[kind])
    await _danger(system, who, reference)
    await inquire(who, "Ask by the definition's reference", reference, str(uuid4()), ENDED)


async def _owes(system: System, account: str) -> None:
    """A sum that cannot be divided by three."""
    seen = await happened(system.watch, "the relation", said("RelationConfirmed", account_number=account))
    first = (system.today.replace(day=1) - timedelta(days=1)).replace(day=1)
    last = system.today.replace(day=1) - timedelta(days=1)
    due = Due(what_for="consumption", period_from=first, period_to=last, amount_halalas=OWED, due_date=system.today)
    system.billing.owe(account, str(getattr(seen.body, "user_id", "")), (due,))


async def _instalments(who: Customer, reference: str) -> None:
    ask = RequestInstalments(token=who.sealed_token, reference=reference, parts=3, answer_key=who.client.answer_key)
    quoted = await who.ask("What is due, in three parts", "A14", ask, InstalmentsQuoted)
    assert isinstance(quoted.body, InstalmentsQuoted)
    quote = Quote.model_validate_json(who.client.open(quoted, "quote"))
    parts = sum(part.amount_halalas for part in quote.parts)
    who.journal.adds_up("The parts make the whole", "A14", quote.total_halalas, parts)
    accept = AcceptInstalments(token=who.sealed_token, reference=quoted.body.reference)
    await who.ask("Accept the plan", "A14", accept, InstalmentsAgreed)


async def _through(system: System, who: Customer, reference: str, kind: str, form: Form) -> None:
    accepted = (await who.ask(f"Request: {kind}", "A15-A17", _submit(who, reference, kind, form), RequestAccepted)).body
    assert isinstance(accepted, RequestAccepted)
    await happened(system.watch, f"the end of {kind}", said("RequestMoved", reference=accepted.reference, final=True))


async def _danger(system: System, who: Customer, reference: str) -> None:
    form = Sealed.of(json.dumps(forms_of(who.person)["danger"]))
    danger = ReportDanger(token=who.sealed_token, reference=reference, form=form)
    accepted = (await who.ask("A fallen line", "A16", danger, RequestAccepted)).body
    assert isinstance(accepted, RequestAccepted)
    urgent = await happened(system.watch, "the urgent report", said("DangerReported", case_id=accepted.reference))
    who.journal.note("It goes by the urgent lane", "A16", "back-office.urgent", urgent.topic)
    await happened(system.watch, "its end", said("RequestMoved", reference=accepted.reference, final=True))


def _submit(who: Customer, reference: str, kind: str, form: Form) -> SubmitRequest:
    return SubmitRequest(token=who.sealed_token, reference=reference, kind=kind, form=Sealed.of(json.dumps(form)))
