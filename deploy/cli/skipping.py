"""`hesabi skip-record`: an order to pass over records that cannot be read, and what the service says it did."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from contracts.operations import SKIP_RECORDS, RecordSkipped, SkipRecords
from contracts.topics import AUDIT, CATALOGUE, OPERATORS, SERVICES
from deploy.cli.connecting import acknowledged, channel
from deploy.cli.installation import Installation
from deploy.cli.outcome import Wrong
from deploy.cli.reasons import MEANT, reason
from deploy.local.watch import Seen

LANES_FILE: Final = Path(__file__).with_name("lanes.json")
"""The topics of each service's lanes, written by `make manifests`: the command line goes without the services."""

MOST_AT_ONCE: Final = 1_000
ANEW: Final = "give the order anew: what is passed over already stays so"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to pass over, why, and by whose order."""

    service: str
    lane: str
    partition: int
    first: int
    last: int
    why: str
    operator: str


def order_of(wish: Wish) -> SkipRecords:
    """The order.

    Raises:
        Wrong: there is no such lane or partition, or the range or a text is none.
    """
    if wish.service not in SERVICES:
        raise Wrong(f"services are: {', '.join(sorted(SERVICES))}")
    lanes = json.loads(LANES_FILE.read_text(encoding="utf-8"))[wish.service]
    if wish.lane not in lanes:
        raise Wrong(f"lanes of {wish.service} are: {', '.join(lanes)}")
    topic = CATALOGUE[lanes[wish.lane]]
    if not 0 <= wish.partition < topic.partitions:
        raise Wrong(f"{topic.name} has the partitions 0 to {topic.partitions - 1}")
    if not 0 <= wish.first <= wish.last < wish.first + MOST_AT_ONCE:
        raise Wrong(f"--through names a record behind --offset, at most {MOST_AT_ONCE} in all")
    try:
        return SKIP_RECORDS[wish.service](
            source_topic=topic.name,
            epoch=topic.epoch,
            partition=wish.partition,
            first_offset=wish.first,
            last_offset=wish.last,
            operator=wish.operator,
            why=reason(wish.why),
        )
    except ValueError:
        raise Wrong(f"--reason has {MEANT}; --operator is an account's name") from None


async def skip(system: Installation, wish: Wish, within: float) -> list[RecordSkipped]:
    """Give the order; returns what was passed over when the last record named was, or within so many seconds.

    Raises:
        Wrong: see `order_of`.
        NotReached: Kafka does not answer.
        NoAnswer: it has not acknowledged the order.
    """
    order = order_of(wish)
    (operators,) = OPERATORS
    async with channel(system, operators, OKPKey.generate_key("X25519"), AUDIT[wish.service].name, ()) as client:
        sent = await client.made(order, key=f"skip:{wish.lane}.{wish.partition}")
        await acknowledged(system, client.send_bytes(sent), ANEW)
        seen = await client.led_to(sent, lambda news: wish.last in _skipped(news), within)
    return [event for _, event in sorted(_skipped(seen).items())]


def _skipped(news: Sequence[Seen]) -> dict[int, RecordSkipped]:
    bodies = [seen.body for seen in news]
    return {body.offset: body for body in bodies if isinstance(body, RecordSkipped)}
