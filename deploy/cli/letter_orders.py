"""Orders about dead letters: sent in the letters' order, and what the services' audit tells of each."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final

from joserfc.jwk import OKPKey

from contracts.message import Command, Message
from contracts.operations import (
    DEAD_LETTER_REPLAYED,
    DROP_DEAD_LETTER,
    DROP_PARKED_LETTERS,
    REFUSAL_RECORDED,
    REPLAY_DEAD_LETTER,
    UNPARK_AGGREGATE,
)
from contracts.topics import AUDIT, OPERATORS
from deploy.cli.connecting import acknowledged, talking
from deploy.cli.installation import Installation
from deploy.cli.letters import Letter, Whose
from deploy.local.client import Client, NoAnswer
from deploy.local.watch import Seen, Watch

AT_ONCE: Final = 50
"""Orders that are under way at a time: enough to keep a lane busy, few enough to stop soon after a refusal."""

LOOK: Final = "`./hesabi dead-letters list` shows whether it was carried out"

DROPPED: Final = "dropped"
UNPARKED: Final = "unparked"


@dataclass(frozen=True, slots=True)
class By:
    """Who orders it and why."""

    operator: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an order: an outcome, or the reason of a refusal. `letter` None: an aggregate as a whole."""

    service: str
    what: str
    letter: Letter | None = None
    aggregate: str | None = None
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """An order that was given, by the id of its message. `letter` None: about an aggregate as a whole."""

    id: str
    service: str
    letter: Letter | None = None
    aggregate: str | None = None


@dataclass(slots=True)
class Desk:
    """Gives orders and hears what becomes of them. `within` seconds are waited for each."""

    system: Installation
    client: Client
    watch: Watch
    by: By
    within: float
    told: Callable[[Result], None]
    results: list[Result] = field(default_factory=list)
    unheard: list[Order] = field(default_factory=list)
    """Orders that were given, and of which nothing has been taken in yet."""

    async def replay_records(self, letters: Sequence[Letter]) -> None:
        """Replay letters of single records. Those whose records stood on one partition go one behind the other, in this
        order: their orders have different keys, and one that overtakes makes duplicates of those before it.

        Raises:
            NoAnswer: nothing was heard of an order in time.
        """
        rows: dict[tuple[str, str, int], list[Letter]] = {}
        for letter in letters:
            rows.setdefault((letter.service, letter.body.source_topic, letter.body.partition), []).append(letter)
        for firsts in zip_longest(*rows.values()):
            await self._replay_together([letter for letter in firsts if letter is not None])

    async def replay_parked(self, letters: Sequence[Letter]) -> bool:
        """Replay letters of one parked aggregate: the service takes each in its turn. Ends at the first refusal: those
        behind it would be refused, too. False if one was refused.

        Raises:
            NoAnswer: nothing was heard of an order in time.
        """
        for start in range(0, len(letters), AT_ONCE):
            results = await self._replay_together(letters[start : start + AT_ONCE])
            if any(result.is_refused for result in results):
                return False
        return True

    async def _replay_together(self, letters: Sequence[Letter]) -> list[Result]:
        orders = [await self._give(replay_order(each, self.by), each.key, each.service, each) for each in letters]
        return [await self._result(order) for order in orders]

    async def drop(self, letters: Sequence[Letter]) -> None:
        """Drop letters of single records."""
        for letter in letters:
            await self._result(await self._give(drop_order(letter, self.by), letter.key, letter.service, letter))

    async def drop_parked(self, whose: Whose, first: int, last: int) -> bool:
        """Drop a parked aggregate's letters. False if it was refused."""
        return not (await self._about(whose, drop_parked_order(whose, first, last, self.by))).is_refused

    async def unpark(self, whose: Whose) -> Result:
        """Let a parked aggregate go on."""
        return await self._about(whose, unpark_order(whose, self.by))

    async def _about(self, whose: Whose, order: Message) -> Result:
        service, aggregate = whose
        return await self._result(await self._give(order, aggregate, service, aggregate=aggregate))

    async def _give(
        self, order: Message, key: str, service: str, letter: Letter | None = None, aggregate: str | None = None
    ) -> Order:
        sent = await self.client.made(order, key=key)
        given = Order(sent.id, service, letter, aggregate)
        self.unheard.append(given)  # first: unacknowledged, it may be carried out all the same
        await acknowledged(self.system, self.client.send_bytes(sent), LOOK)
        return given

    async def _result(self, order: Order) -> Result:
        if not await self.watch.until(lambda: bool(self.watch.caused_by([order.id])), self.within):
            raise NoAnswer(f"{order.service} has not told within {self.within:g} s what became of an order; {LOOK}")
        return self._take(order)

    def take_in(self) -> None:
        """What has been told of orders by now, though nobody waits for it any more."""
        for order in [each for each in self.unheard if self.watch.caused_by([each.id])]:
            self._take(order)

    def _take(self, order: Order) -> Result:
        what, is_refused = _outcome(self.watch.caused_by([order.id])[0])
        result = Result(order.service, what, order.letter, order.aggregate, is_refused)
        self.unheard.remove(order)
        self.results.append(result)
        self.told(result)
        return result


