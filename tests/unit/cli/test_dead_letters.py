"""`hesabi dead-letters`: what is open, in which order it is taken, what is shown. Nothing sealed shows."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from deploy.cli import letter_work
from deploy.cli.__main__ import main
from deploy.cli.letter_orders import By, Result, replay_order
from deploy.cli.letter_pages import letter_json, letter_list, letter_page, result_json, result_page
from deploy.cli.letter_work import check_no_gap, drop, planned, replay
from deploy.cli.letters import Book, Filters, Letter, book_of, read_record
from deploy.cli.outcome import USAGE, Wrong
from deploy.local.up.announcement import LOCAL
from tests.component.counter import Add
from tests.fakes.world import Operator, World
from tests.unit.chassis.test_replay_parked import MENDED

MARK = "MARKED-0559998877"
WHOSE = ("accounts", "count:f1")
BY = By("sami", "corrected")


def book(world: World) -> Book:
    """What the command line reads of this world."""
    topics = {"accounts.dead-letters", "accounts.audit"}
    found = [read_record(record) for record in world.log.in_order if record.topic in topics]
    return book_of([each for each in found if each is not None], world.now)


async def parked(*amounts: int) -> World:
    """A parked counter and a record that nobody can read."""
    world = World()
    for amount in amounts:
        world.send(Add(amount=amount, remark=MARK))
    world.log.append("accounts.commands", MARK.encode(), MARK.encode(), [(MARK, MARK.encode())])
    await world.process().run()
    return world


def page(what: Any) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(what)
    written = console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


async def test_law7_letters_are_listed_once_and_nothing_of_the_record_shows() -> None:
    world = await parked(666, 2)
    for record in world.records("dead-letters"):
        world.log.append(record.topic, record.key, record.value, record.headers)  # published again
    found = book(world)
    assert [(each.body.reason, each.sequence) for each in found.letters] == [
        ("envelope", None), ("aggregate-parked", 1), ("aggregate-parked", 2),
    ]  # fmt: skip
    shown = page(letter_list(found, found.letters, 200)) + "".join(
        page(letter_page(found, each)) for each in found.letters
    )
    documents = json.dumps([letter_json(found, each) for each in found.letters])
    for text in (shown, documents):
        assert MARK not in text
        assert "fake.." not in text
    assert "letters: 3, open: 3, parked aggregates: 1" in shown
    assert "0 open letters of count:f1 are before it, 2 in all" in shown
    assert "correct the bug" in shown


async def test_law7_what_is_settled_is_known_by_the_audit() -> None:
    world = await parked(666, 2)
    operator = Operator(world)
    record, first, second = operator.letters()
    operator.replay(*first)
    operator.drop(2, 2)
    operator.drop_record(*record)
    await world.process(service=MENDED).run()
    found = book(world)
    assert [letter_json(found, each)["state"] for each in found.letters] == [
        "dropped", "replayed: decided", "dropped",
    ]  # fmt: skip
    assert "by sami: corrected in release 2" in page(letter_page(found, found.letters[1]))
    assert found.parked == {WHOSE}
    operator.unpark()
    await world.process(service=MENDED).run()
    assert book(world).parked == set()
    assert second[1]["offset"] == 1


async def test_law7_letters_past_their_retention_are_none_any_more() -> None:
    world = await parked(666)
    world.pass_time(days=19)
    assert len(book(world).letters) == 2
    world.pass_time(days=1)
    assert book(world).letters == []


async def test_filters_take_what_fits_all_of_them() -> None:
    world = await parked(666, 2)
    letters = book(world).letters
    now = world.now
    for filters, count in (
        (Filters(), 3),
        (Filters(services=("accounts",)), 3),
        (Filters(services=("identity",)), 0),
        (Filters(reasons=("envelope",)), 1),
        (Filters(topics=("accounts.commands",), aggregate="count:f1"), 2),
        (Filters(ids=(letters[0].id[:8],)), 1),
        (Filters(since=now, until=now + timedelta(seconds=1)), 3),
        (Filters(since=now + timedelta(seconds=1)), 0),
        (Filters(until=now), 0),
        (Filters(limit=2), 2),
    ):
        assert len(filters.chosen(letters)) == count, filters


async def test_law7_a_letter_is_not_taken_before_those_in_front_of_it() -> None:
    found = book(await parked(666, 2, 3))
    _, first, second, third = found.letters
    with pytest.raises(Wrong, match="have an order"):
        planned(found, [second])
    assert planned(found, [second, first]).parked == {WHOSE: [first, second]}
    assert planned(found, [first]).whole == frozenset()
    assert planned(found, [third, second, first]).whole == {WHOSE}


async def test_law7_records_are_replayed_in_the_order_in_which_they_stood() -> None:
    world = await parked()
    for topic in ("identity.events", "accounts.commands"):
        world.log.append(topic, MARK.encode(), MARK.encode(), [])
        await world.process().run()
    found = book(world)
    places = [(each.body.source_topic, each.body.offset) for each in planned(found, found.letters[::-1]).records]
    assert places == [("accounts.commands", 0), ("accounts.commands", 1), ("identity.events", 0)]


async def test_law7_of_letters_before_those_of_which_the_audit_tells_none_is_said_to_be_gone() -> None:
    found = book(await parked(666, 2))
    found.letters = [each for each in found.letters if each.sequence != 1]
    plan = planned(found, found.letters)
    check_no_gap(found, plan)
    assert [each.sequence for each in plan.parked[WHOSE]] == [2]


async def test_law7_letters_that_are_gone_are_told_of() -> None:
    found = book(await parked(666, 2, 3))
    found.settled_to[WHOSE] = 1
    found.letters = [each for each in found.letters if each.sequence != 2]
    plan = planned(found, found.letters)
    with pytest.raises(Wrong, match="letters 2 to 2 of count:f1 are gone"):
        check_no_gap(found, plan)


class FakeDesk:
    """Stands for a desk: gives the answers that it was told to give and remembers the orders."""

    def __init__(self, unparking: list[str], refused: str | None = None) -> None:
        self.orders: list[str] = []
        self.results: list[Result] = []
        self._unparking, self._refused = unparking, refused

    async def replay_records(self, letters: list[Letter]) -> None:
        await self.replay_parked(letters)

    async def replay_parked(self, letters: list[Letter]) -> bool:
        self.orders += [f"replay {letter.sequence}" for letter in letters]
        self.results += [
            Result("accounts", self._refused or "decided", each, None, bool(self._refused)) for each in letters
        ]
        return self._refused is None

    async def drop(self, letters: list[Letter]) -> None:
        self.orders += [f"drop {letter.body.reason}" for letter in letters]

    async def drop_parked(self, whose: tuple[str, str], first: int, last: int) -> bool:
        self.orders.append(f"drop {first} to {last}")
        return True

    async def unpark(self, whose: tuple[str, str]) -> Result:
        what = self._unparking.pop(0)
        self.orders.append("unpark")
        result = Result("accounts", what, None, whose[1], what != "unparked")
        self.results.append(result)
        return result


async def test_law7_what_is_put_aside_meanwhile_is_replayed_before_the_unparking() -> None:
    world = await parked(666, 2)
    found = book(world)
    plan = planned(found, found.letters)

    async def reread() -> Book:
        world.send(Add(amount=3))
        await world.process().run()
        later = book(world)
        later.settled_to[WHOSE] = 2
        return later

    desk: Any = FakeDesk(["letters-left", "unparked"])
    await replay(desk, plan, reread)
    assert desk.orders == ["replay None", "replay 1", "replay 2", "unpark", "replay 3", "unpark"]
    assert not any(result.is_refused for result in desk.results)


async def test_law7_nothing_is_unparked_after_a_refusal() -> None:
    found = book(await parked(666, 2))
    desk: Any = FakeDesk([], "letter-fails-again")
    plan = planned(found, [each for each in found.letters if each.whose])
    await replay(desk, plan, lambda: pytest.fail("nothing to read again"))
    assert desk.orders == ["replay 1", "replay 2"]
    text = page(result_page(desk.results))
    assert "letter-fails-again: the bug is still there" in text
    assert [each["refused"] for each in result_json(desk.results)] == [True, True]


async def test_law7_giving_up_on_an_aggregate_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    found = book(await parked(666))
    settled = book(await parked(666))
    settled.settled_to[WHOSE] = 1

    async def nothing_to_see_yet() -> Book:
        return settled

    desk: Any = FakeDesk(["letters-left"] * 3)
    monkeypatch.setattr(letter_work, "ROUNDS", 2)
    monkeypatch.setattr(letter_work, "BEHIND_S", 0)
    await replay(desk, planned(found, [each for each in found.letters if each.whose]), nothing_to_see_yet)
    assert [(result.what, result.is_refused) for result in desk.results] == [("decided", False), ("letters-left", True)]


async def test_law7_dropping_all_lets_the_aggregate_go_on() -> None:
    found = book(await parked(666, 2))
    desk: Any = FakeDesk(["unparked"])
    await drop(desk, planned(found, found.letters), found)
    assert desk.orders == ["drop envelope", "drop 1 to 2", "unpark"]
    assert "count:f1 goes on" in page(result_page(desk.results))


async def test_law11_an_order_moves_the_original_as_it_is_sealed() -> None:
    found = book(await parked(666))
    letter = found.letters[1]
    order: Any = replay_order(letter, BY)
    assert order.original.jwe == letter.body.original.jwe
    assert (order.aggregate, order.sequence, letter.key) == ("count:f1", 1, "count:f1")
    assert found.letters[0].key == f"1.accounts.commands.{found.letters[0].body.partition}.0"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["dead-letters"], "ACTION"),
        (["dead-letters", "replay", "--aggregate", "count:f1"], "--why"),
        (["dead-letters", "list", "--service", "billing"], "--service: that is none"),
        (["dead-letters", "list", "--limit", "0"], "--limit: that is none"),
        (["dead-letters", "list", "--since", MARK], "--since: that is none"),
        *(
            (["dead-letters", "drop", "5a", "--why", "gone", f"--timeout={length}"], "--timeout: that is none")
            for length in ("0", "-5", "nan", "inf", MARK)
        ),
    ],
)
def test_what_is_typed_wrong_is_said_and_not_repeated(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv(LOCAL, str(tmp_path))
    with pytest.raises(SystemExit) as end:
        main(typed)
    assert end.value.code == USAGE
    shown = capsys.readouterr().err
    assert said in shown
    assert MARK not in shown
