"""Replaying and dropping as an operator means it: whole aggregates in their order, unparked when nothing is left."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.topics import LETTERS_KEPT
from deploy.cli.letter_orders import Desk
from deploy.cli.letters import Book, Letter, Whose
from deploy.cli.outcome import Wrong

LETTERS_LEFT: Final = "letters-left"
ROUNDS: Final = 100
"""An aggregate that is sent messages faster than they can be replayed is not waited for without an end."""

BEHIND_S: Final = 0.2
"""What has just been put aside is on its topic a moment later."""

Reread = Callable[[], Awaitable[Book]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: letters of single records by their place, and of parked aggregates the first of those left.

    `whole`: aggregates of which no letter is left out; they are unparked when nothing is left."""

    records: Sequence[Letter]
    parked: dict[Whose, list[Letter]]
    whole: frozenset[Whose]

    @property
    def letters(self) -> list[Letter]:
        """All of them."""
        return [*self.records, *(letter for letters in self.parked.values() for letter in letters)]


def planned(book: Book, chosen: Iterable[Letter], aggregate: Whose | None = None) -> Plan:
    """The plan for what was chosen. An `aggregate` that was named is unparked though nothing of it is left.

    Raises:
        Wrong: a parked aggregate's letter was chosen without those before it.
    """
    chosen = [letter for letter in chosen if book.is_open(letter)]
    parked: dict[Whose, list[Letter]] = {}
    for letter in chosen:
        if letter.whose is not None:
            parked.setdefault(letter.whose, []).append(letter)
    for whose, letters in parked.items():
        letters.sort(key=lambda letter: letter.sequence or 0)
        if letters != book.open_of(whose)[: len(letters)]:
            raise Wrong(f"letters of {whose[1]} have an order: take those before them, too, or --aggregate {whose[1]}")
    whole = {whose for whose, letters in parked.items() if len(letters) == len(book.open_of(whose))}
    if aggregate is not None and aggregate in book.parked and not book.open_of(aggregate):
        whole.add(aggregate)
    records = [letter for letter in chosen if letter.whose is None]
    records.sort(key=lambda letter: (letter.body.source_topic, letter.body.epoch, letter.body.offset))
    return Plan(records, parked, frozenset(whole))


def check_no_gap(book: Book, plan: Plan) -> None:
    """Nothing can be replayed behind letters that are gone.

    Raises:
        Wrong: names the aggregate.
    """
    for whose, letters in plan.parked.items():
        before = book.settled_to.get(whose, 0)
        if letters[0].sequence != before + 1 and before:
            raise Wrong(
                f"letters {before + 1} to {(letters[0].sequence or 1) - 1} of {whose[1]} are gone after "
                f"{LETTERS_KEPT.days} days. `./hesabi dead-letters drop --aggregate {whose[1]} --limit 1` drops them "
                "with the next one"
            )


async def replay(desk: Desk, plan: Plan, reread: Reread) -> None:
    """Replay what was planned, and what is put aside meanwhile; then unpark.

    Raises:
        NotReached, NoAnswer: on the way; what was told before then stands.
    """
    await desk.replay_records(plan.records)
    for whose in [*plan.parked, *(plan.whole - plan.parked.keys())]:
        went_well = await desk.replay_parked(plan.parked.get(whose, []))
        if whose in plan.whole and went_well:
            await _let_go(desk, whose, reread)


async def _let_go(desk: Desk, whose: Whose, reread: Reread) -> None:
    result = await desk.unpark(whose)
    for _ in range(ROUNDS):
        if result.what != LETTERS_LEFT:
            return
        desk.results.remove(result)
        behind = (await reread()).open_of(whose)
        if not behind:
            await asyncio.sleep(BEHIND_S)
        elif not await desk.replay_parked(behind):
            return
        result = await desk.unpark(whose)


async def drop(desk: Desk, plan: Plan, book: Book) -> None:
    """Drop what was planned. A parked aggregate of which nothing is left goes on."""
    await desk.drop(plan.records)
    for whose, letters in plan.parked.items():
        first = book.settled_to.get(whose, 0) + 1
        was_dropped = await desk.drop_parked(whose, first, letters[-1].sequence or first)
        if was_dropped and whose in plan.whole:
            await desk.unpark(whose)
    for whose in plan.whole - plan.parked.keys():
        await desk.unpark(whose)
