"""What must be so of everything that was put aside, and of what operators made of it (law 7)."""

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from contracts.accounts import AddAccount
from contracts.operations import DEAD_LETTER, DEAD_LETTER_REPLAYED, PARKED_LETTERS_DROPPED, DeadLetterReplayed
from services.chassis.arrival import PARKED
from services.chassis.parked_letters import is_parked
from tests.simulation.operators import SERVICE
from tests.simulation.releases import read_by_any
from tests.simulation.said import Record, Said

if TYPE_CHECKING:
    from tests.simulation.world import World

_SETTLED: Final = (DEAD_LETTER_REPLAYED[SERVICE], PARKED_LETTERS_DROPPED[SERVICE])


def letters(said: Said, world: "World") -> list[str]:
    """Every promise about them that was broken."""
    found: list[str] = []
    put_aside = _put_aside(said)
    for flow in sorted(world.spoilt):
        found += _in_order(said, flow, put_aside[flow], goes_on=flow in world.mended)
        found += _settled_in_turn(said, world, flow, len(put_aside[flow])) if flow in world.mended else ()
    return found


def _put_aside(said: Said) -> Mapping[str, list[int]]:
    """Offsets of what was put aside by flow, each letter once, in the letters' order."""
    once: dict[str, dict[int, int]] = defaultdict(dict)
    for record in said.all(DEAD_LETTER[SERVICE]):
        if record.body.aggregate is not None and record.envelope.sequence is not None:
            once[record.body.aggregate.partition(":")[2]].setdefault(record.envelope.sequence, record.body.offset)
    in_order = {flow: [offset for _, offset in sorted(numbered.items())] for flow, numbered in once.items()}
    return defaultdict(list, in_order)


def _of_flow(said: Said, flow: str) -> list[Record]:
    return [r for r in said.records if r.envelope.subject == flow and r.envelope.source == "web"]


def _in_order(said: Said, flow: str, found: list[int], *, goes_on: bool) -> list[str]:
    """Everything from the spoilt step on is put aside, in its order, each record once; until the flow goes on."""
    records = _of_flow(said, flow)
    first = next((r.raw.offset for r in records if r.envelope.type == AddAccount.type_name), None)
    wanted = [r.raw.offset for r in records if first is not None and r.raw.offset >= first]
    is_right = found == wanted[: len(found)] if goes_on else found == wanted
    return [] if is_right and found else [f"of {flow} {found} was put aside, not {wanted}"]


def _settled_in_turn(said: Said, world: "World", flow: str, count: int) -> list[str]:
    """Each letter was decided or dropped once, none before its forerunner, and the flow goes on."""
    aggregate = f"definition:{flow}"
    found: list[str] = []
    turn = 0
    for told in _told_of(said, aggregate):
        first, last = _numbers(told)
        if first != turn + 1:
            found.append(f"letters {first} to {last} of {flow} are settled behind letter {turn}")
        turn = last
    if turn != count:
        found.append(f"{turn} of {count} letters of {flow} are settled")
    twin = world.stores[SERVICE].majority.get(PARKED + aggregate)
    if twin is None or is_parked(read_by_any(twin)):
        found.append(f"{flow} is still parked")
    return found


def _told_of(said: Said, aggregate: str) -> list[Any]:
    """What became of an aggregate's letters, each once, in the order of the aggregate's word."""
    once: dict[int, Any] = {}
    for message in _SETTLED:
        for record in said.all(message):
            is_settled = record.body.aggregate == aggregate and getattr(record.body, "outcome", "") != "duplicate"
            if is_settled and record.stream is not None and record.envelope.sequence is not None:
                once.setdefault(record.envelope.sequence, record.body)
    return [body for _, body in sorted(once.items())]


def _numbers(told: Any) -> tuple[int, int]:
    """The letters that it settles, the first and the last."""
    return (told.first, told.last) if hasattr(told, "first") else (told.sequence, told.sequence)


def dropped_commands(said: Said, world: "World") -> set[str]:
    """Commands of which nobody has decided any copy: all were put aside, and dropped."""
    found: set[str] = set()
    put_aside = _put_aside(said) if world.mended else {}
    for flow in world.mended:
        dropped = {
            put_aside[flow][number - 1]
            for each in _told_of(said, f"definition:{flow}")
            if not isinstance(each, DeadLetterReplayed)
            for number in range(each.first, each.last + 1)
        }
        records = _of_flow(said, flow)
        decided = {record.envelope.id for record in records if record.raw.offset not in dropped}
        found |= {record.envelope.id for record in records} - decided
    return found
