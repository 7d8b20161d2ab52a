"""Whoever hears what a supply says of relations knows the days that each person may see, and no other (A3, A18),
whatever happens to the supply, in any order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from contracts.decision import Decision
from contracts.transfers import RelationConfirmed, RelationEnded
from services.accounts.relations import liable_on
from services.accounts.supply import Supply, SupplyFacts, ask_for_party, begin_use, end_use, take_party
from services.accounts.supply_moves import move_supply, reserve_supply
from services.reports.customer import ReportsCustomer, note_relation, note_relation_end
from services.reports.relation_gate import visible_days
from tests.scenario import arriving
from tests.unit.accounts.situations import ACCOUNT
from tests.unit.accounts.supplies import WAIT, lodged, moved, party_found, wanted
from tests.unit.accounts.test_supply import use_begun, use_ended

PEOPLE = ("user-a", "user-b", "user-c")
FIRST = date(2026, 1, 1)
DAYS = 40
FACTS = SupplyFacts(datetime(2026, 3, 1, tzinfo=UTC), WAIT)

days = st.integers(0, DAYS).map(lambda number: FIRST + timedelta(days=number))
documents = st.sampled_from(["tenancy-contract", "ownership-deed", "back-office"])
kinds = st.sampled_from(["actual-account", "ownership", "subscriber"])
steps = st.tuples(st.sampled_from(["party", "move", "use", "no-use"]), st.sampled_from(PEOPLE), days, documents, kinds)


def messages_of(number: int, step: str, who: str, day: date, document: str, kind: str) -> list[tuple[Any, Any]]:
    """One thing that happens to a supply, as the messages that it hears."""
    match step:
        case "party":
            return [(ask_for_party, lodged(who)), (take_party, party_found(who, since=day))]
        case "move":
            transfer = f"transfer:T{number}"
            return [(reserve_supply, wanted(transfer, who, kind)), (move_supply, moved(transfer, who, day))]
        case "use":
            return [(begin_use, use_begun(who, day, document))]
        case _:
            return [(end_use, use_ended(day))]


def heard(known: dict[str, ReportsCustomer], decision: Decision[Supply]) -> None:
    """Reports hear what the supply says of people."""
    for said in decision.messages:
        if isinstance(said, RelationConfirmed | RelationEnded):
            decide: Any = note_relation if isinstance(said, RelationConfirmed) else note_relation_end
            known[said.user_id] = decide(known[said.user_id], arriving(said), FACTS).state


@settings(max_examples=300, deadline=None)
@for_all(st.lists(steps, min_size=1, max_size=7))
def test_A3_A18_reports_know_the_days_of_everybodys_relations_and_no_other(happening: Sequence[Any]) -> None:
    supply: Any = None
    known = dict.fromkeys(PEOPLE, ReportsCustomer())
    for number, step in enumerate(happening):
        for decide, message in messages_of(number, *step):
            if supply is not None or decide is not move_supply:
                decision = decide(supply, message, FACTS)
                supply = supply if decision.state is None else decision.state
                heard(known, decision)
    if supply is None:
        return
    for offset in range(-2, DAYS + 3):
        day = FIRST + timedelta(days=offset)
        lines = [liable_on(line, day) for line in (supply.relations.liable, supply.relations.of_use)]
        theirs = {each.user_id for each in lines if each is not None}
        seen = {who for who in PEOPLE if any(day in span for span in visible_days(known[who].relations, ACCOUNT))}
        assert seen == theirs, day
