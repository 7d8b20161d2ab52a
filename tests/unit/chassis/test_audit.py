"""Law 5: nothing stays in an outbox unpublished and unnoticed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from contracts.operations import NUDGE
from services.chassis import audit
from services.chassis.acknowledged import Acknowledged
from services.chassis.arrival import PARKED
from services.chassis.audit import (
    ALARM_AFTER,
    AUDIT_EVERY_S,
    DOCUMENTS_AT_ONCE,
    LONG_AGO,
    NUDGE_LIFE,
    PAGES_AT_MOST,
    Audit,
)
from services.chassis.document import Document
from tests.component.counter import counter_service
from tests.fakes.log import FakePublisher
from tests.fakes.world import World
from tests.first_copies import envelope_of
from tests.store_suite import entry

CAUSE = (1, "accounts.commands", 3)
OFFSET = 17


@dataclass
class Auditor:
    """An audit over a fake world. `committed` is what the group has."""

    world: World = field(default_factory=World)
    committed: dict[tuple[int, str, int], int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    known: Acknowledged = field(default_factory=Acknowledged)

    def __post_init__(self) -> None:
        lane: Any = self.world.process().lanes["ordinary"]
        self.audit = Audit(
            counter_service(), lane, self.world.store, FakePublisher(self.world.log), self._committed,
            self.world.present, lambda event, **_: self.told.append(event), self.known.learn,
        )  # fmt: skip

    async def _committed(self) -> Mapping[tuple[int, str, int], int]:
        return self.committed

    async def write(self, *names: str) -> None:
        drafts = [Document(name, state="s", outbox=[entry()]) for name in names]
        assert set(await self.world.store.save(drafts, self.world.now)) == {"saved"}

    async def trim(self) -> None:
        """Every nudge has had its effect."""
        documents = self.world.store.documents
        drafts = [documents[name].draft() for name in {*self.nudged} if documents[name].outbox]
        for draft in drafts:
            draft.outbox = []
        await self.world.store.save(drafts, self.world.now)

    @property
    def nudged(self) -> list[str]:
        records = self.world.log.all("accounts.commands")
        assert {envelope_of(r).type for r in records} <= {NUDGE["accounts"].type_name}
        return [envelope_of(r).subject for r in self.world.log.in_order]


async def test_law5_a_proven_outbox_is_left_as_it_is() -> None:
    auditor = Auditor(committed={CAUSE: OFFSET + 1})
    await auditor.write("count:1")
    auditor.world.pass_time(minutes=11)
    assert await auditor.audit.once() == 0
    assert auditor.nudged == []


async def test_law5_an_outbox_whose_cause_was_skipped_is_proven_by_no_commit() -> None:
    auditor = Auditor(committed={CAUSE: OFFSET + 1})
    auditor.audit.spoils = lambda cause: tuple(cause) == (*CAUSE, OFFSET)
    await auditor.write("count:1")
    auditor.world.pass_time(minutes=11)
    await auditor.audit.once()
    assert auditor.nudged == ["count:1"]


async def test_law5_an_unproven_one_is_nudged_ten_minutes_after_its_last_write_and_not_before() -> None:
    auditor = Auditor(committed={CAUSE: OFFSET})
    await auditor.write("count:1")
    auditor.world.pass_time(minutes=9)
    assert await auditor.audit.once() == 0
    auditor.world.pass_time(minutes=2)
    assert await auditor.audit.once() == 11 * 60
    assert auditor.nudged == ["count:1"]


async def test_law5_one_nudge_is_under_way_at_a_time_until_the_outbox_is_trimmed() -> None:
    auditor = Auditor()
    await auditor.write("count:1", "count:2")
    auditor.world.pass_time(minutes=11)
    await auditor.audit.once()
    await auditor.audit.once()
    assert len(auditor.nudged) == 1
    (first,) = auditor.nudged
    await auditor.world.store.save([Document(first, version=1, state="s")], auditor.world.now)
    await auditor.audit.once()
    assert sorted(auditor.nudged) == ["count:1", "count:2"]


async def test_law5_a_lost_nudge_is_sent_again_and_half_an_hour_is_an_alarm() -> None:
    auditor = Auditor()
    await auditor.write("count:1")
    auditor.world.pass_time(minutes=11)
    await auditor.audit.once()
    assert auditor.told == []
    auditor.world.now += ALARM_AFTER + NUDGE_LIFE
    await auditor.audit.once()
    await auditor.audit.once()
    assert auditor.nudged == ["count:1"] * 2
    assert "outbox_unproven" in auditor.told


async def test_law5_what_is_written_again_unproven_is_as_old_as_before() -> None:
    """A busy document would never be half an hour old."""
    auditor = Auditor()
    await auditor.write("count:1")
    for version in (1, 2, 3):
        auditor.world.pass_time(minutes=11)
        assert await auditor.audit.once() == version * 11 * 60
        draft = Document("count:1", version=version, state="s", outbox=[entry()])
        await auditor.world.store.save([draft], auditor.world.now)
    assert auditor.told == ["outbox_unproven"]


async def test_law5_a_look_keeps_up_with_many_documents_and_reads_each_once() -> None:
    auditor = Auditor(committed={CAUSE: OFFSET + 1})
    names = [f"count:{n}" for n in range(6 * DOCUMENTS_AT_ONCE)]
    for start in range(0, len(names), 500):
        await auditor.write(*names[start : start + 500])
        auditor.world.now += timedelta(milliseconds=1)
    auditor.world.pass_time(minutes=11)
    looked: list[int] = []
    quiet = auditor.world.store.quiet

    async def counting(*window: Any) -> Any:
        found = await quiet(*window)
        looked.append(len(found))
        return found

    auditor.world.store.quiet = counting  # type: ignore[assignment,method-assign]
    await auditor.audit.once()
    assert len(names) <= sum(looked) <= len(names) * 2
    looked.clear()
    await auditor.audit.once()
    assert sum(looked) == 0
    assert DOCUMENTS_AT_ONCE * PAGES_AT_MOST >= 10_000


async def test_law5_what_is_parked_under_the_longest_name_is_nudged_too() -> None:
    auditor = Auditor()
    longest = "count:" + "a" * 94
    await auditor.write(f"parked:{longest}")
    auditor.world.pass_time(minutes=11)
    await auditor.audit.once()
    assert auditor.nudged == [longest]


async def test_law5_every_process_knows_what_was_committed_of_what_is_old() -> None:
    auditor = Auditor(committed={CAUSE: OFFSET + 1})
    auditor.audit.lane.owned.clear()  # type: ignore[attr-defined]
    auditor.world.now = entry().time + LONG_AGO
    await auditor.audit.once()
    assert not auditor.known.proves(entry())
    auditor.world.pass_time(seconds=1)
    await auditor.audit.once()
    assert auditor.known.proves(entry())


async def test_law5_a_nudge_that_takes_no_effect_keeps_nobody_waiting() -> None:
    auditor = Auditor()
    await auditor.write("count:1", "count:2")
    auditor.world.pass_time(minutes=11)
    for _ in range(3):
        await auditor.audit.once()
        auditor.world.now += NUDGE_LIFE
    first, second, third = auditor.nudged
    assert first == third != second


async def test_law5_where_many_are_unproven_many_are_nudged_at_a_time() -> None:
    """A log that was made anew: no commit on it proves what any quiet document caused on the old one."""
    auditor, count = Auditor(), 500
    await auditor.write(*(f"count:{n}" for n in range(count)))
    auditor.world.pass_time(minutes=11)
    looks = 0
    while await auditor.audit.once() and looks < 100:
        looks += 1
        auditor.world.pass_time(seconds=AUDIT_EVERY_S)
        await auditor.trim()
    assert (looks < 100, len(auditor.nudged)) == (True, count)


async def test_law5_however_many_are_unproven_memory_is_bounded_and_all_get_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit, "UNPROVEN_AT_MOST", 10)
    monkeypatch.setattr(audit, "DOCUMENTS_AT_ONCE", 5)
    auditor = Auditor()
    await auditor.write(*(f"count:{n}" for n in range(100)))
    auditor.world.pass_time(minutes=11)
    most = 0
    while await auditor.audit.once():
        most = max(most, len(auditor.audit._unproven))
        await auditor.trim()
    assert (len({*auditor.nudged}), most <= 15) == (100, True)


async def test_law5_what_is_written_again_and_proven_waits_for_no_nudge() -> None:
    auditor = Auditor(committed={CAUSE: OFFSET})
    await auditor.write("count:1", "count:2")
    auditor.world.pass_time(minutes=11)
    assert await auditor.audit.once() == 11 * 60
    await auditor.world.store.save([Document("count:2", version=1, state="s", outbox=[entry()])], auditor.world.now)
    auditor.world.pass_time(minutes=11)
    auditor.committed[CAUSE] = OFFSET + 1
    assert await auditor.audit.once() == 0
    assert auditor.nudged == ["count:1"]


async def test_law5_a_document_that_has_gone_waits_for_nothing() -> None:
    auditor = Auditor()
    await auditor.write("count:1")
    auditor.world.pass_time(minutes=11)
    assert await auditor.audit.once() == 11 * 60
    auditor.world.store.delete("count:1")
    assert await auditor.audit.once() == 0


async def test_law5_documents_with_nothing_to_say_keep_nobody_behind_them_waiting() -> None:
    """Most documents of a large service are such. A look that went over all of them at once would not end in time."""
    auditor = Auditor()
    store, size = auditor.world.store, DOCUMENTS_AT_ONCE + 1
    silent = [Document(f"count:{n}", state="s") for n in range(size)]
    await store.save(silent, auditor.world.now)
    auditor.world.pass_time(minutes=1)
    await auditor.write("count:said")
    auditor.world.pass_time(minutes=11)
    quiet, asked = store.quiet, list[int]()

    async def counting(*window: Any) -> Any:
        found = await quiet(*window)
        asked.append(len(found))
        return found

    store.quiet = counting  # type: ignore[assignment,method-assign]
    await auditor.audit.once()
    assert auditor.nudged == ["count:said"]
    assert max(asked) <= DOCUMENTS_AT_ONCE
    asked.clear()
    await auditor.audit.once()
    assert sum(asked) == 0


@pytest.mark.parametrize("prefix", ["", PARKED])
async def test_law13_a_kind_of_another_release_is_nudged_by_that_one(prefix: str) -> None:
    """A nudge that this release cannot read is a dead letter, again and again."""
    auditor = Auditor()
    await auditor.write(f"{prefix}gift:1")
    auditor.world.pass_time(minutes=11)
    assert await auditor.audit.once() == 0
    assert auditor.nudged == []
