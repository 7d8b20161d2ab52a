"""What a service waits for before it takes in its first command."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from services.chassis import runtime
from tests.eventually import eventually


class Reader:
    """Reads a topic, and has read it when it is told so."""

    def __init__(self) -> None:
        self.has_read = asyncio.Event()
        self.asked = False

    async def run(self) -> None: ...

    async def catch_up(self) -> None:
        self.asked = True
        await self.has_read.wait()


async def _nothing(*_: object) -> None: ...


@pytest.mark.parametrize("last", ["session_reader", "order_reader"])
async def test_law5_no_command_is_taken_in_before_ended_sessions_and_orders_are_read(
    last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit proves nothing of what an order had passed over: who has not read the orders trims it unsent."""
    monkeypatch.setattr(runtime, "check_topics", _nothing)
    readers = {name: Reader() for name in ("key_reader", "session_reader", "order_reader")}
    engine: Any = SimpleNamespace(
        connection={}, service=SimpleNamespace(name="accounts"), prepare_store=_nothing, publisher=_nothing,
        desk=SimpleNamespace(result_record=lambda *_: None), keyring=SimpleNamespace(own_announcement=lambda: None),
        ended=(), **readers,
    )  # fmt: skip
    starting = asyncio.create_task(runtime._prepare(engine, []))
    for name in {"session_reader", "order_reader"} - {last}:
        readers[name].has_read.set()
    await eventually(lambda: readers[last].asked)
    assert not starting.done()
    readers[last].has_read.set()
    await starting
