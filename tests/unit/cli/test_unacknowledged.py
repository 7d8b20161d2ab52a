"""What was sent and not acknowledged or answered: what became of it is not known, and the command line says so."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from joserfc.jwk import OKPKey

from contracts.operations import DEAD_LETTER_REPLAYED
from deploy.cli import connecting, letter_commands, letter_orders
from deploy.cli.__main__ import main
from deploy.cli.installation import Installation
from deploy.cli.letter_orders import By, desk
from deploy.cli.letters import Book
from deploy.cli.outcome import NO_ANSWER, NOT_REACHED
from deploy.local.client import Client, NoAnswer
from deploy.local.up.announcement import LOCAL
from tests.unit.cli.test_dead_letters import book, parked

KAFKA = "127.0.0.1:1"
SEND = ["send", "AskContactChannels", "--kafka", KAFKA]
AGAIN = ["send", "--again", "--kafka", KAFKA]
SKIP = [
    "skip-record", "--service", "accounts", "--lane", "commands", "--partition", "3", "--offset", "7",
    "--reason", "disk", "--kafka", KAFKA,
]  # fmt: skip

Deed = Callable[[], Awaitable[None]]


async def lost() -> None:
    """The broker went away with the record in its hands."""
    raise KafkaConnectionError


async def called_off() -> None:
    """Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def for_ever() -> None:
    """A broker that keeps the connection and says nothing."""
    await asyncio.Event().wait()


async def at_once() -> None:
    """As it should be."""


@dataclass
class Wire:
    """Stands for a producer and a watch: takes what is sent, and then does its deed instead of acknowledging.

    `heard` is told of orders by their number; `waiting` is done where nothing is told."""

    deed: Deed = lost
    waiting: Deed = at_once
    heard: dict[int, Any] = field(default_factory=dict)
    taken: list[tuple[Any, ...]] = field(default_factory=list)
    answers: defaultdict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    async def send_and_wait(self, topic: str, value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> None:
        self.taken.append((topic, value, key, headers))
        await self.deed()

    async def until(self, accept: Callable[[], bool], _: float) -> bool:
        """Nothing more is said."""
        if not accept():
            await self.waiting()
        return accept()

    def caused_by(self, ids: Collection[str]) -> list[Any]:
        sent = [dict(headers)["ce_id"].decode() for *_, headers in self.taken]
        return [self.heard[number] for number, each in enumerate(sent) if each in ids and number in self.heard]


@pytest.fixture
def wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """What the command line talks to."""
    wire = Wire()
    both: Any = wire

    @contextlib.asynccontextmanager
    async def talking(
        _: Installation, name: str, own: OKPKey, __: Collection[str]
    ) -> AsyncIterator[tuple[Client, Wire]]:
        yield Client(name, both, both, {}, own), wire

    monkeypatch.setenv(LOCAL, str(tmp_path))
    monkeypatch.setattr(connecting, "talking", talking)
    monkeypatch.setattr(letter_orders, "talking", talking)
    return wire


@pytest.mark.parametrize(("deed", "why"), [(lost, "KafkaConnectionError"), (called_off, "Ctrl-C")])
def test_J3_an_unacknowledged_command_is_said_to_be_and_goes_again_by_the_same_bytes(
    wire: Wire, capsys: pytest.CaptureFixture[str], deed: Deed, why: str
) -> None:
    wire.deed = deed
    assert main(SEND) == NO_ANSWER
    assert capsys.readouterr().err == (
        f"hesabi: Kafka at {KAFKA} has not acknowledged it ({why}): it is not known whether it arrived; "
        "`./hesabi send --again` sends the same bytes\n"
    )
    assert main(AGAIN) == NO_ANSWER
    assert capsys.readouterr().err.count(why) == 1
    first, second = wire.taken
    assert first == second


def test_J3_an_acknowledgement_is_not_waited_for_without_an_end(
    wire: Wire, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.deed = for_ever
    monkeypatch.setattr(connecting, "REACH_S", 0.05)
    assert main(SEND) == NO_ANSWER
    assert "not known whether it arrived" in capsys.readouterr().err


def test_what_may_not_be_written_is_refused_not_unknown(wire: Wire, capsys: pytest.CaptureFixture[str]) -> None:
    async def forbidden() -> None:
        raise TopicAuthorizationFailedError("notifications.commands")

    wire.deed = forbidden
    assert main(SEND) == NOT_REACHED
    assert "(TopicAuthorizationFailedError)" in capsys.readouterr().err


@pytest.mark.parametrize("deed", [lost, called_off])
def test_trap_19_an_unacknowledged_order_to_skip_is_given_anew(
    wire: Wire, capsys: pytest.CaptureFixture[str], deed: Deed
) -> None:
    wire.deed = deed
    assert main(SKIP) == NO_ANSWER
    said = capsys.readouterr().err
    assert "not known whether it arrived; give the order anew" in said
    assert "--again" not in said


@pytest.mark.parametrize("deed", [lost, called_off])
async def test_law7_of_an_unacknowledged_order_the_list_tells(wire: Wire, deed: Deed) -> None:
    wire.deed = deed

    async def order() -> None:
        async with desk(Installation(KAFKA), ["accounts"], By("sami", "mended"), 1, lambda _: None, []) as orders:
            await orders.unpark(("accounts", "count:f1"))

    with pytest.raises(NoAnswer, match=r"not known whether it arrived; .* list` shows whether"):
        await asyncio.create_task(order())


REPLAY = ["dead-letters", "replay", "--aggregate", "count:f1", "--why", "mended", "--kafka", KAFKA]
REPLAYED = SimpleNamespace(
    body=DEAD_LETTER_REPLAYED["accounts"](
        letter_id="5a", source_topic="accounts.commands", epoch=1, partition=0, offset=7, operator="sami", why="mended",
        outcome="decided",
    )
)  # fmt: skip


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Book:
    """Two of a parked counter, and one of a record that nobody can read."""
    found = book(asyncio.run(parked(666, 2)))

    async def read(*_: Any) -> Book:
        return found

    monkeypatch.setattr(letter_commands, "read_book", read)
    return found


@pytest.mark.parametrize(
    ("deeds", "number", "said"),
    [
        ((at_once, at_once), 0, "accounts has not told within 60 s"),
        ((at_once, at_once), 1, "accounts has not told within 60 s"),  # heard while the first is waited for
        ((at_once, called_off), 0, "called off; `./hesabi dead-letters list` shows which"),
        ((lost, at_once), 0, "has not acknowledged it"),
    ],
)
def test_law7_what_became_of_orders_shows_whatever_came_after(
    wire: Wire,
    letters: Book,
    capsys: pytest.CaptureFixture[str],
    deeds: tuple[Deed, Deed],
    number: int,
    said: str,
) -> None:
    wire.deed, wire.waiting = deeds
    wire.heard = {number: REPLAYED}
    assert main([*REPLAY, "--json"]) == NO_ANSWER
    shown = capsys.readouterr()
    assert said in shown.err
    assert [each["letter"] for each in json.loads(shown.out)] == [letters.letters[1 + number].id]
    wire.taken.clear()
    assert main(REPLAY) == NO_ANSWER
    assert "1 decided" in capsys.readouterr().out


def test_law7_of_orders_of_which_nothing_is_known_nothing_is_shown(
    wire: Wire, letters: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*REPLAY, "--json"]) == NO_ANSWER
    assert json.loads(capsys.readouterr().out) == []
    assert main(REPLAY) == NO_ANSWER
    assert capsys.readouterr().out == ""
    assert len(letters.letters) == 3
