"""Safeguards that only real servers show to be needed: without one, commands are lost (law 5, trap 3)."""

import signal
from collections.abc import Sequence
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import ACCOUNTS_COMMANDS
from tests.chaos.unsafe import program_without
from tests.component.counter import Add
from tests.component.service_under_test import COUNTER, House
from tests.eventually import eventually
from tests.gates import Gates

GROUP = "accounts.ordinary"


def is_some(count: int) -> bool:
    return count > 0


def is_none(count: int) -> bool:
    return count == 0


async def answered_later(house: House, flow: str) -> None:
    """Sends to a flow until something is answered: whatever came before has then been read."""

    async def look() -> int:
        await house.send(Add(amount=1), flow)
        return len(house.answers(flow))

    await eventually(look, is_some, within=60)


async def everything_is_committed(house: House) -> None:
    """Waits until the group has committed every command there is."""

    async def look() -> int:
        return await _uncommitted(house)

    await eventually(look, is_none, within=60)


async def _uncommitted(house: House) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=house.stack.kafka_bootstrap)
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(GROUP)
    finally:
        await admin.close()
    ends = await house.ends(ACCOUNTS_COMMANDS)
    return sum(end - int(committed[tp].offset) for tp, end in ends.items())


def unanswered(house: House, prefix: str, commands: Sequence[str]) -> list[str]:
    """Commands that have no answer."""
    return sorted(set(commands) - {str(command) for command in house.answers(prefix)})


async def before_and_after_a_null_header(house: House, flow: str) -> list[str]:
    """Two commands that are read in one batch with a record that has a null header."""
    first = await house.send(Add(amount=1), flow)
    await house.raw(ACCOUNTS_COMMANDS.name, flow.encode(), b"{}", [("trace", None)])
    return [first, await house.send(Add(amount=1), flow)]


async def test_trap_3_without_the_safe_parser_a_null_header_loses_its_whole_batch(
    house: House, tmp_path: Path, gates: Gates
) -> None:
    commands = await before_and_after_a_null_header(house, "null-header-lost")
    program = program_without("safe-parser", COUNTER)
    async with house.process(tmp_path / "log", *program) as process:
        await answered_later(house, "null-header-probe")
        process.send_signal(signal.SIGKILL)
        await process.wait()
    lost = unanswered(house, "null-header-lost", commands)
    gates.refuses("servers: lost commands", "a service without the safe parser", lost)


async def test_trap_3_with_it_the_batch_is_answered(house: House) -> None:
    commands = await before_and_after_a_null_header(house, "null-header-safe")
    async with house.service():
        await eventually(lambda: not unanswered(house, "null-header-safe", commands), within=60)
    assert len(house.answers("null-header-safe")) == len(commands)


async def test_law5_committing_before_publishing_loses_answers_for_good(
    house: House, tmp_path: Path, gates: Gates
) -> None:
    program = program_without("publish-before-commit", COUNTER)
    async with house.process(tmp_path / "log", *program) as process:
        await house.send(Add(amount=1), "commit-first-probe")
        await house.producer.flush()
        await everything_is_committed(house)
        commands = [await house.send(Add(amount=1), f"commit-first-lost-{n}") for n in range(20)]
        await house.producer.flush()
        await everything_is_committed(house)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with house.service():
        again = await house.send(Add(amount=1), "commit-first-lost-0")
        await eventually(lambda: again in house.answers("commit-first-lost"), within=60)
    lost = unanswered(house, "commit-first-lost", commands)
    gates.refuses("servers: lost commands", "a service that commits before it publishes", lost)
