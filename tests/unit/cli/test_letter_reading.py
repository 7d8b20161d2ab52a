"""From when on the audit is read: what was told of a letter before the letter itself was there counts, too."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.cli import letter_reading
from deploy.cli.installation import Installation
from deploy.cli.letter_reading import read_book
from deploy.cli.letters import Deed, Letter, read_record
from tests.unit.cli.test_dead_letters import WHOSE, parked


async def test_law7_an_aggregate_is_known_to_be_parked_though_an_outage_came_before_its_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, now = await parked(666), datetime.now(UTC)
    first = {"accounts.audit": now - timedelta(minutes=50), "accounts.dead-letters": now}

    async def read(_: object, topics: set[str], since: datetime | None) -> list[Letter | Deed]:
        records = [record for record in world.log.in_order if record.topic in topics]
        stamped = [replace(each, timestamp=int(first[each.topic].timestamp() * 1000)) for each in records]
        found = [each for each in map(read_record, stamped) if each is not None]
        return [each for each in found if since is None or each.stamp >= since]

    def reader(*_: object, **__: object) -> Any:
        return contextlib.nullcontext()

    monkeypatch.setattr(letter_reading, "reader", reader)
    monkeypatch.setattr(letter_reading, "_read", read)
    book = await read_book(Installation("there:9092"), ["accounts"])
    assert len(book.letters) == 2
    assert book.parked == {WHOSE}
