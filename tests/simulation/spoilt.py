"""Aggregates on which a decision fails, by a bug or by what it would say: they alone are parked (law 7)."""

from collections import defaultdict
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from contracts.accounts import AccountAdded, AddAccount, ConfirmReview, DeclareBeneficiary, StartDefinition
from contracts.decision import Decision, Incoming, decided
from contracts.message import MAX_MESSAGE_BYTES
from services.chassis.service import Route, Service
from tests.simulation.customer import Customer
from tests.simulation.said import Said

if TYPE_CHECKING:
    from tests.simulation.world import World

POISONOUS, OVERSIZED = "poisonous-", "oversized-"


class Poison(Exception):
    """The bug."""


def with_spoilt_flows(service: Service) -> Service:
    """The service with a bug in one of its decisions, for flows whose ids begin so."""
    return replace(service, routes=tuple(_spoilt(r) if r.message is AddAccount else r for r in service.routes))


def _spoilt(route: Route) -> Route:
    def decide(state: Any, incoming: Incoming[Any], facts: Any) -> Decision[Any]:
        if incoming.subject.startswith(POISONOUS):
            raise Poison
        if incoming.subject.startswith(OVERSIZED):
            return decided(state, AccountAdded.model_construct(next_step="x" * MAX_MESSAGE_BYTES))
        return route.decide(state, incoming, facts)

    return replace(route, decide=decide)


async def spoil(world: "World", who: Customer, chance: Random) -> None:
    """A customer defines an account in a flow that is spoilt from its second step on, and does not wait for answers."""
    prefix, fault = chance.choice(((POISONOUS, "poisonous-aggregate"), (OVERSIZED, "oversized-output")))
    flow = prefix + who.channel.new_id()
    world.faults.count(fault, flow)  # type: ignore[arg-type]
    world.spoilt.add(flow)
    token = who.sealed_token
    for command in (
        StartDefinition(token=token, relation="owner"),
        AddAccount(token=token, identifier_kind="account-number", identifier="30012345678"),
        ConfirmReview(token=token),
        DeclareBeneficiary(token=token, is_actual_beneficiary=True),
    ):
        await who.channel.send(command, flow)


def letters(said: Said, world: "World") -> list[str]:
    """Everything from the spoilt step on is put aside, in its order, each record once."""
    found = []
    put_aside: dict[str, list[int]] = defaultdict(list)
    for name in (t for t in said.by_type if t.split(".")[2] == "DeadLetter"):
        first_copies: dict[object, Any] = {}
        for r in said.by_type[name]:
            first_copies.setdefault((r.stream, r.envelope.sequence), r.body)
        for letter in first_copies.values():
            put_aside[(letter.aggregate or "").partition(":")[2]].append(letter.offset)
    for flow in sorted(world.spoilt):
        records = [r for r in said.records if r.envelope.subject == flow and r.envelope.source == "web"]
        first = next((r.raw.offset for r in records if r.envelope.type == AddAccount.type_name), None)
        wanted = [r.raw.offset for r in records if first is not None and r.raw.offset >= first]
        if put_aside[flow] != wanted:
            found.append(f"of {flow} {put_aside[flow]} was put aside, not {wanted}")
    return found
