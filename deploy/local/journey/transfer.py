"""The actual account moves from the party who has it to the one who uses the power (A9, A18)."""

from uuid import uuid4

from contracts.accounts import RequestTransfer, TransferAccepted
from contracts.billing import RunningBillFound
from contracts.identity_sessions import ConfirmConsent, ConsentConfirmed
from contracts.sealed import Sealed
from contracts.transfers import (
    CancelTransfer,
    ConsentCodeSent,
    ConsentToTransfer,
    TransferCancelled,
    TransferCompleted,
)
from deploy.local.journey.cast import Customer, happened, said
from deploy.local.journey.define_account import define_directly, inquire
from deploy.local.journey.sign_up import other_than
from deploy.local.system import System
from services.accounts.addressing import aggregate_named


async def transfer(system: System, who: Customer, other: Customer, account: str) -> str:
    """`other` owns the supply and is billed for it; `who` lives there and takes the account over. Returns the
    transfer's reference."""
    lessor = other.with_journal(who.journal)
    await define_directly(lessor, account, "owner", "The other one defines it as its owner")
    await happened(system.watch, "the owner's confirmation", said("RelationConfirmed", account_number=account))
    reference = await define_directly(who, account, "tenant", "Its tenant defines it, too")
    cancelled = await _requested(system, who, "Ask for the transfer", reference)
    await who.ask("Take it back", "A9", CancelTransfer(token=who.sealed_token, reference=cancelled), TransferCancelled)
    await _ended(system, who, cancelled, "cancelled")
    # The person's own aggregate hears of it some milliseconds later: until then they have one under way.
    await inquire(who, "Ask what became of it", cancelled, str(uuid4()), ["actual-account cancelled"])
    moving = await _requested(system, who, "Ask for the transfer again", reference)
    twice = RequestTransfer(token=who.sealed_token, reference=reference)
    await who.ask("Ask for it once more", "A9", twice, "already-requested")
    await _consent(who, "The tenant", moving, with_a_wrong_code=True)
    await _consent(lessor, "The owner", moving)
    await _ended(system, who, moving, "completed")
    await _the_bill_is_whole(system, who, moving)
    await inquire(who, "Ask by the transfer's own reference", moving, str(uuid4()), ["actual-account completed"])
    return moving


async def _requested(system: System, who: Customer, title: str, reference: str) -> str:
    wanted = RequestTransfer(token=who.sealed_token, reference=reference)
    accepted = (await who.ask(title, "A9 A11", wanted, TransferAccepted)).body
    assert isinstance(accepted, TransferAccepted)
    asked = said("TransferConsentWanted", reference=accepted.reference)
    await happened(system.watch, "the question for consent", asked)
    return accepted.reference


async def _consent(who: Customer, name: str, reference: str, *, with_a_wrong_code: bool = False) -> None:
    wanted = ConsentToTransfer(token=who.sealed_token, reference=reference)
    number = who.post.codes(who.person.mobile) + 1
    sent = (await who.ask(f"{name} wants to consent", "A9", wanted, ConsentCodeSent)).body
    assert isinstance(sent, ConsentCodeSent)
    code = await who.post.code(who.person.mobile, number)
    who.journal.keep_secret("code", code)
    if with_a_wrong_code:
        wrong = ConfirmConsent(token=who.sealed_token, consent_id=sent.consent_id, code=Sealed.of(other_than(code)))
        await who.ask("A wrong code", "I6 I15", wrong, "code-not-accepted")
    right = ConfirmConsent(token=who.sealed_token, consent_id=sent.consent_id, code=Sealed.of(code))
    await who.ask(f"{name} consents by code", "A9 I6", right, ConsentConfirmed)


async def _ended(system: System, who: Customer, reference: str, state: str) -> None:
    seen = await happened(
        system.watch, f"the end of transfer {reference}", said("RequestMoved", reference=reference, final=True)
    )
    who.journal.note("It comes to its end", "A9", state, str(getattr(seen.body, "state", "")))


async def _the_bill_is_whole(system: System, who: Customer, reference: str) -> None:
    completed: dict[str, TransferCompleted] = {}
    for role in ("incoming", "outgoing"):
        seen = await happened(
            system.watch, f"the {role} party's news", said("TransferCompleted", reference=reference, role=role)
        )
        assert isinstance(seen.body, TransferCompleted)
        completed[role] = seen.body
    transfer = aggregate_named("transfer", reference)
    bill = await happened(system.watch, "the running bill", said("RunningBillFound", asked_by=transfer))
    assert isinstance(bill.body, RunningBillFound)
    whole = bill.body.amount_halalas
    parts = sum(each.share_halalas for each in completed.values())
    who.journal.adds_up("Both parts make the whole bill", "A9", whole, parts)
    debts = "the outgoing party's" if not completed["incoming"].debt_halalas else "the incoming party's"
    who.journal.note("Old debts stay whose they were", "A18", "the outgoing party's", debts)
