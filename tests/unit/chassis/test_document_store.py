"""The fake store passes the suite of the real one (style 13)."""

from collections.abc import Awaitable, Callable

import pytest

from tests.fakes.store import FakeStore
from tests.store_suite import StoreSuite, partition_of


@pytest.fixture
def store() -> FakeStore:
    return FakeStore(partition_of)


@pytest.fixture
def delete(store: FakeStore) -> Callable[[str], Awaitable[None]]:
    async def gone(document_id: str) -> None:
        store.delete(document_id)

    return gone


class TestFakeStore(StoreSuite):
    """Every promise, on the fake."""
