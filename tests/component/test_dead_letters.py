"""Law 7 on real servers, by the real command line: parked, put aside, replayed in order, unparked."""

import asyncio
import contextlib
import io
import json
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from deploy.cli.__main__ import main
from deploy.cli.outcome import REFUSED, USAGE, YES
from tests.component.counter import Add, Mine
from tests.component.service_under_test import House
from tests.eventually import eventually
from tests.logs_restored import logs_restored
from tests.unit.chassis.test_replay_parked import MENDED
from tests.unit.chassis.test_replay_records import OLD

MARK = "MARKED-0559998877"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No log between what the command line shows."""
    monkeypatch.setenv("HESABI_OPERATOR", "sami")
    with logs_restored():
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(io.StringIO()), processors=[_only_event])
        yield


def _only_event(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    return str(event["event"])


@dataclass
class Typist:
    """Types `./hesabi dead-letters ...` and remembers all that was shown."""

    house: House
    shown: str = ""

    async def types(self, *typed: str) -> tuple[int, str]:
        """The exit code and what was shown, errors included."""
        words = ["dead-letters", *typed, "--kafka", self.house.stack.kafka_bootstrap]
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = await asyncio.to_thread(_exit_code, words)
        self.shown += output.getvalue()
        return code, output.getvalue()

    async def process(self, *typed: str) -> tuple[int, str]:
        """The same as a process of its own."""
        process = await asyncio.create_subprocess_exec(
            str(ROOT / "hesabi"), "dead-letters", *typed, "--kafka", self.house.stack.kafka_bootstrap,
            stdout=PIPE, stderr=STDOUT, cwd=ROOT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), 120)
        self.shown += output.decode()
        return process.returncode or 0, output.decode()

    async def letters(self, *typed: str) -> list[dict[str, Any]]:
        """The list, as programs get it."""
        code, output = await self.types("list", "--json", *typed)
        assert code == YES, output
        found: list[dict[str, Any]] = json.loads(output)
        return found


def at_least(count: int) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda found: len(found) >= count


def positive(count: int) -> bool:
    return count > 0


def _exit_code(words: list[str]) -> int:
    try:
        return main(words)
    except SystemExit as end:  # what argparse finds wrong
        return int(str(end.code))


async def put_aside(house: House, flow: str, count: int) -> list[bytes]:
    """Wait for so many letters of a parked counter."""
    key = f"parked:count:{flow}".encode()
    return await eventually(
        lambda: [r.value for r in house.said("dead-letters", "") if r.key == key], lambda found: len(found) >= count
    )


def added(house: House, flow: str) -> list[int]:
    """What the events say, in their order."""
    streams = house.copies(flow)
    return [
        json.loads(copy.value)["amount"]
        for stream, copies in streams.items()
        if stream.topic == "accounts.events"
        for copy in copies
    ]


async def test_law7_a_bug_is_mended_and_an_operator_lets_the_aggregate_go_on(house: House) -> None:
    flow, aggregate, typist = "mended-1", "count:mended-1", Typist(house)
    about = ("--aggregate", aggregate, "--why", "corrected in release 2")
    async with house.service() as engine:
        for amount in (1, 666, 3):
            await house.send(Add(amount=amount, remark=MARK), flow)
        await put_aside(house, flow, 2)
        first, second = await typist.letters("--aggregate", aggregate)
        assert [(each["sequence"], each["state"], each["parked"]) for each in (first, second)] == [
            (1, "open", True), (2, "open", True),
        ]  # fmt: skip
        code, output = await typist.types("replay", second["letter"], "--why", "too early")
        assert (code, "have an order" in output) == (USAGE, True)
        code, output = await typist.types("replay", *about)
        assert (code, "letter-fails-again" in output) == (REFUSED, True)
        assert await eventually(partial(engine.store.parked, range(6)), positive)
    async with house.service(release=MENDED) as engine:
        await house.send(Add(amount=4, remark=MARK), flow)
        await put_aside(house, flow, 3)
        code, output = await typist.process("replay", *about)
        assert code == YES, output
        assert f"{aggregate} goes on" in output
        await house.send(Add(amount=5), flow)
        await eventually(lambda: added(house, flow), lambda found: len(found) >= 5)
        assert added(house, flow) == [1, 600, 3, 4, 5]
        assert await house.total(engine, flow) == 613
        code, output = await typist.types("replay", *about)
        assert (code, "no open letter" in output) == (USAGE, True)
    code, page = await typist.types("show", first["letter"][:8])
    assert (code, "replayed: decided, by sami: corrected in release 2" in page) == (YES, True)
    assert "sealed" in page
    assert await typist.letters("--aggregate", aggregate) == []
    assert MARK not in typist.shown
    assert MARK not in str([record.value for record in house.said("audit", "")])


async def test_law7_messages_that_go_on_coming_stay_behind_the_letters(house: House) -> None:
    flow, count = "busy-1", 60
    async with house.service():
        await house.send(Add(amount=666), flow)
        await put_aside(house, flow, 1)
    sent = [600]

    async def go_on_sending() -> None:
        for number in range(14, count + 14):
            await house.send(Add(amount=number), flow)
            sent.append(number)
            await eventually(lambda: len(house.said("dead-letters", "")) + len(added(house, flow)), bool)

    async with house.service(release=MENDED):
        sending = asyncio.create_task(go_on_sending())
        code, output = await Typist(house).types("replay", "--aggregate", f"count:{flow}", "--why", "mended", "--yes")
        assert code == YES, output
        await sending
        await eventually(lambda: added(house, flow), lambda found: len(found) > count)
        assert added(house, flow) == sent


async def test_law7_records_of_one_aggregate_are_replayed_in_their_order(house: House) -> None:
    """Their orders have different keys: sent all at once, later ones would make duplicates of those before them."""
    flow, typist, count = "unread-1", Typist(house), 12
    async with house.service(release=OLD):
        commands = [await house.send(Add(amount=amount), flow) for amount in range(1, count + 1)]
        listed = partial(typist.letters, "--reason", "type-unknown", "--topic", "accounts.commands")
        await eventually(listed, at_least(count), within=60)
    async with house.service():
        code, output = await typist.types(
            "replay", "--reason", "type-unknown", "--topic", "accounts.commands", "--yes", "--why", "known by now"
        )
        assert (code, f"{count} decided" in output) == (YES, True), output
        await house.all_answered(flow, commands)
        assert added(house, flow) == list(range(1, count + 1))


async def test_law7_a_record_that_nobody_may_read_is_listed_and_dropped(house: House) -> None:
    typist, flow = Typist(house), "planted-3"
    async with house.service():
        await house.raw(
            "accounts.commands", MARK.encode(), MARK.encode(), [(MARK, MARK.encode()), ("ce_type", MARK.encode())]
        )
        await house.send(Mine(token=house.sealed(MARK, Mine, flow, "token"), amount=1), flow, source="billing")
        listed = partial(typist.letters, "--topic", "accounts.commands")
        letters = await eventually(listed, at_least(2), within=60)
        mine = [each["letter"] for each in letters if each["reason"] in {"envelope", "writer-not-permitted"}]
        code, output = await typist.types("replay", mine[0], "--why", "once more")
        assert (code, f"{mine[0][:8]}: dead-letter" in output) == (REFUSED, True)
        left = [
            each["letter"] for each in await typist.letters() if each["reason"] in {"envelope", "writer-not-permitted"}
        ]
        assert len(left) == len(mine)
        assert mine[0] not in left
        code, output = await typist.types("drop", *left, "--why", "nobody knows the sender", "--yes")
        assert (code, f"{len(left)} dropped" in output) == (YES, True)
    shown = await typist.letters("--all")
    assert {each["state"] for each in shown if each["letter"] in left} == {"dropped"}
    code, page = await typist.types("show", left[0])
    assert "dropped, by sami: nobody knows the sender" in page
    await typist.types("list", "--all")
    assert MARK not in typist.shown
    said = [
        record.value + b"".join(v for _, v in record.headers)
        for kind in ("audit", "dead-letters")
        for record in house.said(kind, "")
    ]
    assert MARK.encode() not in b"".join(said)


async def test_law7_what_is_typed_wrong_does_nothing(house: House) -> None:
    typist, flow = Typist(house), "many-1"
    async with house.service():
        for _ in range(12):
            await house.send(Add(amount=666), flow)
        await put_aside(house, flow, 12)
        about = ("--aggregate", f"count:{flow}")
        for typed, said in (
            (("replay", "--why", "all"), "which letters?"),
            (("replay", *about, "--why", "call 0559998877"), "--why takes"),
            (("replay", *about, "--why", "sami@example.org"), "--why takes"),
            (("drop", *about, "--operator", "Sami Q", "--why", "no"), "--why takes"),
            (("drop", *about, "--operator", "Sami Q", "--why", "not"), "--operator takes"),
            (("drop", *about, "--why", "not"), "give --yes"),
            (("show", "no-such"), "there is no such letter"),
            (("list", "--since", "yesterday"), "--since: that is none"),
        ):
            code, output = await typist.types(*typed)
            assert (code, said in output) == (USAGE, True), output
        assert len(await typist.letters(*about)) == 12
        assert len(await typist.letters(*about, "--limit", "5")) == 5
        assert await typist.letters(*about, "--until", "1h") == []
        code, output = await typist.types("drop", *about, "--limit", "11", "--yes", "--why", "a test")
        assert (code, "1 dropped" in output) == (YES, True)
        code, output = await typist.types("drop", *about, "--why", "a test")
        assert (code, f"count:{flow} goes on" in output) == (YES, True), output
        assert added(house, flow) == []
        await house.send(Add(amount=1), flow)
        await eventually(lambda: added(house, flow), lambda found: found == [1])
