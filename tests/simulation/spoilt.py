"""Aggregates on which a decision fails, by a bug or by what it would say: they alone are parked (law 7)."""

from collections.abc import Collection
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from contracts.accounts import AccountAdded, AddAccount, ConfirmReview, DeclareBeneficiary, StartDefinition
from contracts.decision import Decision, Incoming, decided
from contracts.message import MAX_MESSAGE_BYTES
from services.chassis.service import Route, Service
from tests.simulation.customer import Customer

if TYPE_CHECKING:
    from tests.simulation.world import World

POISONOUS, OVERSIZED = "poisonous-", "oversized-"
ACCOUNT: Final = "30012345678"


class Poison(Exception):
    """The bug."""


def with_spoilt_flows(service: Service, mended: Collection[str]) -> Service:
    """The service with a bug in one of its decisions, for flows whose ids begin so, but for those that this release
    mends."""
    return replace(service, routes=tuple(_spoilt(r, mended) if r.message is AddAccount else r for r in service.routes))


def _spoilt(route: Route, mended: Collection[str]) -> Route:
    def decide(state: Any, incoming: Incoming[Any], facts: Any) -> Decision[Any]:
        if incoming.subject.startswith(POISONOUS) and incoming.subject not in mended:
            raise Poison
        if incoming.subject.startswith(OVERSIZED) and incoming.subject not in mended:
            return decided(state, AccountAdded.model_construct(next_step="x" * MAX_MESSAGE_BYTES))
        return route.decide(state, incoming, facts)

    return replace(route, decide=decide)


async def spoil(world: "World", who: Customer, chance: Random) -> str:
    """A customer defines an account in a flow that is spoilt from its second step on, and does not wait for answers.
    Returns the flow."""
    prefix, fault = chance.choice(((POISONOUS, "poisonous-aggregate"), (OVERSIZED, "oversized-output")))
    flow = prefix + who.channel.new_id()
    world.faults.count(fault, flow)  # type: ignore[arg-type]
    world.spoilt.add(flow)
    token = who.sealed_token
    for command in (
        StartDefinition(token=token, relation="owner"),
        AddAccount(token=token, identifier_kind="account-number", identifier=ACCOUNT),
        ConfirmReview(token=token),
        DeclareBeneficiary(token=token, is_actual_beneficiary=True),
    ):
        await who.channel.send(command, flow)
    return flow
