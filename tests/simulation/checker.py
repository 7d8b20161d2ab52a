"""What must be so when everything has come to rest: each function returns the promises it found broken."""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from contracts.accounts import AccountDefined
from contracts.identity import UserActivated, UserRegistered
from contracts.message import CommandRefused, Query, RefusalRecorded
from contracts.topics import NEIGHBOURS
from services.chassis.arrival import PARKED
from services.chassis.known import OperatorsOrder
from tests.simulation.codes_and_texts import codes, texts
from tests.simulation.letters import dropped_commands, letters
from tests.simulation.money import money
from tests.simulation.releases import read_by_any
from tests.simulation.said import Said, Stream

if TYPE_CHECKING:
    from tests.simulation.world import World


def check(world: "World") -> list[str]:
    """Every promise that was broken."""
    said = Said(world.log.history)
    return [
        *streams(said),
        *answers(said, world),
        *outboxes(said, world),
        *once_only(said),
        *put_aside(said, world),
        *letters(said, world),
        *codes(said),
        *texts(said, world.sms),
        *money(said, world.neighbours),
    ]


def streams(said: Said) -> list[str]:
    """Law 4: first copies come without gap and in order; a number is one message, and a message one number. Another
    system's message that comes twice has two offsets and is decided twice: what follows from it bears one id."""
    found: list[str] = []
    came = Counter(record.envelope.id for record in said.records if record.envelope.source in NEIGHBOURS)
    known: dict[Stream, dict[int, str]] = defaultdict(dict)
    numbered: dict[tuple[Stream, str], int] = {}
    for record in said.records:
        stream, sequence, message_id = record.stream, record.envelope.sequence, record.envelope.id
        if stream is None or sequence is None:
            continue
        if known[stream].setdefault(sequence, message_id) != message_id:
            found.append(f"two messages are number {sequence} of {stream}")
        if sequence > len(known[stream]):
            found.append(f"number {sequence} of {stream} comes before number {len(known[stream])}")
        is_twice = came[record.envelope.causation_id or ""] > 1
        if numbered.setdefault((stream, message_id), sequence) != sequence and not is_twice:
            found.append(f"message {message_id} is two numbers of {stream}")
    return found


def answers(said: Said, world: "World") -> list[str]:
    """J3: every command has its one answer; copies of it under one id are one. A refusal that was not saved is not
    remembered: a copy of its command may be answered otherwise."""
    given, settled = _given(said)
    found = []
    dropped = dropped_commands(said, world)
    for command_id, sent in world.channel.sent.items():
        if sent.key in world.spoilt - world.mended:
            continue
        name = f"{type(sent.command).__name__} {command_id}"
        said_yes = [reason for reason in given[command_id].values() if reason == "yes"]
        if command_id in dropped:
            found += [f"{name} was dropped and is answered"] if said_yes else []
            continue
        if not given[command_id]:
            found.append(f"{name} has no answer")
        # Nobody remembers an order: given again, it is judged again, and finds the letter settled.
        asks_again = isinstance(sent.command, Query | OperatorsOrder)
        if len(said_yes) + settled[command_id] > 1 and not asks_again:
            found.append(f"{name} is answered {sorted(given[command_id].values())}")
        if command_id in world.channel.expired and said_yes:
            found.append(f"{name} was accepted after its end")
    return found


def _given(said: Said) -> tuple[dict[str, dict[str, str]], Counter[str]]:
    """What each command was told, by the answer's id; how many of these were refusals that were saved, which operators
    hear of under a number."""
    given: dict[str, dict[str, str]] = defaultdict(dict)
    refused: set[tuple[str, int]] = set()
    for record in said.records:
        if record.raw.topic.endswith(".answers") and record.envelope.causation_id:
            body = record.body
            no = body.public_reason if isinstance(body, CommandRefused) else "yes"
            given[record.envelope.causation_id][record.envelope.id] = no
        elif record.raw.topic.endswith(".audit") and record.envelope.sequence is not None:
            refusal = record.body
            # Of an id that is used again it is the other body's, which is saved where it was a letter.
            if isinstance(refusal, RefusalRecorded) and refusal.public_reason != "command-id-reused":
                refused.add((refusal.message_id, record.envelope.sequence))
    return given, Counter(message_id for message_id, _ in refused)


def outboxes(said: Said, world: "World") -> list[str]:
    """Laws 4 and 5: all that was saved is on the log; in the end no outbox has an entry that is not proven."""
    highest: dict[Stream, int] = defaultdict(int)
    for record in said.records:
        if record.stream is not None and record.envelope.sequence is not None:
            highest[record.stream] = max(highest[record.stream], record.envelope.sequence)
    found = []
    for service, store in world.stores.items():
        for fields in store.majority.values():
            document = read_by_any(fields)
            for topic, sequence in document.sequences.items():
                # Answers count in the document and bear no number on the log.
                if not topic.endswith(".answers") and highest[service, document.id, topic] != sequence:
                    said_to = highest[service, document.id, topic]
                    found.append(f"{document.id} saved {sequence} messages to {topic}, {said_to} are on the log")
    unproven = world.unproven() if world.options.audited else []
    return found + [f"the outbox of {document} is neither empty nor proven" for document in unproven]


def once_only(said: Said) -> list[str]:
    """What happens once in a life happens once."""
    users = Counter((type(event).__name__, event.user_id) for event in said.once(UserRegistered))
    users.update((type(event).__name__, event.user_id) for event in said.once(UserActivated))
    defined = Counter(("AccountDefined", event.reference) for event in said.once(AccountDefined))
    return [f"{name} {times} times for {who}" for (name, who), times in (users + defined).items() if times > 1]


def put_aside(said: Said, world: "World") -> list[str]:
    """Law 7: nothing but what was made to be put aside is."""
    found = []
    unseen = set(world.hostile)
    for name in (t for t in said.by_type if t.split(".")[2] == "DeadLetter"):
        for letter in (record.body for record in said.by_type[name]):
            place = letter.source_topic, letter.partition, letter.offset
            unseen.discard(place)
            if letter.aggregate is None and place in world.hostile:
                continue
            if letter.aggregate is None or letter.aggregate.partition(":")[2] not in world.spoilt:
                found.append(f"put aside: {letter.reason} {place}")
    found += [f"the hostile record {place} was not put aside" for place in sorted(unseen)]
    parked = [i for store in world.stores.values() for i in store.majority if i.startswith(PARKED)]
    return found + [f"{i} was parked" for i in parked if i.rpartition(":")[2] not in world.spoilt]
