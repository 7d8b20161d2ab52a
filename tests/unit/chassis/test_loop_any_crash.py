"""Laws 4 to 7 together: whatever fails and wherever the process dies, the end is that of the straight run."""

from collections import defaultdict
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.chassis.loop import SHARED_FROM
from services.chassis.publisher import PublishFailed
from services.chassis.store import StoreUnavailable
from tests.component.counter import Add, Heard
from tests.fakes.crashes import run_through
from tests.fakes.world import Crash, World
from tests.first_copies import first_copies

COMMANDED, TOLD, BOTH = ("c1", "c2"), ("n1", "n2"), "both"
"""Counters that hear commands, news, or both. Of the last the order, and so the messages, may differ."""


class Sent(NamedTuple):
    """One message: a command (`command` is its id) or news."""

    flow: str
    amount: int
    command: int | None


class Trouble(NamedTuple):
    """What the next call meets. `through`: how much of a bulk or of a send takes effect before."""

    kind: str
    through: int


ids = st.integers(0, 12)
commands = st.builds(Sent, st.sampled_from(COMMANDED), st.sampled_from([1, 2, 3, 13, 100, 666]), ids)
news = st.builds(Sent, st.sampled_from(TOLD), st.sampled_from([1, 2, 3]), st.none())
mixed = st.builds(Sent, st.just(BOTH), st.just(1), st.none() | st.integers(100, 112))
messages = st.lists(commands | news | mixed, min_size=1, max_size=14)
troubles = st.lists(
    st.builds(Trouble, st.sampled_from(["none", "none", "none", "fails", "dies"]), st.integers(0, 4)), max_size=25
)


def sent_to(world: World, given_messages: list[Sent]) -> None:
    told: dict[str, int] = defaultdict(int)
    for flow, amount, command in given_messages:
        if command is not None:
            world.send(Add(amount=amount), flow, id=f"command-{command}")
        else:
            told[flow] += 1
            world.send(Heard(amount=amount), flow, sequence=told[flow])


def facing(plan: list[Trouble]) -> Any:
    left = iter(plan)

    def fault(call: str) -> int | None:
        trouble = next(left, Trouble("none", 0))
        if trouble.kind == "none":
            return None
        if trouble.kind == "dies":
            raise Crash
        if call in {"save", "publish"}:
            return trouble.through
        raise PublishFailed if call == "commit" else StoreUnavailable

    return fault


def outcome(world: World) -> tuple[Any, ...]:
    documents = {i: d for i, d in world.store.documents.items() if i != f"count:{BOTH}"}
    states = {
        i: (None if i.startswith("parked:") else world.state(i), d.sequences, d.numbers, sorted(d.commands))
        for i, d in documents.items()
    }
    own = [r for r in world.log.in_order if r.topic not in {"accounts.commands", "identity.events"}]
    copies = {s: c for s, c in first_copies(own).items() if s.subject != f"count:{BOTH}"}
    both = world.state(f"count:{BOTH}")
    return states, copies, both and both.total


@settings(max_examples=150, deadline=None)
@example([Sent("c1", 666, 0), Sent("c1", 1, 0), Sent("c1", 1, 1)], [], 1, 1, SHARED_FROM)
@given(messages, troubles, st.integers(1, 8), st.integers(1, 2), st.sampled_from([2, SHARED_FROM]))
async def test_law5_any_run_of_failures_ends_like_the_straight_run(
    given_messages: list[Sent], plan: list[Trouble], batch: int, members: int, shared_from: int
) -> None:
    straight, troubled = World(), World()
    troubled.shared_from = shared_from
    for world in (straight, troubled):
        sent_to(world, given_messages)
    await run_through(straight, batch, 1)
    troubled.faults = facing(plan)
    await run_through(troubled, batch, members)
    assert outcome(troubled) == outcome(straight)
