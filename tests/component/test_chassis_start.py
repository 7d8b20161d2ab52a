"""What a service refuses to start on: exit code and one clear line (law 9; settings)."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts.topics import (
    ACCOUNTS_COMMANDS,
    ACCOUNTS_INTERNAL,
    BILLING_REQUESTS,
    IDENTITY_SESSIONS,
    ORDERS,
    Topic,
)
from tests.component.counter import Add, Call, CallMade, counter_service
from tests.component.service_under_test import House
from tests.eventually import eventually

WITHIN_S = 60


async def refusal(house: House, log: Path, **changes: str) -> tuple[int | None, list[str]]:
    """Exit code and the lines on standard error of a process that should not start."""
    async with house.process(log, **changes) as process:
        _, complaint = await asyncio.wait_for(process.communicate(), WITHIN_S)
    return process.returncode, complaint.decode().splitlines()


async def configure(house: House, topic: Topic, **changes: str) -> None:
    """Changes the topic's settings and waits until the broker tells them: it answers before it has taken them over."""
    settings = dict(topic.config) | {name.replace("_", "."): value for name, value in changes.items()}

    async def taken_over() -> bool:
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name)]
        answers: list[Any] = await admin.describe_configs(asked)
        return settings.items() <= {entry[0]: entry[1] for entry in answers[0].resources[0][4]}.items()

    admin = AIOKafkaAdminClient(bootstrap_servers=house.stack.kafka_bootstrap)
    await admin.start()
    try:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, settings)])
        await eventually(taken_over, bool)
    finally:
        await admin.close()


@pytest.mark.parametrize(
    "topic",
    [ACCOUNTS_INTERNAL, BILLING_REQUESTS, IDENTITY_SESSIONS, ORDERS["accounts"]],
    ids=["read", "written", "sessions", "orders"],
)
async def test_law9_a_topic_that_does_not_stamp_is_refused(house: House, tmp_path: Path, topic: Topic) -> None:
    await configure(house, topic, message_timestamp_type="CreateTime")
    try:
        code, lines = await refusal(house, tmp_path / "log")
    finally:
        await configure(house, topic)
    assert (code, len(lines)) == (3, 1)
    assert topic.name in lines[0]
    assert "LogAppendTime" in lines[0]


async def test_law7_a_command_topic_that_takes_packed_batches_is_refused(house: House, tmp_path: Path) -> None:
    await configure(house, ACCOUNTS_COMMANDS, compression_type="lz4")
    try:
        code, lines = await refusal(house, tmp_path / "log")
    finally:
        await configure(house, ACCOUNTS_COMMANDS)
    assert (code, lines) == (3, [f"start: topic {ACCOUNTS_COMMANDS.name} does not have compression.type=uncompressed"])


@pytest.mark.parametrize(
    ("name", "value"), [("HESABI_DATABASE", "Not A Name"), ("HESABI_HTTP_PORT", ""), ("HESABI_KEYS_FOLDER", "/nowhere")]
)
async def test_a_wrong_setting_is_named_in_one_line(house: House, tmp_path: Path, name: str, value: str) -> None:
    code, lines = await refusal(house, tmp_path / "log", **{name: value})
    assert (code, len(lines)) == (2, 1)
    assert name in lines[0]


async def test_a_broker_that_is_not_there_ends_the_process_in_time(house: House, tmp_path: Path) -> None:
    code, lines = await refusal(house, tmp_path / "log", HESABI_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert (code, lines) == (3, [])
    assert '"event": "failed"' in (tmp_path / "log").read_text()


async def test_a_start_is_called_off_by_a_signal(house: House, tmp_path: Path) -> None:
    """A broker that takes connections and says nothing would be waited for longer than a process may take to stop."""
    asked = asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(says_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with house.process(tmp_path / "log", HESABI_KAFKA_BOOTSTRAP=f"127.0.0.1:{port}") as process:
            await asyncio.wait_for(asked.wait(), WITHIN_S)
            process.send_signal(signal.SIGTERM)
            _, complaint = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert (process.returncode, complaint) == (0, b"")
    assert '"event": "stopped"' in (tmp_path / "log").read_text()


async def test_law8_what_effects_hold_open_is_closed_after_the_calls_in_flight(house: House) -> None:
    seen, go_on = list[str](), asyncio.Event()

    class Held:
        async def __aenter__(self) -> None:
            seen.append("open")

        async def __aexit__(self, *_: object) -> None:
            seen.append("closed")

    async def slow(effect: Call) -> CallMade:
        seen.append("begun")
        await go_on.wait()
        seen.append("called")
        return CallMade(amount=effect.amount)

    service = replace(counter_service(), effects=Held(), perform={Call: slow})
    async with house.service(release=service):
        await house.send(Add(amount=100), "held-1")
        await eventually(lambda: "begun" in seen)
        asyncio.get_running_loop().call_later(0.3, go_on.set)
    assert seen == ["open", "begun", "called", "closed"]
