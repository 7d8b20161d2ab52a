"""Law 10: who is woken, when, and how often."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from aiokafka.partitioner import DefaultPartitioner

from contracts.operations import TIMER_ELAPSED
from services.chassis import sweep as sweep_module
from services.chassis.clock import SKEW_ALARM
from services.chassis.document import Document, Record
from services.chassis.publisher import PublishFailed
from services.chassis.sweep import LATEST_AT_MOST, MAYBE_EARLY_FOR, UNDER_WAY_FOR, WAKE_AT_MOST, Sweep, partition_of
from tests.component.counter import Add
from tests.fakes.log import FakePublisher
from tests.fakes.world import World
from tests.first_copies import envelope_of

NAMES = [f"count:{n}" for n in range(40)]


def test_law10_a_document_belongs_to_the_partition_on_which_its_wake_up_falls() -> None:
    partitions = list(range(6))
    for name in NAMES:
        assert partition_of("accounts")(name) == DefaultPartitioner()(name.encode(), partitions, partitions)


async def sweeping(world: World, owned: range = range(6)) -> Sweep:
    lane = world.process(owned).lanes["ordinary"]
    publish = FakePublisher(world.log, fault=world.fault)
    return Sweep("accounts", lane, world.store, publish, world.present)  # type: ignore[arg-type]


def catch_up(sweep: Sweep, world: World) -> None:
    """Its lane has read everything."""
    records = world.log.records.get("accounts.commands", [[]] * 6)
    sweep.lane.positions = {p: len(r) for p, r in enumerate(records)}  # type: ignore[attr-defined]


async def due_ones(world: World) -> None:
    await world.store.save([Document(n, state="s", due_at=world.now + timedelta(seconds=5)) for n in NAMES], world.now)


def woken(world: World) -> list[str]:
    return [envelope_of(r).subject for r in world.log.all("accounts.commands") if is_timer(r)]


def is_timer(record: object) -> bool:
    return envelope_of(record).type == TIMER_ELAPSED["accounts"].type_name


async def test_law10_all_that_are_due_and_owned_are_woken_once() -> None:
    world = World()
    await due_ones(world)
    sweep, lower = await sweeping(world), await sweeping(world, range(3))
    assert await sweep.once() == 0
    world.pass_time(seconds=5)
    assert await sweep.once() == 40
    catch_up(sweep, world)
    assert await sweep.once() == 0  # all under way
    assert sorted(woken(world)) == sorted(NAMES)
    lower.lane.positions = dict(sweep.lane.positions)  # type: ignore[attr-defined]
    mine = await lower.once()
    assert mine == sum(partition_of("accounts")(name) < 3 for name in NAMES)


async def test_law10_a_partition_with_lag_is_left_alone_so_that_commands_come_first() -> None:
    world = World()
    await due_ones(world)
    world.pass_time(seconds=5)
    sweep = await sweeping(world)
    for flow in "abcdef":
        world.send(Add(amount=1), flow)
    assert await sweep.once() == 0
    for number in range(6):
        sweep.lane.positions[number] = len(world.log.records["accounts.commands"][number])  # type: ignore[attr-defined]
    sweep.lane.busy = True  # type: ignore[misc]
    assert await sweep.once() == 0
    sweep.lane.busy = False  # type: ignore[misc]
    assert await sweep.once() == 40


async def test_law10_a_lost_wake_up_is_sent_again_and_a_new_time_is_a_new_one() -> None:
    world = World()
    await world.store.save([Document("count:1", state="s", due_at=world.now)], world.now)
    sweep = await sweeping(world)

    async def caught_up() -> int:
        catch_up(sweep, world)
        return await sweep.once()

    assert [await caught_up(), await caught_up()] == [1, 0]
    world.pass_time(seconds=UNDER_WAY_FOR.total_seconds())
    assert [await caught_up(), await caught_up()] == [1, 0]
    world.pass_time(seconds=1)
    await world.store.save([Document("count:1", version=1, state="s", due_at=world.now)], world.now)
    assert [await caught_up(), await caught_up()] == [1, 0]


async def test_law10_what_could_not_be_sent_is_not_under_way() -> None:
    world = World()
    await world.store.save([Document("count:1", state="s", due_at=world.now)], world.now)
    sweep = await sweeping(world)
    world.faults = lambda call: 0 if call == "publish" else None
    with pytest.raises(PublishFailed):
        await sweep.once()
    world.faults = lambda _: None
    assert await sweep.once() == 1


async def test_law10_those_that_stay_due_for_ever_keep_nobody_from_waking() -> None:
    """Aggregates that are parked: nothing that wakes them moves their `due_at`."""
    world = World()
    stuck = [Document(f"count:stuck-{n}", state="s", due_at=world.now) for n in range(WAKE_AT_MOST + 100)]
    await world.store.save(stuck, world.now)
    healthy = Document("count:healthy", state="s", due_at=world.now + timedelta(seconds=1))
    await world.store.save([healthy], world.now)
    world.pass_time(seconds=2)
    sweep = await sweeping(world)
    counts = []
    for _ in range(3):
        catch_up(sweep, world)
        counts.append(await sweep.once())
    assert counts == [WAKE_AT_MOST, 101, 0]
    assert "count:healthy" in woken(world)


async def test_law10_past_so_many_that_stay_due_others_are_seen_when_they_have_just_become_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is read of the database at each sweep has an end."""
    for name, most in (("WAKE_AT_MOST", 2), ("UNDER_WAY_AT_MOST", 1)):
        monkeypatch.setattr(sweep_module, name, most)
    world = World()
    await world.store.save([Document(f"count:stuck-{n}", state="s", due_at=world.now) for n in range(9)], world.now)
    sweep, counts = await sweeping(world), list[int]()
    for _ in range(3):
        catch_up(sweep, world)
        counts.append(await sweep.once())
    assert counts == [2, 1, 0]
    world.pass_time(seconds=1)
    await world.store.save([Document("count:healthy", state="s", due_at=world.now)], world.now)
    catch_up(sweep, world)
    await sweep.once()
    assert "count:healthy" in woken(world)


