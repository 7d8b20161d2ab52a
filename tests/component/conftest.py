"""The chassis's own tests break their stack: they have one of their own."""

import gc
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from deploy.local.stack import running_stack
from deploy.local.stack.mongodb import mongod_binary, mongodb_answers
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS, WAY
from deploy.local.stack.server import EmbeddedServer, free_port
from tests.component.service_under_test import House, open_house


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The toy service's broker, database, keys and neighbours, whatever addresses the environment gives."""
    with pytest.MonkeyPatch.context() as environment:
        for name in (KAFKA_ADDRESS, MONGO_ADDRESS):
            environment.delenv(name, raising=False)
        async with running_stack() as stack, open_house(stack, Path(tmp_path_factory.mktemp("keys"))) as house:
            yield house


@pytest.fixture(scope="module")
async def own_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The same on embedded servers: what spoils their files, or freezes them, needs them here. What one module spoils
    stays spoilt, so the next one has others."""
    with pytest.MonkeyPatch.context() as environment:
        for name in (KAFKA_ADDRESS, MONGO_ADDRESS):
            environment.delenv(name, raising=False)
        environment.setenv(WAY, "embedded")
        async with running_stack() as stack, open_house(stack, Path(tmp_path_factory.mktemp("keys"))) as house:
            yield house
    with warnings.catch_warnings():  # of broken servers connections cannot always be closed: let them go here
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
async def with_rights(tmp_path: Path) -> AsyncIterator[str]:
    """A server that asks who one is. Yields the URI of a user who may read and write in `theirs` and nothing else."""
    address = f"127.0.0.1:{free_port()}"
    command = [str(mongod_binary()), "--auth", "--bind_ip", "127.0.0.1", "--port", address.partition(":")[2]]
    command += ["--dbpath", str(tmp_path), "--nounixsocket", "--quiet"]
    alone = EmbeddedServer(
        "MongoDB", command, tmp_path / "mongod.log", lambda: mongodb_answers(f"mongodb://{address}/")
    )
    await alone.start()
    try:
        await _user(f"mongodb://{address}/", "root", ["root"])
        await _user(f"mongodb://root:secret@{address}/", "service", [{"role": "readWrite", "db": "theirs"}])
        yield f"mongodb://service:secret@{address}/"
    finally:
        await alone.stop()


async def _user(uri: str, name: str, roles: list[Any]) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(uri)
    await client.admin.command("createUser", name, pwd="secret", roles=roles)
    client.close()
