"""The chassis's own tests break their stack: they have one of their own."""

import gc
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.stack import running_stack
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS, WAY
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
