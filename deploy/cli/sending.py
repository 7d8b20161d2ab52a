"""`hesabi send`: one message as a channel or a neighbour sends it, and its one answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc.jwk import OKPKey

from contracts.catalogue import published_messages
from contracts.message import Command, CommandRefused, CustomerCommand, Message
from contracts.operations import COMMAND_REFUSED
from contracts.sealed import SealedFor
from contracts.topics import SERVICES
from deploy.cli.connecting import acknowledged, channel
from deploy.cli.fields import body_of, checked_key, opener_of
from deploy.cli.installation import Installation
from deploy.cli.memory import LastCommand, Memory, Session
from deploy.cli.message_types import writers_of
from deploy.cli.outcome import Wrong
from deploy.local.client import Answered, Client, NoAnswer, Sent
from services.chassis.sealing import public_jwk, validate_public_jwk

DEFAULT_CHANNEL: Final = "web"
BEGINS_A_FLOW: Final = "Start"
ANSWER_KEY: Final = "answer_key"
AGAIN: Final = "`./hesabi send --again` sends the same bytes"
TOKEN: Final = "token"  # noqa: S105 - the name of a field


@dataclass(frozen=True, slots=True)
class Wish:
    """What to send and as whom. `key` is given as it is, or remembered as the flow's."""

    message: type[Message]
    values: Mapping[str, Any]
    who: str
    sender: str | None = None
    key: str | None = None
    flow: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it: the answer with its sealed fields opened, or None where nobody waits for one."""

    sent: Sent
    sender: str
    answered: Answered | None = None
    opened: Mapping[str, str] | None = None
    kept: str | None = None
    """Whose session was remembered."""

    @property
    def is_refused(self) -> bool:
        """Whether the answer is "no"."""
        return self.answered is not None and isinstance(self.answered.body, CommandRefused)


async def send(system: Installation, memory: Memory, wish: Wish, within: float, *, wait: bool) -> Came:
    """Sends it and, where it is a command and somebody waits, returns with its answer.

    Raises:
        Wrong: it does not fit its contract, or the sender may not send it.
        NotReached: Kafka does not answer.
        NoAnswer: no answer came in time, or not even an acknowledgement.
    """
    sender = _sender(memory, wish)
    own = OKPKey.generate_key("X25519")
    values = _filled_in(memory, wish, public_jwk(own))
    body = body_of(wish.message, values)
    _check_answer_key(values)
    key = _key(memory, wish)
    recipients = {opener_of(wish.message, name) for name in body.model_fields_set & body.sealed_fields.keys()}
    check_pinned(system, recipients)
    async with channel(system, sender, own, _answers(wish.message) if wait else None, recipients) as client:
        sent = await client.made(body, key=key)
        memory.keep_last(_kept(sent, sender, wish.who, own))  # first: unacknowledged, it may have arrived (J3)
        await acknowledged(system, client.send_bytes(sent), AGAIN)
        if not wait or not isinstance(body, Command):
            return Came(sent, sender)
        return _come(memory, client, await _answer(client, sent, within), wish.who)


async def send_again(system: Installation, memory: Memory, within: float) -> Came:
    """The last command once more: the same bytes, so the same answer (J3).

    Raises:
        Wrong: there was none.
        NotReached, NoAnswer: as `send`.
    """
    last = memory.last
    message = published_messages()[last.type]
    value = last.value.encode()
    own = OKPKey.import_key(last.answer_key)
    sent = Sent(last.id, message.model_validate_json(value), message.topic.name, last.key, value, last.made)
    async with channel(system, last.channel, own, _answers(message), ()) as client:
        await acknowledged(system, client.send_bytes(sent), AGAIN)
        if not isinstance(sent.command, Command):
            return Came(sent, last.channel)
        return _come(memory, client, await _answer(client, sent, within), last.who)


def check_pinned(system: Installation, recipients: set[str]) -> None:
    """A key is used only if its fingerprint is known (law 11).

    Raises:
        Wrong: names the recipients without one.
    """
    if unknown := sorted(each for each in recipients if "seal" not in system.fingerprints.get(each, {})):
        raise Wrong(f"no fingerprint is known of {', '.join(unknown)}: --fingerprints or HESABI_KEY_FINGERPRINTS")


def flow_name(message: type[Message], who: str, flow: str | None) -> str:
    """The name of the flow of a message: the one given, or one for each person and service."""
    return flow or f"{who}.{message.service}"


def _sender(memory: Memory, wish: Wish) -> str:
    session = memory.session(wish.who) if issubclass(wish.message, CustomerCommand) else None
    sender = wish.sender or (session.channel if session else DEFAULT_CHANNEL)
    allowed = writers_of(wish.message)
    if sender not in allowed:
        who = f"only {', '.join(sorted(allowed))} may" if allowed else "nobody outside may"
        raise Wrong(f"{sender} may not send {wish.message.__name__}: {who}")
    return sender


def _filled_in(memory: Memory, wish: Wish, answer_key: str) -> dict[str, Any]:
    """What the command line knows by itself: the session's token, the key for the answer."""
    values = dict(wish.values)
    if ANSWER_KEY in wish.message.model_fields:
        values.setdefault(ANSWER_KEY, answer_key)
    if issubclass(wish.message, CustomerCommand) and TOKEN not in values:
        session = memory.session(wish.who)
        token = wish.token or (session.token if session else None)
        if token is None:
            raise Wrong(f"nobody called {wish.who} has logged in: `./hesabi send LogIn ...` first, or give --token")
        values[TOKEN] = token
    return values


def _check_answer_key(values: Mapping[str, Any]) -> None:
    """Nothing can be bound to a key that is none (decision 22)."""
    if ANSWER_KEY in values and not validate_public_jwk(values[ANSWER_KEY]):
        raise Wrong(f"{ANSWER_KEY} is no public X25519 key as JWK")


def _key(memory: Memory, wish: Wish) -> str:
    if wish.key is not None:
        return checked_key(wish.key)
    begins = wish.message.__name__.startswith(BEGINS_A_FLOW)
    return memory.flow(flow_name(wish.message, wish.who, wish.flow), anew=begins)


def _answers(message: type[Message]) -> str | None:
    service = message.service
    return COMMAND_REFUSED[service].topic.name if issubclass(message, Command) and service in SERVICES else None


def _kept(sent: Sent, sender: str, who: str, own: OKPKey) -> LastCommand:
    return LastCommand(
        id=sent.id,
        channel=sender,
        type=type(sent.command).type_name,
        key=sent.key,
        who=who,
        value=sent.value.decode(),
        made_at=sent.made_at.isoformat(),
        answer_key=dict(own.as_dict(private=True)),
    )


async def _answer(client: Client, sent: Sent, within: float) -> Answered:
    """With a word on what to do where none came."""
    try:
        return await client.answer(sent, within=within)
    except NoAnswer as error:
        service = type(sent.command).service
        raise NoAnswer(f"{error}: does {service} run, and what does its log say? {AGAIN}") from None


def _come(memory: Memory, client: Client, answered: Answered, who: str) -> Came:
    body = answered.body
    fields = [name for name, marker in body.sealed_fields.items() if marker is SealedFor.ASKER]
    opened = {name: client.open(answered, name) for name in fields if getattr(body, name) is not None}
    token = opened.pop(TOKEN, None)
    if token is not None:
        expires_at = json.loads(answered.seen.value).get("expires_at", "")
        memory.keep_session(who, Session(client.channel, token, str(expires_at)))
    return Came(answered.sent, client.channel, answered, opened, None if token is None else who)
