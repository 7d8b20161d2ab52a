"""The embedded Kafka starts with its classes loaded and linked ahead of time, and without that where it cannot."""

import asyncio
import re
import subprocess
from pathlib import Path

import pytest

from deploy.local.stack import StackError, kafka
from deploy.local.stack.kafka import Java, embedded_kafka
from deploy.local.stack.kafka_jars import cache_folder, classpath
from tests.gates import Gates

SHARED = re.compile(r"kafka\.Kafka source: shared objects file")


def how_its_main_class_comes(java: Java) -> str:
    """What the runtime tells of Kafka's first class; without settings Kafka only says how it is called."""
    command = (*java, "-Xlog:class+load", "kafka.Kafka")
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "\n".join(line for line in told.splitlines() if " kafka.Kafka " in line)


async def test_kafka_s_classes_are_kept_once_and_begin_a_start(tmp_path: Path, gates: Gates) -> None:
    said: list[str] = []
    address, broker = await embedded_kafka(tmp_path / "kafka", said.append)
    await broker.start()
    assert await kafka.kafka_answers(address)
    await broker.stop()
    java = await kafka._java(said.append)
    assert len(said) <= 1
    assert SHARED.search(how_its_main_class_comes(java))
    others = tuple(each for each in java if "AOTCache" not in each)
    plain = how_its_main_class_comes(others)
    assert plain
    gates.refuses("a quick start of Kafka", "one without what is kept", [] if SHARED.search(plain) else [plain])


async def test_kafka_starts_where_its_classes_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jars = await asyncio.to_thread(classpath, list[str]().append)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own = cache_folder()
    own.mkdir()
    (own / Path(jars).parent.name).symlink_to(Path(jars).parent)

    async def fails(kept: Path, java: Java) -> None:
        raise StackError("Kafka ended at once with code 1")

    monkeypatch.setattr(kafka, "_keep", fails)
    said: list[str] = []
    _, broker = await embedded_kafka(tmp_path / "kafka", said.append)
    await broker.start()
    await broker.stop()
    assert said[-1] == "Kafka starts slowly: Kafka ended at once with code 1"
    assert [each.name for each in own.iterdir()] == [Path(jars).parent.name]
