"""A channel as the last release's contracts have it: what it says and reads is version 1, while its journey is today's.
Channels are raised after the services, so during an upgrade such ones are at work."""

from dataclasses import replace

from contracts import accounts_v1
from contracts.accounts import Dues, DuesShown, ShowDues
from contracts.message import Answer, Message
from contracts.requests import InstalmentsQuoted, Quote, RequestInstalments
from contracts.sealed import Sealed
from deploy.local.client import ANSWER_S, Answered, Client, Sent


class LastChannel(Client):
    """Says version 1 of whatever has a second; its answers are told as those of version 2."""

    async def send(self, command: Message, *, key: str, command_id: str | None = None) -> Sent:
        """As ever."""
        return await super().send(_as_it_was(command), key=key, command_id=command_id)

    async def answer(self, sent: Sent, number: int = 1, within: float = ANSWER_S) -> Answered:
        """As ever."""
        answered = await super().answer(sent, number, within)
        return replace(answered, body=_as_it_is(answered.body))

    def open(self, answered: Answered, name: str) -> str:
        """What came in clear is open."""
        value = getattr(answered.body, name)
        if isinstance(value, Sealed) and value.plain is not None:
            return value.plain.reveal()
        return super().open(answered, name)


def _as_it_was(command: Message) -> Message:
    match command:
        case ShowDues():
            return accounts_v1.ShowDues(token=command.token)
        case RequestInstalments():
            return accounts_v1.RequestInstalments(token=command.token, reference=command.reference, parts=command.parts)
        case _:
            return command


def _as_it_is(answer: Answer) -> Answer:
    match answer:
        case accounts_v1.DuesShown():
            dues = Dues(as_of=answer.as_of, dues=answer.dues, total_halalas=answer.total_halalas)
            return DuesShown(dues=Sealed.of(dues.model_dump_json()), next_step=answer.next_step)
        case accounts_v1.InstalmentsQuoted():
            quote = Quote(total_halalas=answer.total_halalas, parts=answer.parts)
            return InstalmentsQuoted(
                reference=answer.reference,
                quote=Sealed.of(quote.model_dump_json()),
                valid_until=answer.valid_until,
            )
        case _:
            return answer