async def test_law10_a_wake_up_that_another_broker_s_clock_finds_early_is_sent_again_soon() -> None:
    """Brokers' clocks differ a little, and each acknowledgement sets ours: the decision may find it early."""
    world = World()
    await world.store.save([Document("count:1", state="s", due_at=world.now)], world.now)
    sweep = await sweeping(world)
    assert await sweep.once() == 1
    world.now -= SKEW_ALARM / 2
    catch_up(sweep, world)
    world.now += MAYBE_EARLY_FOR
    assert await sweep.once() == 0
    world.now += SKEW_ALARM / 2
    assert await sweep.once() == 1


async def test_law10_one_that_stays_due_is_seldom_woken() -> None:
    world = World()
    await world.store.save([Document("count:parked", state="s", due_at=world.now)], world.now)
    sweep = await sweeping(world)
    for _ in range(60):
        catch_up(sweep, world)
        await sweep.once()
        world.pass_time(seconds=1)
    assert len(woken(world)) == 3  # at its time, when it can no longer be early, and half a minute later


async def test_N1_what_has_just_become_due_does_not_wait_behind_a_flood() -> None:
    """Messages to everybody are due at nine, a code's next try a second later: it is woken first."""
    world = World()
    flood = [Document(f"count:{n}", state="s", due_at=world.now) for n in range(10 * WAKE_AT_MOST)]
    code = Document("count:code", state="s", due_at=world.now + timedelta(seconds=1))
    await world.store.save([*flood, code], world.now)
    sweep = await sweeping(world)
    assert await sweep.once() == WAKE_AT_MOST
    catch_up(sweep, world)
    already = set(woken(world))
    world.pass_time(seconds=1)
    assert await sweep.once() == WAKE_AT_MOST
    assert "count:code" in set(woken(world)) - already
    assert world.log.in_order[WAKE_AT_MOST].key == b"count:code"


async def test_law10_a_flood_is_woken_from_its_oldest_end_too() -> None:
    world = World()
    times = [world.now + timedelta(milliseconds=n) for n in range(3 * WAKE_AT_MOST)]
    await world.store.save([Document(f"count:{at:%S.%f}", state="s", due_at=at) for at in times], world.now)
    world.pass_time(seconds=10)
    sweep = await sweeping(world)
    assert await sweep.once() == WAKE_AT_MOST
    both = {*times[: WAKE_AT_MOST - LATEST_AT_MOST], *times[-LATEST_AT_MOST:]}
    assert {*woken(world)} == {f"count:{at:%S.%f}" for at in both}


async def test_law10_a_clock_that_was_ahead_for_one_sweep_delays_no_wake_up() -> None:
    world = World()
    await world.store.save([Document("count:1", state="s", due_at=world.now + timedelta(minutes=30))], world.now)
    sweep = await sweeping(world)
    world.pass_time(hours=1)
    publish = sweep.publish

    async def corrects_the_clock(records: Sequence[Record]) -> None:
        await publish(records)
        world.pass_time(hours=-1)

    sweep.publish = corrects_the_clock
    assert await sweep.once() == 1
    sweep.publish = publish
    world.pass_time(minutes=30)
    catch_up(sweep, world)
    assert await sweep.once() == 1


async def test_law10_a_clock_that_is_put_back_delays_no_wake_up_that_was_lost() -> None:
    world = World()
    await world.store.save([Document("count:1", state="s", due_at=world.now)], world.now)
    sweep = await sweeping(world)
    world.pass_time(hours=1)
    assert await sweep.once() == 1
    world.pass_time(minutes=-59)
    catch_up(sweep, world)
    assert await sweep.once() == 1


async def test_law10_nobody_is_woken_while_it_is_not_known_where_the_partition_ends() -> None:
    """At a start the broker has not said it yet: wake-ups of the process before stand there unread."""
    world = World()
    await world.store.save([Document("count:1", state="s", due_at=world.now)], world.now)
    sweep = await sweeping(world)
    known = sweep.lane.lag
    sweep.lane.lag = lambda: dict.fromkeys(range(6))  # type: ignore[method-assign]
    assert await sweep.once() == 0
    sweep.lane.lag = known  # type: ignore[method-assign]
    assert await sweep.once() == 1


async def test_law10_a_lane_that_waits_for_machinery_wakes_nobody() -> None:
    """Nobody reads what it would send, every half a minute once more."""
    world = World()
    await world.store.save([Document("count:1", state="s", due_at=world.now)], world.now)
    sweep = await sweeping(world)
    sweep.lane.paused = True  # type: ignore[misc]
    assert await sweep.once() == 0
    sweep.lane.paused = False  # type: ignore[misc]
    assert await sweep.once() == 1
