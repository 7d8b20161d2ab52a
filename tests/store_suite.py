"""What every store must do. It is run on the fake and on MongoDB (architecture, laws 3, 5 and 6)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.chassis.document import Document, Entry, Position, Remembered, packed
from services.chassis.instants import ms
from services.chassis.store import Store

NOON = datetime(2026, 1, 31, 12, 0, 0, 123_000, tzinfo=UTC)


def partition_of(aggregate: str) -> int:
    return len(aggregate) % 2


def entry(number: int = 1, body: bytes = b'{"amount":1}') -> Entry:
    return Entry(
        f"id-{number}", "accounts.events", "hesabi.accounts.Counted.v1", number, NOON, "c", "c", body,
        Position(1, "accounts.commands", 3, 17),
    )  # fmt: skip


def full(document_id: str = "count:full") -> Document:
    return Document(
        id=document_id,
        state='{"stage":"count","total":1}',
        numbers={"identity/user:1/identity.events": (7, ms(NOON)), "1/accounts.commands/3": (17, ms(NOON))},
        sequences={"accounts.events": 2, "accounts.answers": 1},
        commands={
            "c": Remembered("c", b"16 bytes of hash", ms(NOON), [packed(entry())]),
            "d": Remembered("d", b"x", ms(NOON), []),
        },
        outbox=[entry(1), entry(2)],
        data_key=b"wrapped",
        due_at=NOON + timedelta(seconds=5),
    )


class StoreSuite:
    """`store` is the store under test, `delete` removes a document behind its back."""

    async def test_what_is_saved_is_loaded_to_the_last_field(self, store: Store) -> None:
        assert await store.save([full()], NOON) == ["saved"]
        assert await store.load(["count:full", "count:absent"]) == {"count:full": replace(full(), version=1)}

    async def test_a_change_replaces_every_field(self, store: Store) -> None:
        await store.save([full()], NOON)
        changed = Document("count:full", version=1, state=None)
        assert await store.save([changed], NOON) == ["saved"]
        assert (await store.load(["count:full"]))["count:full"] == replace(changed, version=2)

    async def test_what_was_loaded_is_changed_field_by_field(self, store: Store) -> None:
        """Once, and once more over its own write: nothing that changed is taken for what is stored already."""
        await store.save([full()], NOON)
        draft = (await store.load(["count:full"]))["count:full"].draft()
        for outbox in ([], [entry(3)], [entry(1), entry(2)]):
            draft.outbox, draft.state = outbox, f"{len(outbox)}"
            assert await store.save([draft], NOON) == ["saved"]
            draft.version += 1
            assert (await store.load(["count:full"]))["count:full"] == draft

    async def test_law6_of_two_creations_one_is_a_conflict(self, store: Store) -> None:
        assert await store.save([Document("count:1", state="first")], NOON) == ["saved"]
        assert await store.save([Document("count:1", state="second")], NOON) == ["conflict"]
        assert (await store.load(["count:1"]))["count:1"].state == "first"

    async def test_law6_only_the_stale_of_a_bulk_lose(self, store: Store) -> None:
        ids = [f"count:{number}" for number in range(5)]
        await store.save([Document(i, state="old") for i in ids], NOON)
        await store.save([Document("count:2", version=1, state="quicker")], NOON)
        outcomes = await store.save([Document(i, version=1, state="new") for i in ids], NOON)
        assert outcomes == ["saved", "saved", "conflict", "saved", "saved"]
        states = {i: document.state for i, document in (await store.load(ids)).items()}
        assert states == dict.fromkeys(ids, "new") | {"count:2": "quicker"}

    async def test_law6_a_deleted_document_is_never_resurrected(
        self, store: Store, delete: Callable[[str], Awaitable[None]]
    ) -> None:
        await store.save([Document("count:1", state="old")], NOON)
        await delete("count:1")
        assert await store.save([Document("count:1", version=1, state="new")], NOON) == ["conflict"]
        assert await store.load(["count:1", "!"]) == {}

    async def test_law7_one_too_large_in_a_bulk_is_refused_alone(self, store: Store) -> None:
        """Created and changed ones: the database refuses the whole bulk, the store finds the one (trap 29)."""
        await store.save([Document("count:old", state="old")], NOON)
        huge = "x" * (17 * 1024 * 1024)
        drafts = [
            Document("count:a", state="a"),
            Document("count:huge", state=huge),
            Document("count:b", state="b"),
            Document("count:old", version=1, state=huge),
        ]
        assert await store.save(drafts, NOON) == ["saved", "refused", "saved", "refused"]
        states = {i: d.state for i, d in (await store.load([d.id for d in drafts])).items()}
        assert states == {"count:a": "a", "count:b": "b", "count:old": "old"}

    async def test_law8_what_was_created_beside_a_change_too_large_is_said_to_be_saved(self, store: Store) -> None:
        """Told as a conflict it would be decided again as a duplicate, and nobody would make its calls."""
        await store.save([Document("count:old", state="old")], NOON)
        drafts = [Document("count:old", version=1, state="x" * (17 * 1024 * 1024)), Document("count:new", state="new")]
        assert await store.save(drafts, NOON) == ["refused", "saved"]

    async def test_more_than_one_bulk_s_worth(self, store: Store) -> None:
        drafts = [Document(f"count:{number}", state="s") for number in range(1001)]
        assert await store.save(drafts, NOON) == ["saved"] * 1001
        assert len(await store.load([draft.id for draft in drafts])) == 1001
        assert await store.save([], NOON) == []

    async def test_law10_due_are_those_whose_time_has_come_most_overdue_first(self, store: Store) -> None:
        for name, late_s in (("count:1", 5), ("count:2", 9), ("count:3", -1), ("count:44", 7)):
            await store.save([Document(name, state="s", due_at=NOON - timedelta(seconds=late_s))], NOON)
        await store.save([Document("count:5", state="s")], NOON)
        odd = partition_of("count:1")
        assert await store.due([odd], NOON, 10) == [
            ("count:2", NOON - timedelta(seconds=9)),
            ("count:1", NOON - timedelta(seconds=5)),
        ]
        assert [i for i, _ in await store.due([0, 1], NOON, 2)] == ["count:2", "count:44"]
        assert [i for i, _ in await store.due([0, 1], NOON, 2, latest_first=True)] == ["count:1", "count:44"]
        assert [i for i, _ in await store.due([odd], NOON, 9, latest_first=True)] == ["count:1", "count:2"]

    async def test_law5_quiet_documents_come_by_their_last_write_with_their_outbox(self, store: Store) -> None:
        for name, age_s in (("count:1", 180), ("count:2", 90), ("count:3", 70), ("count:44", 90), ("count:7", 10)):
            document = Document(name, state="s", outbox=[entry()])
            await store.save([document], NOON - timedelta(seconds=age_s))
        await store.save([Document("count:5", state="s")], NOON - timedelta(seconds=90))
        odd, minute = partition_of("count:1"), timedelta(minutes=1)
        noon = NOON.replace(second=0, microsecond=0)
        first = (noon - 3 * minute, "count:1")
        found = await store.quiet(odd, first, NOON - minute - timedelta(seconds=1), 10)
        same = noon - 2 * minute
        assert found == [(same, "count:2", [entry()]), (same, "count:3", [entry()]), (same, "count:5", [])]
        assert [i for _, i, _ in await store.quiet(odd, first, NOON - minute, 1)] == ["count:2"]
        behind = await store.quiet(odd, (same, "count:2"), NOON - minute, 9)
        assert [i for _, i, _ in behind] == ["count:3", "count:5", "count:7"]
