"""The true beneficiary of a supply: claims in, a result or a conflict out (A4, A10).

`beneficiary:<account_number>` weighs what is claimed. A single strongest claim determines the beneficiary; claims of
equal weight by different people go to the back office, which is the only place where an employee decides (J1).
"""

from dataclasses import replace
from datetime import date, datetime

from contracts.accounts import Relation
from contracts.accounts_supply_internal import BeneficiaryLodged, EvidenceShown, PartyLeft, UseBegun, UseEnded
from contracts.back_office import CaseWithdrawn, ConflictRaised, ConflictSettled
from contracts.back_office import Claim as RaisedClaim
from contracts.decision import Decision, Facts, Incoming, decided, ignored, refused
from contracts.message import Message, TimerElapsed
from contracts.requests import EvidenceKind
from contracts.sealed import Secret
from contracts.transfers import BeneficiaryDetermined, BeneficiaryDisputed, BeneficiaryUndetermined, DisputeSettled
from contracts.values.riyadh_day import riyadh_day
from services.accounts.beneficiary_states import Beneficiary, Determined, Disputed, Undetermined, use_ends
from services.accounts.cases import TELL_AGAIN_AFTER
from services.accounts.claims import (
    Claim,
    ClaimBasis,
    Claims,
    Left,
    handed_over,
    left_on,
    ruled,
    strongest,
    succeeded,
    with_claim,
    without_beaten_ruling,
)
from services.accounts.possible_day import is_possible

SHOWN_RELATION: dict[EvidenceKind, Relation] = {"tenancy-contract": "tenant", "ownership-deed": "owner"}


def beneficiary_id(account_number: str) -> str:
    """The id of the aggregate, which is `asked_by` in its cases."""
    return f"beneficiary:{account_number}"


def take_declaration(
    state: Beneficiary | None, incoming: Incoming[BeneficiaryLodged], _: Facts
) -> Decision[Beneficiary]:
    """A4: who declares to benefit claims the supply; who declares the contrary claims nothing."""
    lodged = incoming.body
    if not lodged.is_actual_beneficiary:
        return ignored(state)
    claim = Claim(
        user_id=lodged.user_id,
        relation=lodged.relation,
        basis="declaration",
        from_day=riyadh_day(lodged.defined_at),
    )
    return _claimed(state or _nobody(lodged.account_number), claim, incoming.now)


def take_evidence(state: Beneficiary | None, incoming: Incoming[EvidenceShown], _: Facts) -> Decision[Beneficiary]:
    """A10: the registry has confirmed a document."""
    shown = incoming.body
    claim = Claim(
        user_id=shown.user_id,
        relation=SHOWN_RELATION[shown.evidence_kind],
        basis=shown.evidence_kind,
        from_day=shown.valid_from,
    )
    return _claimed(state or _nobody(shown.account_number), claim, incoming.now)


def drop_party(state: Beneficiary | None, incoming: Incoming[PartyLeft], _: Facts) -> Decision[Beneficiary]:
    """A9, A10: who has handed the supply over claims nothing of it any more, nor by a document that the registry
    confirms late, unless they take it over again. A13: whose contract was checked for it follows other tenants."""
    left = incoming.body
    supply = state or _nobody(left.account_number)
    gone = Left(user_id=left.user_id, day=left.day, is_sold=left.is_sold)
    claims = handed_over(supply.claims, gone, left.to_user_id)
    weighed = _weighed(supply, _succeeded(claims, left), incoming.now)
    claimed = (claims.standing, claims.ruling) != (supply.claims.standing, supply.claims.ruling)
    fallen = _fallen(supply, weighed, incoming.now) if claimed else weighed
    day = use_ends(supply, fallen.state or supply, left)
    return fallen if day is None else _nobody_from(day, supply, fallen)


