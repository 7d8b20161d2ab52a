"""The ledger against what was left: lost, doubled, out of order, unanswered, refused, stuck, dead letters."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from contracts.asyncapi import answers_to
from contracts.catalogue import CATALOGUE
from contracts.message import Command, Query
from contracts.operations import DEAD_LETTER
from services.chassis.arrival import PARKED
from tests.chaos.effects import definitions_kept, effects_once, readings_kept
from tests.chaos.evidence import Evidence, Said, Violation
from tests.chaos.hostile import Explained
from tests.first_copies import Streams

MAY_BE_REFUSED: Final[Mapping[str, frozenset[str]]] = {
    "ShowDues": frozenset({"not-available-now"}),
    "RequestStatement": frozenset({"not-available-now"}),
}
"""Somebody else is asked and has a limited time to answer: with the broker away, time runs out."""

ENDS: Final = frozenset({"MessageHandedOver", "MessageDelivered", "MessageFailed", "MessageExpired"})
TOLD_TO_IDENTITY: Final = frozenset({"OtpHandedOver", "OtpNotHandedOver"})
UNTOLD: Final = frozenset({"approve-registration", "reset-password"})
"""Purposes of codes of whose delivery nobody is told (I15)."""
LETTERS: Final = {message.topic.name: service for service, message in DEAD_LETTER.items()}

Check = Callable[[Evidence], Iterator[Violation]]


def reckoned(evidence: Evidence) -> list[Violation]:
    """Every broken promise that the evidence shows; none: the ledger is clean."""
    return [violation for check in CHECKS for violation in check(evidence)]


def kept_by_the_broker(evidence: Evidence) -> Iterator[Violation]:
    """What was acknowledged is on its topic."""
    for entry in evidence.ledger.values():
        if entry.acknowledged and entry.id not in evidence.of_the_ledger:
            yield Violation("lost", f"{entry.name} {entry.id} was acknowledged and is not on {entry.topic}")


def answered_once(evidence: Evidence) -> Iterator[Violation]:
    """Each command has its one answer, however often that is given (J3)."""
    for entry, _ in evidence.commands():
        answers = evidence.answers.get(entry.id, ())
        if not answers:
            yield Violation("unanswered", f"{entry.name} {entry.id}")
        elif len({_substance(entry.type, answer) for answer in answers}) > 1:
            yield Violation("doubled", f"{entry.name} {entry.id} has two different answers")
        elif (said := answers[0].envelope.type) not in _answers_to(entry.type):
            yield Violation("unanswered", f"{entry.name} {entry.id}: {said} is no answer to {entry.type}")


def not_refused(evidence: Evidence) -> Iterator[Violation]:
    """The load asks for what it may have: a no would be machinery's."""
    for entry, _ in evidence.commands():
        for answer in evidence.answers.get(entry.id, ())[:1]:
            reason = answer.body["public_reason"] if answer.name == "CommandRefused" else None
            if reason is not None and reason not in MAY_BE_REFUSED.get(entry.name, ()):
                yield Violation("refused", f"{entry.name} {entry.id}: {reason}")


def in_order(evidence: Evidence) -> Iterator[Violation]:
    """First copies of each stream: no gap, no inversion; and no message under two numbers."""
    streams, seen = Streams(), Counter[tuple[str, str, str]]()
    for said in evidence.said:
        if streams.take(said.topic, said.envelope, said.value):
            seen[said.topic, said.envelope.subject, said.envelope.id] += 1
    for stream, fault in streams.faults.items():
        yield Violation("out of order", f"{stream.topic} {stream.subject}: {fault}")
    for (topic, subject, _), times in seen.items():
        if times > 1:
            yield Violation("doubled", f"{topic} {subject}: one message has {times} numbers")


def paid_once(evidence: Evidence) -> Iterator[Violation]:
    """No SMS is handed over twice (N6, N10)."""
    for message_id, times in evidence.bills.items():
        if times > 1:
            yield Violation("doubled", f"SMS {message_id} was handed over {times} times")


