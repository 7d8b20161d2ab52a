"""Law 13 on real servers: a replica that meets a document of a later release stops its lane and parks nothing; when one
that can read it takes over, everything goes on."""

import json
import signal
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from services.chassis.document import FORMAT
from services.chassis.store import COLLECTION
from tests.component.counter import Add
from tests.component.service_under_test import House
from tests.eventually import eventually


async def set_format(house: House, aggregate: str, number: int) -> None:
    """The same document as a later release would have marked it, and back."""
    async with AsyncMongoClient[dict[str, Any]](house.stack.mongo_uri) as client:
        changed = await client["toy"][COLLECTION].update_one({"_id": aggregate}, {"$set": {"format": number}})
    assert changed.modified_count == 1


def stops(log: Path) -> list[str]:
    """Why lanes have stopped."""
    told = [json.loads(line) for line in log.read_text().splitlines()]
    return [each["error"] for each in told if each["event"] == "lane_paused"]


async def test_law13_the_lane_stops_before_a_later_release_and_goes_on_with_one_that_reads_it(
    house: House, tmp_path: Path
) -> None:
    log = tmp_path / "old.log"
    async with house.process(log, HESABI_REPLICA="old") as old:
        first = await house.send(Add(amount=1), "later-1")
        await house.all_answered("later", [first])
        await set_format(house, "count:later-1", FORMAT + 2)
        second = await house.send(Add(amount=2), "later-1")
        tried = await eventually(lambda: stops(log), lambda stopped: len(stopped) >= 3, within=40)
        assert all("FormatTooNew" in why for why in tried)
        assert set(house.answers("later")) == {first}
        old.send_signal(signal.SIGTERM)
        assert await old.wait() == 0
    async with house.service("new") as new:
        await set_format(house, "count:later-1", FORMAT)
        await house.all_answered("later", [first, second])
        assert await house.total(new, "later-1") == 3
    assert [r for r in house.said("dead-letters", "") if b"later-1" in r.value] == []
    assert [r for r in house.said("audit", "later") if b"AggregateParked" in dict(r.headers)["ce_type"]] == []