def settle_conflict(state: Beneficiary, incoming: Incoming[ConflictSettled], _: Facts) -> Decision[Beneficiary]:
    """A10: the back office has decided the conflict that is open, for one of its claimants or for none."""
    settled = incoming.body
    if not isinstance(state, Disputed) or settled.case_id != case_id(state):
        return ignored(state)
    if not is_possible(settled.from_day):
        return refused(state, "not-available-now", "impossible-day")
    if settled.from_day > riyadh_day(incoming.now):
        return refused(state, "not-available-now", "not-yet-in-force")  # it would count at once
    winner = None
    if settled.user_id is not None:
        claim = next((each for each in state.over if each.user_id == settled.user_id), None)
        if claim is None:
            return refused(state, "not-available-now", "settled-for-a-stranger")
        from_day = max(settled.from_day, left_on(state.claims, claim.user_id) or settled.from_day)
        winner = Claim(user_id=claim.user_id, relation=claim.relation, basis="back-office", from_day=from_day)
    weighed = _weighed(_closed(state), ruled(state.claims, state.over, winner), incoming.now)
    if winner is None:
        weighed = _nobody_from(settled.from_day, state, _fallen(state, weighed, incoming.now))
    return weighed.and_send(*_results(state, weighed.state, incoming.now))


def tell_again(state: Beneficiary, _: Incoming[TimerElapsed], facts: Facts) -> Decision[Beneficiary]:
    """A10: the back office has not decided the conflict, or not so that it counts. It knows the case by its id, if it
    does."""
    due = tell_again_at(state)
    if not isinstance(state, Disputed) or due is None or facts.present < due:
        return ignored(state)
    return decided(replace(state, tell_again_at=facts.present + TELL_AGAIN_AFTER), _raised(state))


def tell_again_at(state: Beneficiary) -> datetime | None:
    """When a beneficiary wants to be woken."""
    return state.tell_again_at if isinstance(state, Disputed) else None


def case_id(state: Disputed) -> str:
    """The case at the back office: its number among this supply's."""
    return f"conflict-{state.account_number.reveal()}-{state.conflicts}"


def _nobody(account_number: str) -> Undetermined:
    return Undetermined(account_number=Secret(account_number))


def _succeeded(claims: Claims, left: PartyLeft) -> Claims:
    if left.to_user_id is None or left.contract_from is None:
        return claims
    contract = Claim(user_id=left.to_user_id, relation="tenant", basis="tenancy-contract", from_day=left.contract_from)
    return succeeded(claims, contract)


def _closed(state: Disputed) -> Undetermined:
    return Undetermined(account_number=state.account_number, claims=state.claims, conflicts=state.conflicts)


def _claimed(state: Beneficiary, claim: Claim, at: datetime) -> Decision[Beneficiary]:
    claims = with_claim(state.claims, claim)
    if claims is None:
        return refused(state, "not-available-now", "too-many-claims")
    return _weighed(state, claims, at)


def _weighed(state: Beneficiary, claims: Claims, at: datetime) -> Decision[Beneficiary]:
    """The result of these claims, said where it is another than before."""
    weighed = _by_the_strongest(state, claims, at)
    return weighed.and_send(*_results(state, weighed.state, at))


def _by_the_strongest(state: Beneficiary, claims: Claims, at: datetime) -> Decision[Beneficiary]:
    if isinstance(state, Determined):
        claims = without_beaten_ruling(claims, state.beneficiary)
    match strongest(claims):
        case ():
            nobody = Undetermined(account_number=state.account_number, claims=claims, conflicts=state.conflicts)
            return decided(nobody, *_withdrawn(state))
        case (one,):
            return _determined(state, claims, one, at)
        case several:
            return _disputed(state, claims, several, at)


def _determined(state: Beneficiary, claims: Claims, claim: Claim, at: datetime) -> Decision[Beneficiary]:
    determined = Determined(
        account_number=state.account_number, claims=claims, conflicts=state.conflicts, beneficiary=claim
    )
    if isinstance(state, Determined) and state.beneficiary == claim:
        return decided(determined)
    said: list[Message] = [*_withdrawn(state)]
    known = state.beneficiary if isinstance(state, Determined) else None
    if known is None or (known.user_id, known.basis) != (claim.user_id, claim.basis):
        said.append(
            BeneficiaryDetermined(
                account_number=state.account_number.reveal(),
                user_id=claim.user_id,
                basis=claim.basis,
                determined_at=at,
            )
        )
    if claim.basis != "declaration":
        said.append(
            UseBegun(
                account_number=state.account_number.reveal(),
                user_id=claim.user_id,
                relation=claim.relation,
                basis=claim.basis,
                from_day=claim.from_day,
            )
        )
    return decided(determined, *said)


