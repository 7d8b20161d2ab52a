"""Who benefits from a supply is one answer: accounts' own, whatever it says of relations (N4, A10)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from contracts.accounts_supply_internal import (
    BeneficiaryLodged,
    EvidenceShown,
    PartyLeft,
    SupplyLodged,
    UseBegun,
    UseEnded,
)
from contracts.back_office import ConflictSettled
from contracts.billing import PartyFound
from contracts.decision import Decision, Facts, Outgoing
from contracts.values.riyadh_day import riyadh_day
from services.accounts import beneficiary, supply
from services.accounts.beneficiary_states import Determined, Disputed, Undetermined
from services.notifications.broadcast_table import broadcast_routes
from services.notifications.settings import NotificationsSettings
from services.notifications.supply_use import SupplyUse
from tests.scenario import NOON, arriving
from tests.unit.notifications.deliveries import ASKING, DELIVERIES
from tests.unit.notifications.test_notifications_service import GIVEN

A: Final = "30012345678"
ROUTES: Final = {
    route.message: route for route in broadcast_routes(NotificationsSettings.model_validate(GIVEN), ASKING, DELIVERIES)
}
FACTS: Final = supply.SupplyFacts(NOON, timedelta(seconds=30))
TODAY: Final = riyadh_day(NOON)


@dataclass
class Beneficiaries:
    """One supply: its claims and relations in accounts, and what notifications make of what is said of them."""

    claims: Any = None
    relations: Any = None
    use: SupplyUse | None = None

    def declares(self, user: str, relation: str = "tenant") -> None:
        """Defines the account and declares to benefit."""
        body: dict[str, Any] = {"account_number": A, "user_id": user, "relation": relation}
        body |= {"reference": "ABCD-EFGH-JKLM", "defined_at": NOON}
        self._supply(supply.ask_for_party, SupplyLodged.model_validate(body))
        lodged = BeneficiaryLodged.model_validate({**body, "is_actual_beneficiary": True})
        self._claims(beneficiary.take_declaration, lodged)

    def shows(self, user: str, kind: str = "ownership-deed", day: date = TODAY) -> None:
        """The registry confirms a document."""
        body = {"account_number": A, "user_id": user, "evidence_kind": kind, "valid_from": day}
        self._claims(beneficiary.take_evidence, EvidenceShown.model_validate(body))

    def is_billed(self, user: str, since: date = TODAY) -> None:
        """Billing names its party."""
        asked_by = supply.supply_id(A)
        body = PartyFound(asked_by=asked_by, account_number=A, user_id=user, is_party=True, since=since)
        self._supply(supply.take_party, body)

    def leaves(self, user: str) -> None:
        """Has handed the supply over."""
        self._claims(beneficiary.drop_party, PartyLeft(account_number=A, user_id=user, day=TODAY))

    def is_ruled(self, user: str | None) -> None:
        """The back office decides the open conflict."""
        if isinstance(self.claims, Disputed) and user in {None, *(each.user_id for each in self.claims.over)}:
            case = {"asked_by": f"beneficiary:{A}", "case_id": beneficiary.case_id(self.claims), "grounds": "documents"}
            body = ConflictSettled.model_validate({**case, "user_id": user, "from_day": TODAY})
            self._claims(beneficiary.settle_conflict, body)

    def _claims(self, decide: Any, body: Any) -> None:
        decision = decide(self.claims, arriving(body), FACTS)
        self.claims = decision.state
        self._hear(decision)

    def _supply(self, decide: Any, body: Any) -> None:
        if self.relations is not None or decide is not supply.take_party:
            decision = decide(self.relations, arriving(body), FACTS)
            self.relations = decision.state
            self._hear(decision)

    def _hear(self, decision: Decision[Any]) -> None:
        for message in decision.messages:
            body = message.body if isinstance(message, Outgoing) else message
            match body:
                case UseBegun():
                    self._supply(supply.begin_use, body)
                case UseEnded():
                    self._supply(supply.end_use, body)
                case _:
                    route = ROUTES.get(type(body))
                    if route is not None:
                        self.use = route.decide(self.use, arriving(body, source="accounts"), Facts(NOON)).state


def agreed(world: Beneficiaries) -> bool:
    told = world.use.user_id if world.use is not None else None
    match world.claims:
        case Determined(beneficiary=claim):
            return told == claim.user_id
        case Undetermined() | None:
            return told is None
        case _:
            return True  # a dispute: whoever it was stands for it until the back office has decided


def test_N4_A10_an_owner_by_deed_stays_the_beneficiary_when_billing_names_the_tenant() -> None:
    world = Beneficiaries()
    world.declares("owner", "owner")
    world.shows("owner", day=date(2020, 1, 1))
    world.declares("tenant")
    world.is_billed("tenant", since=date(2025, 1, 1))
    assert world.claims.beneficiary.user_id == "owner"
    assert world.use == SupplyUse("owner")


def test_N4_A9_who_hands_a_supply_over_while_others_dispute_it_is_its_beneficiary_no_more() -> None:
    world = Beneficiaries()
    world.shows("u-1", "tenancy-contract")
    world.shows("u-2")
    world.shows("u-3")
    world.leaves("u-1")
    assert isinstance(world.claims, Disputed)
    assert world.use == SupplyUse(None)


def test_N4_A10_who_is_ruled_out_while_others_dispute_it_is_its_beneficiary_no_more() -> None:
    world = Beneficiaries()
    for user in ("u-1", "u-2"):
        world.shows(user, "tenancy-contract")
    world.shows("u-3")
    world.shows("u-4")
    world.is_ruled(None)
    assert isinstance(world.claims, Disputed)
    assert world.use == SupplyUse(None)


USERS: Final = st.sampled_from(["u-1", "u-2", "u-3"])
DAYS: Final = st.sampled_from([TODAY - timedelta(days=900), TODAY - timedelta(days=30), TODAY])
STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("declares"), USERS, st.sampled_from(["owner", "tenant"])),
        st.tuples(st.just("shows"), USERS, st.sampled_from(["ownership-deed", "tenancy-contract"]), DAYS),
        st.tuples(st.just("is_billed"), USERS, DAYS),
        st.tuples(st.just("leaves"), USERS),
        st.tuples(st.just("is_ruled"), st.one_of(st.none(), USERS)),
    ),
    max_size=15,
)


@given(STEPS)
def test_N4_A10_broadcasts_go_to_whom_accounts_has_determined(steps: list[tuple[Any, ...]]) -> None:
    world = Beneficiaries()
    for name, *details in steps:
        getattr(world, name)(*details)
        assert agreed(world), f"after {name} {details}: {world.claims}, {world.use}"
        if name == "leaves":
            assert world.use != SupplyUse(details[0])
