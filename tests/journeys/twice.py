"""A channel that sends every command again, and then another one under the same id (J3)."""

from dataclasses import dataclass, field, replace
from typing import Any

from contracts.message import Command, CommandRefused
from deploy.local.client import ANSWER_S, Answered, Client, NoAnswer


@dataclass(frozen=True, slots=True)
class Repeated:
    """The answers to one command: the first, to the same again, and (where a seal makes another body) to the reuse of
    its id. `is_remembered` is False for what is not recorded: queries, and refusals that cost no save."""

    first: Answered
    again: Answered
    reuse: Answered | None = field(default=None)

    @property
    def is_remembered(self) -> bool:
        """A remembered answer comes again as the message that it was; others are made anew (law 3)."""
        return self.first.seen.envelope.id == self.again.seen.envelope.id

    @property
    def command(self) -> str:
        """The command's name."""
        return type(self.first.sent.command).__name__


class TwiceClient(Client):
    """`ask` does three times what others do once."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.repeated: list[Repeated] = []

    async def ask(self, command: Command, *, key: str) -> Answered:
        """Gives the first answer."""
        first = await super().ask(command, key=key)
        await self.send_bytes(first.sent)
        again = await self.answer(first.sent, 2)
        once_more = Repeated(first, again)
        reuse = await self._reused(command, key, first) if once_more.is_remembered else None
        self.repeated.append(replace(once_more, reuse=reuse))
        return first

    async def _reused(self, command: Command, key: str, first: Answered) -> Answered | None:
        """Sealing again makes other bytes of the same wish. What has no seal and what is not recorded is left out."""
        if not command.sealed_fields:
            return None
        other = await self.send(command, key=key, command_id=first.sent.id)
        answers = self._watch.answers[other.id]
        if not await self._watch.until(lambda: any(_is_other(each, first) for each in answers), ANSWER_S):
            raise NoAnswer(f"the reuse of an id by {type(command).__name__} was not answered")
        number = next(n for n, each in enumerate(answers, 1) if _is_other(each, first))
        return await self.answer(other, number)


def _is_other(seen: Any, first: Answered) -> bool:
    return bool(seen.envelope.id != first.seen.envelope.id)


def is_reuse_refused(repeated: Repeated) -> bool:
    """Whether another body under a used id was refused as such."""
    reuse = repeated.reuse
    return reuse is None or (isinstance(reuse.body, CommandRefused) and reuse.body.public_reason == "command-id-reused")
