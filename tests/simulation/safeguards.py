"""The chassis's safeguards, and what each would be like if it were left out. The simulator leaves one out at a time, to
see that it is missed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from faststream.kafka.message import KafkaMessage
from faststream.kafka.parser import AioKafkaBatchParser

from services.chassis import arrival, raw_batch
from services.chassis.dead_letters import Morgue
from services.chassis.document import Document
from services.chassis.fold import DueEffect, Folded, Folder
from services.chassis.lane import KafkaLane
from services.chassis.loop import Loop
from services.chassis.membership import Membership
from services.chassis.parked_letters import ParkedLetters
from services.chassis.wiring import Machinery
from services.identity import one_time_code
from tests.simulation.faults import Event, Point
from tests.simulation.world import Options, World


@dataclass(frozen=True, slots=True)
class Safeguard:
    """`without` are attributes to put in place of the real ones, `parts` changes a process's machinery, `world` the
    world. `stress` and `needs`: the faults and events against which it guards, of which a seed then has more. In so
    many `seeds` it must be missed."""

    without: tuple[tuple[Any, str, Any], ...] = ()
    parts: Callable[[Machinery], None] = lambda _: None
    world: Callable[[World], None] = lambda _: None
    stress: tuple[Point, ...] = ()
    needs: tuple[Event, ...] = ()
    seeds: int = 25


# --- attributes -----------------------------------------------------------------------------------------------------
def _decided_nothing(_: Document, __: str, ___: int) -> bool:
    return False


async def _always_holds(_: Membership) -> bool:
    return True


def _goes_on(self: KafkaLane, records: Sequence[Any], error: Exception) -> None:
    self._tell("lane_goes_on", lane=self.name, error=error)


async def _commits_first(self: KafkaLane, records: Sequence[Any]) -> None:
    self._idle.clear()
    try:
        await self._commit(records)
        calls: list[DueEffect] = []
        await self._settle(self.name, self.topic, records, calls)
        self._after(calls)
    except Exception as error:  # noqa: BLE001 - as the lane itself
        self._rewind_and_pause(records, error)
    finally:
        self.batches += 1
        self._idle.set()


_note = Loop._note


def _notes_what_changed(self: Loop, batch: Any, folded: Folded, outcome: str, lane: str) -> None:
    _note(self, batch, folded, outcome, lane)
    if outcome == "unchanged":
        batch.met.pop(folded.draft.id, None)


async def _puts_aside_unsaved(
    self: Morgue, parked: Document, document: Document, arrivals: Sequence[Any], at: Any
) -> Folded:
    folded = Folded(parked, done=len(arrivals))
    for each in (one for one in arrivals if one.stream is not None):
        letter = self._letter("aggregate-parked", each.place, each.raw, document.id)
        folded.direct.append(self._entry(document.id, each.incoming.correlation_id, letter, each.position, at))
    return folded


# --- parts ----------------------------------------------------------------------------------------------------------
class _CallsAtOnce(Folder):
    call: Callable[[Any], None]

    def _record(self, folded: Folded, *rest: Any) -> Any:
        state = super()._record(folded, *rest)
        self.call(folded.effects)
        folded.effects = []
        return state


class _TrimsWhatWasThere(Folder):
    async def fold(self, document: Document, *rest: Any) -> Folded:
        folded = await super().fold(document, *rest)
        if folded.changed:
            folded.draft.outbox = [entry for entry in folded.draft.outbox if entry not in document.outbox]
        return folded


def _as(kind: type[Folder], machinery: Machinery) -> Any:
    old = machinery.loop.folder
    new = kind(**{each.name: getattr(old, each.name) for each in fields(Folder)})
    machinery.loop.folder = new
    return new


def _calls_at_once(machinery: Machinery) -> None:
    _as(_CallsAtOnce, machinery).call = machinery.desk.start


def _trims_what_was_there(machinery: Machinery) -> None:
    _as(_TrimsWhatWasThere, machinery)


def _newest_first(machinery: Machinery) -> None:
    publish = machinery.loop.publish
    machinery.loop.publish = lambda records: publish(records[::-1])


# --- the database ---------------------------------------------------------------------------------------------------
def _no_version_filter(world: World) -> None:
    for store in world.stores.values():
        store.checks_version = False


def _local_reads(world: World) -> None:
    for store in world.stores.values():
        store.reads_majority = False


SAFEGUARDS: Final[dict[str, Safeguard]] = {
    "number check": Safeguard(((Document, "has_decided", _decided_nothing),), stress=("after-bulk", "after-publish")),
    "version filter": Safeguard(world=_no_version_filter, stress=("revocation-inside-a-decision",)),
    "majority reads": Safeguard(world=_local_reads, stress=("fail-over",)),
    "rewind": Safeguard(((KafkaLane, "_rewind_and_pause", _goes_on),), stress=("before-load", "after-bulk")),
    "membership": Safeguard(
        ((Membership, "holds", _always_holds),),
        stress=("freeze-with-records-in-hand",),
        needs=("asked-too-early", "joins"),
        seeds=100,
    ),
    "publish before commit": Safeguard(
        ((KafkaLane, "_handle", _commits_first),), stress=("before-publish", "death-inside-a-decision")
    ),
    "whole outbox": Safeguard(((Loop, "_note", _notes_what_changed),), stress=("before-publish", "after-bulk")),
    "command expiry": Safeguard(((arrival, "untimely", lambda *_: None),), needs=("command-expired",)),
    "code expiry": Safeguard(((one_time_code, "is_in_time", lambda *_: True),)),
    "call after save": Safeguard(parts=_calls_at_once, stress=("inside-bulk", "before-publish")),
    "trim only what was acknowledged": Safeguard(parts=_trims_what_was_there, stress=("before-publish",)),
    "oldest first": Safeguard(parts=_newest_first),
    "parking in the fold": Safeguard(((Morgue, "fold", _puts_aside_unsaved),), needs=("poisonous-aggregate",)),
    "letters in their turn": Safeguard(
        ((ParkedLetters, "judge", lambda *_, **__: None),), needs=("poisonous-aggregate", "spoilt-flow-mended")
    ),
    "unparking only what is settled": Safeguard(
        ((Morgue, "_held", lambda *_: None),), needs=("poisonous-aggregate", "spoilt-flow-mended")
    ),
    "safe parser": Safeguard(
        ((raw_batch, "parse", AioKafkaBatchParser(KafkaMessage, None).parse_batch),), needs=("hostile-record",)
    ),
}
"""By the names under which docs and tests speak of them."""


@contextmanager
def left_out(name: str) -> Iterator[None]:
    """While the block runs, no process has this safeguard."""
    replaced = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in SAFEGUARDS[name].without]
    try:
        for owner, attribute, other in SAFEGUARDS[name].without:
            setattr(owner, attribute, other)
        yield
    finally:
        for owner, attribute, real in replaced:
            setattr(owner, attribute, real)


def stressed(name: str) -> Options:
    """Options of a seed that has more of what the safeguard guards against, with the audit switched off, too: it heals
    what others miss. The safeguard itself is there."""
    safeguard = SAFEGUARDS[name]
    return Options(audited=False, stress=safeguard.stress, needs=safeguard.needs)


def without(name: str) -> Options:
    """The same without the safeguard; what `left_out` replaces is left out besides."""
    safeguard = SAFEGUARDS[name]
    return replace(stressed(name), prepare=safeguard.world, machinery=safeguard.parts)