def _outcome(seen: Seen) -> tuple[str, bool]:
    body: Any = seen.body
    if isinstance(body, REFUSAL_RECORDED[body.service]):
        return body.reason, True
    if isinstance(body, DEAD_LETTER_REPLAYED[body.service]):
        return body.outcome, False
    return (UNPARKED if seen.name == "AggregateUnparked" else DROPPED), False


def replay_order(letter: Letter, by: By) -> Command:
    """The order to replay this letter, its original as it is sealed."""
    aggregate: dict[str, Any] = {"aggregate": letter.body.aggregate, "sequence": letter.sequence}
    return REPLAY_DEAD_LETTER[letter.service](**_place(letter), **aggregate, original=letter.body.original, **_by(by))


def drop_order(letter: Letter, by: By) -> Command:
    """The order to drop this letter of a single record."""
    return DROP_DEAD_LETTER[letter.service](**_place(letter), **_by(by))


def drop_parked_order(whose: Whose, first: int, last: int, by: By) -> Command:
    """The order to drop these letters of a parked aggregate."""
    service, aggregate = whose
    return DROP_PARKED_LETTERS[service](aggregate=aggregate, first=first, last=last, **_by(by))


def unpark_order(whose: Whose, by: By) -> Command:
    """The order to let a parked aggregate go on."""
    service, aggregate = whose
    return UNPARK_AGGREGATE[service](aggregate=aggregate, **_by(by))


def _place(letter: Letter) -> dict[str, Any]:
    body = letter.body
    return {
        "letter_id": letter.id,
        "source_topic": body.source_topic,
        "epoch": body.epoch,
        "partition": body.partition,
        "offset": body.offset,
    }


def _by(by: By) -> dict[str, Any]:
    return {"operator": by.operator, "why": by.why}


@contextlib.asynccontextmanager
async def desk(
    system: Installation,
    services: Collection[str],
    by: By,
    within: float,
    told: Callable[[Result], None],
    results: list[Result],
) -> AsyncIterator[Desk]:
    """A desk that hears the audit of these services. However it is left, `results` then has all that was told.

    Raises:
        NotReached: Kafka does not answer.
        NoAnswer: it was left by Ctrl-C.
    """
    topics = {AUDIT[service].name for service in services}
    own = OKPKey.generate_key("X25519")  # nothing of this is answered under seal
    async with talking(system, min(OPERATORS), own, topics) as (client, watch):
        orders = Desk(system, client, watch, by, within, told, results)
        try:
            yield orders
        except asyncio.CancelledError:
            raise NoAnswer("called off; `./hesabi dead-letters list` shows which orders were carried out") from None
        finally:
            orders.take_in()
