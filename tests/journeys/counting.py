"""What a journey led to, counted: events of each type, and what gateway and relay took."""

from collections import Counter
from collections.abc import Collection, Iterable
from functools import partial
from typing import Final

from deploy.local.journey import Outcome, Step
from deploy.local.journey.settling import PATIENCE_S, settled, unfinished
from deploy.local.system import System
from deploy.local.watch import Seen

OF_CHANCE: Final = frozenset({"BucketOpened"})
"""Whoever is the first of a region's bucket opens it; whose buckets are the same is chance (N4)."""


def ignore(_: Step) -> None:
    """A journey that nobody looks at."""


async def settled_or_fail(system: System, within: float = PATIENCE_S) -> None:
    """Everything that was begun has come to its end."""
    assert await settled(system.watch, within), "\n".join(map(partial(_story, system), unfinished(system.watch)))


def _story(system: System, message_id: str) -> str:
    """What was said of a message that has met no end."""
    about = [each for each in system.watch.seen if message_id in f"{each.envelope.id} {each.envelope.subject}"]
    return f"not ended: {message_id}: " + ", ".join(f"{each.name} {each.envelope.time:%T}" for each in about)


def outcomes(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    """The table of outcomes."""
    return [step.outcome for step in outcome.steps]


def once_each(seen: Iterable[Seen]) -> list[Seen]:
    """Messages by id: one that was published again is the same message."""
    return list({each.envelope.id: each for each in seen}.values())


def event_counts(system: System, outcome: Outcome, without: Collection[str] = ()) -> Counter[tuple[str, str]]:
    """How many messages of each type, by topic, the person's commands led to, each id counted once: all but what is
    said of these texts."""
    caused = once_each(system.watch.caused_by(outcome.command_ids))
    counted = (each for each in caused if getattr(each.body, "template", "") not in without)
    return Counter((each.topic, each.name) for each in counted if each.name not in OF_CHANCE)


def named(system: System, outcome: Outcome, name: str) -> list[Seen]:
    """The messages of one name that the person's commands led to, each once."""
    return [each for each in once_each(system.watch.caused_by(outcome.command_ids)) if each.name == name]


def bills_a_text(system: System, outcome: Outcome) -> Counter[str]:
    """How often the SMS gateway billed each message to this person, by the message's id."""
    mobiles = {outcome.person.approved_mobile.removeprefix("+"), outcome.person.mobile.removeprefix("+")}
    return Counter(bill.correlation_id for bill in system.gateway.ledger.bills if bill.recipient in mobiles)


def copies_a_mail(system: System, outcome: Outcome) -> Counter[str]:
    """How often the relay took each e-mail to this person, by its Message-ID."""
    taken = (each for each in system.mail.taken if each.recipient == outcome.person.email)
    return Counter(str(each.message["Message-ID"]) for each in taken)
