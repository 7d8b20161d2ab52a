"""What every test may ask for. Nothing is started before a test asks for it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pymongo import MongoClient

from deploy.local.stack import Stack, running_stack


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """One Kafka and one MongoDB for the whole run; a test that breaks one of them brings it back itself."""
    async with running_stack() as running:
        yield running


@pytest.fixture
async def database_name(stack: Stack) -> AsyncIterator[str]:
    """The name of a database of this test's own, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield name

    def drop() -> None:
        with MongoClient[dict[str, object]](stack.mongo_uri) as client:
            client.drop_database(name)

    await asyncio.to_thread(drop)


@pytest.fixture
def topic_prefix() -> str:
    """A beginning for the names of topics and groups of this test's own."""
    return f"test-{uuid4().hex[:12]}-"