def _disputed(state: Beneficiary, claims: Claims, over: tuple[Claim, ...], at: datetime) -> Decision[Beneficiary]:
    if isinstance(state, Disputed) and _sides(state.over) == _sides(over):
        # What the back office decides is what it was told: the case of who gives one document after the other would
        # never be decided. A document that it has not seen stands against its decision.
        return decided(replace(state, claims=claims, tell_again_at=state.tell_again_at or at + TELL_AGAIN_AFTER))
    disputed = Disputed(
        account_number=state.account_number,
        claims=claims,
        conflicts=state.conflicts + 1,
        over=over,
        tell_again_at=at + TELL_AGAIN_AFTER,
    )
    told = _disputants(state)
    news = tuple(
        BeneficiaryDisputed(account_number=state.account_number.reveal(), user_id=each, at=at)
        for each in _disputants(disputed)
        if each not in told
    )
    return decided(disputed, *_withdrawn(state), _raised(disputed), *news)


def _raised(state: Disputed) -> ConflictRaised:
    account_number = state.account_number.reveal()
    return ConflictRaised(
        asked_by=beneficiary_id(account_number),
        case_id=case_id(state),
        account_number=account_number,
        claims=tuple(
            RaisedClaim(user_id=each.user_id, relation=each.relation, basis=each.basis, from_day=each.from_day)
            for each in state.over
        ),
    )


def _sides(over: tuple[Claim, ...]) -> frozenset[tuple[str, ClaimBasis]]:
    """Who stands in a conflict, and by what kind of claim."""
    return frozenset((each.user_id, each.basis) for each in over)


def _results(before: Beneficiary, after: Beneficiary | None, at: datetime) -> tuple[DisputeSettled, ...]:
    """N3: whoever was told of a conflict and stands in none any more."""
    winner = after.beneficiary.user_id if isinstance(after, Determined) else None
    number, still = before.account_number.reveal(), _disputants(after)
    return tuple(
        DisputeSettled(account_number=number, user_id=each, is_beneficiary=each == winner, at=at)
        for each in _disputants(before)
        if each not in still
    )


def _disputants(state: Beneficiary | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.user_id for each in state.over)) if isinstance(state, Disputed) else ()


def _undetermined(state: Beneficiary, at: datetime) -> tuple[BeneficiaryUndetermined, ...]:
    """While a conflict was open, whoever was determined before it still stood as the beneficiary for others."""
    if isinstance(state, Undetermined):
        return ()
    return (BeneficiaryUndetermined(account_number=state.account_number.reveal(), at=at),)


def _fallen(state: Beneficiary, weighed: Decision[Beneficiary], at: datetime) -> Decision[Beneficiary]:
    """Where nobody is determined, whoever stood as the beneficiary for others does not any more: not even while a
    conflict of those who are left is open. Perhaps it was who has left or is ruled out."""
    if isinstance(weighed.state, Determined):
        return weighed
    return replace(weighed, messages=(*_undetermined(state, at), *weighed.messages))


def _nobody_from(day: date, state: Beneficiary, weighed: Decision[Beneficiary]) -> Decision[Beneficiary]:
    """Nobody uses the supply from that day on, until the use begins, behind it, of whoever is determined now."""
    ended = UseEnded(account_number=state.account_number.reveal(), day=day)
    return replace(weighed, messages=(ended, *weighed.messages))


def _withdrawn(state: Beneficiary) -> tuple[CaseWithdrawn, ...]:
    """A conflict that is open no more, or is another one now, needs no work."""
    if not isinstance(state, Disputed):
        return ()
    return (CaseWithdrawn(asked_by=beneficiary_id(state.account_number.reveal()), case_id=case_id(state)),)
