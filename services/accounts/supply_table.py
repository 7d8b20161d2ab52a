"""Who a supply belongs to and who benefits from it (A4, A10, A18): which message leads to which decision."""

from contracts import accounts_supply_internal, back_office, billing, requests
from services.accounts import beneficiary, beneficiary_states, evidence
from services.accounts.addressing import the_account_named, the_customer, the_reference_named
from services.accounts.askers import Asker, answer_route
from services.accounts.effects import prepare_evidence, prepare_party, prepare_reference
from services.accounts.settings import AccountsSettings
from services.accounts.supply import Supply, ask_again, ask_for_party, begin_use, due_at, end_use, take_party
from services.accounts.supply_moves import move_supply, release_supply, reserve_supply
from services.chassis.service import Kind, Route

EVIDENCE_CONFIRMED = Asker(evidence.take_confirmation)
EVIDENCE_NOT_CONFIRMED = Asker(evidence.take_denial)


def supply_kinds(settings: AccountsSettings) -> tuple[Kind, ...]:
    """`supply:<account number>`, `beneficiary:<account number>`, `evidence:<reference number>`."""
    return (
        Kind("supply", Supply, due_at=due_at, on_timer=ask_again, prepare_timer=prepare_party(settings.party_wait)),
        Kind(
            "beneficiary",
            beneficiary_states.Beneficiary,
            due_at=beneficiary.tell_again_at,
            on_timer=beneficiary.tell_again,
        ),
        Kind("evidence", evidence.Evidence, due_at=evidence.due_at, on_timer=evidence.give_up_on_registry),
    )


def supply_routes(settings: AccountsSettings) -> tuple[Route, ...]:
    """Messages for these kinds and for nobody else, and the customer's door for evidence."""
    inside, supply = accounts_supply_internal, the_account_named("supply")
    party = prepare_party(settings.party_wait)
    claims = the_account_named("beneficiary")
    relations = (
        Route(inside.SupplyLodged, supply, ask_for_party, party, creates=True),  # A18
        answer_route(billing.PartyFound, supply=Asker(take_party)),
        Route(inside.SupplyWanted, supply, reserve_supply, creates=True),  # A9
        Route(inside.SupplyMoved, supply, move_supply),
        Route(inside.SupplyReleased, supply, release_supply, creates=True),
        Route(inside.UseBegun, supply, begin_use, creates=True),  # A10
        Route(inside.UseEnded, supply, end_use, creates=True),
    )
    beneficiaries = (
        Route(inside.BeneficiaryLodged, claims, beneficiary.take_declaration, creates=True),  # A4
        Route(inside.EvidenceShown, claims, beneficiary.take_evidence, creates=True),  # A10
        Route(inside.PartyLeft, claims, beneficiary.drop_party, creates=True),
        answer_route(back_office.ConflictSettled, beneficiary=Asker(beneficiary.settle_conflict)),
    )
    documents = (
        Route(requests.GiveEvidence, the_customer, evidence.give_evidence, prepare_reference, creates=True),  # A10
        Route(
            inside.EvidenceFiled,
            the_reference_named("evidence"),
            evidence.ask_registry,
            prepare_evidence(settings.evidence_wait),
            creates=True,
        ),
    )
    return (*relations, *beneficiaries, *documents)
