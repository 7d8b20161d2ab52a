"""The chassis's own tests break their stack: they have one of their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.stack import running_stack
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS
from tests.component.service_under_test import House, open_house


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The toy service's broker, database, keys and neighbours; embedded whatever the environment says."""
    with pytest.MonkeyPatch.context() as environment:
        for name in (KAFKA_ADDRESS, MONGO_ADDRESS):
            environment.delenv(name, raising=False)
        async with running_stack() as stack, open_house(stack, Path(tmp_path_factory.mktemp("keys"))) as house:
            yield house
