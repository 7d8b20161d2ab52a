"""Who benefits from a supply when two say that they do (A4, A10)."""

from contracts.requests import GiveEvidence, RequestAccepted
from contracts.sealed import Sealed
from contracts.transfers import BeneficiaryDetermined
from deploy.local.journey.cast import Customer, happened, said
from deploy.local.journey.define_account import define_directly
from deploy.local.neighbours.registry_records import Document
from deploy.local.system import System


async def beneficiary(system: System, who: Customer, other: Customer, account: str) -> None:
    """Two declare it; the back office has to decide; then a tenancy contract settles it for good."""
    neighbour = other.with_journal(who.journal)
    first = await define_directly(who, account, "tenant", "A supply that two people claim: the first")
    determined = await happened(
        system.watch, "the first result", said("BeneficiaryDetermined", account_number=account, basis="declaration")
    )
    await define_directly(neighbour, account, "tenant", "The second declares the same")
    disputed = said("BeneficiaryDisputed", account_number=account)
    await happened(system.watch, "the dispute", disputed)
    decision = await happened(
        system.watch,
        "the back office's decision",
        said("BeneficiaryDetermined", account_number=account, basis="back-office"),
    )
    claimants = {getattr(seen.body, "user_id", "") for seen in system.watch.seen if disputed(seen)}
    chosen = "one of them" if getattr(decision.body, "user_id", None) in claimants else "nobody"
    who.journal.note("The back office decides for", "A10", "one of them", chosen)
    assert isinstance(determined.body, BeneficiaryDetermined)
    number = who.person.contract_number
    since = system.today.replace(month=1, day=1)
    system.registry.add_document(Document("tenancy-contract", number, account, since, determined.body.user_id))
    evidence = GiveEvidence(
        token=who.sealed_token,
        reference=first,
        evidence_kind="tenancy-contract",
        document_number=Sealed.of(number),
    )
    accepted = (await who.ask("A tenancy contract", "A10", evidence, RequestAccepted)).body
    assert isinstance(accepted, RequestAccepted)
    shown = await happened(
        system.watch,
        "the contract's check",
        said("BeneficiaryDetermined", account_number=account, basis="tenancy-contract"),
    )
    assert isinstance(shown.body, BeneficiaryDetermined)
    mine = "the tenant" if shown.body.user_id == determined.body.user_id else "somebody else"
    who.journal.note("Evidence beats what is only said", "A10", "the tenant", mine)