def messages_ended(evidence: Evidence) -> Iterator[Violation]:
    """Each message to a person has met an end: handed over, failed or expired; and what a gateway has reported as
    delivered, and was thanked for, is delivered. A gateway that finds the door shut for too long stops reporting."""
    wanted: dict[str, str] = {}
    ended: set[str] = set()
    delivered: set[str] = set()
    untold: set[str] = set()
    for said in evidence.said:
        if said.name in {"OtpRequested", "MessageWanted", "ActivationLinkRequested"}:
            wanted[_message_id(said)] = said.name
            untold |= {said.body["otp_id"]} if said.body.get("purpose") in UNTOLD else set()
        elif said.name in TOLD_TO_IDENTITY:
            ended.add(said.body["otp_id"])
        elif said.name in ENDS:
            ended.add(said.body["message_id"])
            delivered |= {said.body["message_id"]} if said.name == "MessageDelivered" else set()
    for message_id in wanted.keys() - ended:
        yield Violation("stuck", f"{wanted[message_id]} {message_id} has met no end")
    for message_id in evidence.receipts - delivered - untold:
        yield Violation("lost", f"the receipt of SMS {message_id} was taken, and it is not delivered")


def nothing_stuck(evidence: Evidence) -> Iterator[Violation]:
    """Every lane has read everything and goes on; nothing is parked; every outbox is proven published (law 5)."""
    for group, lag in evidence.lags.items():
        yield Violation("stuck", f"{group} has {lag} records to read")
    for lane in evidence.paused:
        yield Violation("stuck", f"{lane} is paused")
    for service, outboxes in evidence.outboxes.items():
        for aggregate, entries in outboxes.items():
            if aggregate.startswith(PARKED):
                yield Violation("stuck", f"{service} {aggregate}")
            for entry in entries:
                if entry.offset >= evidence.committed.get((service, entry.topic, entry.partition), 0):
                    yield Violation("stuck", f"{service} {aggregate}: {entry.message_id} is not proven published")


def letters_explained(evidence: Evidence) -> Iterator[Violation]:
    """Dead letters are those of the hostile records, each once, and no others."""
    found: dict[Explained, set[str]] = {}
    for said in evidence.said:
        if said.topic in LETTERS and said.name == "DeadLetter":
            found.setdefault(_explanation(LETTERS[said.topic], said.body), set()).add(said.envelope.id)
    for letter in found.keys() - evidence.explained:
        yield Violation("dead letter", f"not explained: {_shown(letter)}")
    for letter in evidence.explained - found.keys():
        yield Violation("dead letter", f"missing: {_shown(letter)}")
    for letter, ids in found.items():
        if len(ids) > 1:
            yield Violation("doubled", f"dead letter {_shown(letter)}: {len(ids)} times")


CHECKS: Final[tuple[Check, ...]] = (
    kept_by_the_broker,
    answered_once,
    not_refused,
    effects_once,
    definitions_kept,
    readings_kept,
    in_order,
    paid_once,
    messages_ended,
    nothing_stuck,
    letters_explained,
)


@cache
def _answers_to(command_type: str) -> frozenset[str]:
    """The types of what a command may be answered with, in its own version."""
    command = CATALOGUE[command_type]
    assert issubclass(command, Command)
    return frozenset(answer.type_name for answer in answers_to(command))


def _substance(command_type: str, answer: Said) -> str:
    """What must be the same in every copy. A question is not recorded: asked again, its answer is sealed anew."""
    if not issubclass(CATALOGUE[command_type], Query):
        return f"{answer.envelope.type} {answer.value.decode()}"
    sealed = CATALOGUE[answer.envelope.type].sealed_fields
    open_part = {name: value for name, value in answer.body.items() if name not in sealed}
    return f"{answer.envelope.type} {json.dumps(open_part, sort_keys=True)}"


def _message_id(said: Said) -> str:
    match said.name:
        case "OtpRequested":
            return str(said.body["otp_id"])
        case "ActivationLinkRequested":
            return said.envelope.id
        case _:
            return str(said.body["message_id"])


def _explanation(service: str, letter: Mapping[str, Any]) -> Explained:
    return Explained(service, letter["source_topic"], letter["partition"], letter["offset"], letter["reason"])


def _shown(letter: Explained) -> str:
    return f"{letter.service} {letter.topic}/{letter.partition}/{letter.offset} {letter.reason}"
