"""What an order allows, for how long, and that it proves nothing (law 5; trap 19)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from contracts.envelope import Envelope, to_headers
from contracts.operations import SKIP_RECORDS, SkipRecords
from services.chassis.document import Position
from services.chassis.logs import configure_logs
from services.chassis.order_reader import OrderReader
from services.chassis.skip_orders import ORDER_LIFE, SkipOrder, SkipOrders

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TOPIC = "accounts.commands"


def order(first: int = 5, last: int = 7, order_id: str = "o-1") -> SkipOrder:
    body = SKIP_RECORDS["accounts"](
        source_topic=TOPIC,
        epoch=1,
        partition=3,
        first_offset=first,
        last_offset=last,
        operator="noura",
        why="disk",
    )
    return SkipOrder(order_id, body, NOW)


@dataclass
class Record:
    """A record on the topic of orders."""

    value: bytes | None
    source: str = "operators"
    type: str = SKIP_RECORDS["accounts"].type_name
    topic: str = "accounts.orders"
    partition: int = 0
    offset: int = 0
    timestamp: int = int(NOW.timestamp() * 1000)
    key: bytes | None = b"skip:ordinary.3"

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """The envelope."""
        return list(to_headers(Envelope("o-1", self.source, self.type, "skip:ordinary.3", NOW)))


def test_trap_19_an_order_stands_for_the_records_that_it_names_and_for_a_while() -> None:
    orders = SkipOrders()
    orders.learn(order())
    orders.learn(order())
    at = [orders.standing(1, TOPIC, 3, offset, NOW) for offset in (4, 5, 7, 8)]
    assert [found is not None for found in at] == [False, True, True, False]
    assert orders.standing(2, TOPIC, 3, 5, NOW) is None, "another life of the topic"
    assert orders.standing(1, TOPIC, 2, 5, NOW) is None
    assert orders.standing(1, TOPIC, 3, 5, NOW + ORDER_LIFE - timedelta(seconds=1)) is not None
    assert orders.standing(1, TOPIC, 3, 5, NOW + ORDER_LIFE) is None


def test_trap_19_of_several_orders_the_latest_stands() -> None:
    orders = SkipOrders()
    orders.learn(order(order_id="o-1"))
    orders.learn(order(order_id="o-2"))
    found = orders.standing(1, TOPIC, 3, 5, NOW)
    assert found is not None
    assert found.id == "o-2"


def test_law5_no_commit_proves_what_an_order_names_however_old_it_is() -> None:
    orders = SkipOrders()
    orders.learn(order())
    assert [orders.spoil(Position(1, TOPIC, 3, offset)) for offset in (4, 5, 7, 8)] == [False, True, True, False]


def test_law5_each_of_several_orders_spoils_what_it_names() -> None:
    orders = SkipOrders()
    orders.learn(order(5, 5, "o-1"))
    orders.learn(order(9, 9, "o-2"))
    assert [orders.spoil(Position(1, TOPIC, 3, offset)) for offset in (5, 7, 9)] == [True, False, True]


def test_an_order_is_read_with_its_stamp() -> None:
    orders = SkipOrders()
    record: Any = Record(order().body.model_dump_json().encode())
    OrderReader({}, "accounts", orders).take(record)
    found = orders.standing(1, TOPIC, 3, 6, NOW)
    assert found == order()


BODY = order().body.model_dump_json().encode()


@pytest.mark.parametrize(
    "record",
    [
        Record(BODY, source="web"),
        Record(BODY, type="hesabi.accounts.Nudge.v1"),
        Record(b"{}"),
        Record(b"\xff"),
        Record(None),
        Record(BODY, key=None),
    ],
    ids=["no operator", "another type", "fields missing", "no JSON", "no body", "no key"],
)
def test_what_operators_did_not_write_is_no_order(record: Any) -> None:
    orders, written = SkipOrders(), StringIO()
    configure_logs("accounts", "one", "info", lambda _: None, written)
    OrderReader({}, "accounts", orders).take(record)
    assert orders.standing(1, TOPIC, 3, 6, NOW) is None
    assert json.loads(written.getvalue())["event"] == "order_refused"


def test_an_order_is_of_the_catalogue() -> None:
    assert {kind.type_name for kind in SKIP_RECORDS.values()} == {
        f"hesabi.{service}.{SkipRecords.__name__}.v1"
        for service in ("identity", "accounts", "notifications", "reports")
    }
