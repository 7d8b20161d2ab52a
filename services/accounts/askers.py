"""Neighbours' answers name the aggregate that asked; several kinds ask the same question, and each has its own decision
for the answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.decision import Decision, Facts, Incoming, refused
from contracts.message import Message
from services.chassis.service import Decide, KeyedHash, Prepare, Route

_NOBODY = "none"
"""The id of no aggregate: an answer to an asker that does not exist is refused without a save."""


@dataclass(frozen=True, slots=True)
class Asker:
    """What one kind of aggregate makes of an answer."""

    decide: Decide
    prepare: Prepare | None = None


def answer_route(message: type[Message], *, creates: bool = False, **askers: Asker) -> Route:
    """The route of an answer by its `asked_by`: `answer_route(DuesFound, definition=Asker(show_found_dues), ...)`; each
    name is a kind of aggregate. `creates`: the answer may come before its aggregate is there."""
    otherwise = f"{next(iter(askers))}:{_NOBODY}"

    def the_asker(incoming: Incoming[Any], _: KeyedHash) -> str:
        asked_by: str = incoming.body.asked_by
        kind, _colon, rest = asked_by.partition(":")
        return asked_by if kind in askers and rest else otherwise

    def decide(state: Any, incoming: Incoming[Any], facts: Facts) -> Decision[Any]:
        asker = _of(incoming)
        if asker is None:  # only where an answer may create is it heard at all
            return refused(state, "not-found", "asker-unknown")
        return asker.decide(state, incoming, facts)

    async def prepare(state: Any, incoming: Incoming[Any], effects: Any, present: datetime) -> Facts:
        asker = _of(incoming)
        if asker is None or asker.prepare is None:
            return Facts(present)
        return await asker.prepare(state, incoming, effects, present)

    def _of(incoming: Incoming[Any]) -> Asker | None:
        return askers.get(incoming.body.asked_by.partition(":")[0])

    return Route(message, the_asker, decide, prepare, creates=creates)
