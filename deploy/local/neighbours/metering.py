r"""The simulated metering system: it sends day blocks of interval readings in bulk, and takes closing readings.

python -m deploy.local.neighbours.metering --kafka localhost:9092 --until 2026-03-01 \
        --account 30012345678 --large-account 30087654321
"""

import argparse
import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Final, Self
from uuid import UUID, uuid5

from aiokafka import AIOKafkaProducer

from contracts.envelope import Envelope, to_headers
from contracts.metering import ClosingReadingAsked, ClosingReadingReleased, ClosingReadingTaken, IntervalReadings
from contracts.topics import METERING_REQUESTS
from deploy.local.neighbours.meter_sample import two_meters
from deploy.local.neighbours.register import register_wh
from deploy.local.neighbours.request_desk import SECONDS_TO_ANSWER, Answer, AtADesk, Request, RequestDesk
from services.chassis.clients import start, stop

NAME: Final = "metering"
_NAMESPACE: Final = UUID("6c0a9a0c-9a8e-5a5d-a8b0-2f3f5d0f7b21")


class ClosingReadings(AtADesk):
    """`async with ClosingReadings(bootstrap) as closing`: reads the register when a supply changes hands.

    Unlike a real one it answers at once for days to come. `kept` are the closing readings that stand, by account and
    day; `released` counts those that were not needed after all.
    """

    def __init__(self, bootstrap: str) -> None:
        self.kept: dict[tuple[str, date], int] = {}
        self.released = 0
        self._silent: set[str] = set()
        self._desk = RequestDesk(NAME, bootstrap, [METERING_REQUESTS], self._answer)

    def stay_silent(self, account_number: str) -> None:
        """From now on nothing is read on this account: its meter cannot be reached."""
        self._silent.add(account_number)

    async def _answer(self, request: Request) -> Answer | None:
        match request.body:
            case ClosingReadingAsked() as asked:
                taken = self.reads(asked)
                await asyncio.sleep(SECONDS_TO_ANSWER)
                return None if taken is None else Answer(taken, asked.asked_by)
            case ClosingReadingReleased() as released:
                self.releases(released)
                return None
            case _:
                return None

    def reads(self, asked: ClosingReadingAsked) -> ClosingReadingTaken | None:
        """The reading, which is kept; None where the meter cannot be reached."""
        if asked.account_number in self._silent:
            return None
        register = self.kept.setdefault((asked.account_number, asked.day), register_wh(asked.account_number, asked.day))
        return ClosingReadingTaken(
            asked_by=asked.asked_by, account_number=asked.account_number, day=asked.day, register_wh=register
        )

    def releases(self, released: ClosingReadingReleased) -> None:
        """Nothing was closed on that day. Again, or for a reading that was never taken, it changes nothing."""
        if self.kept.pop((released.account_number, released.day), None) is not None:
            self.released += 1


class MeteringSimulator:
    """`async with MeteringSimulator(bootstrap) as metering: await metering.send(blocks)`."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=NAME,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
        )
        try:
            await start(self._producer)
        except BaseException:
            await stop(self._producer)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await stop(self._producer)

    async def send(self, blocks: Iterable[IntervalReadings]) -> int:
        """Send these day blocks in order, each keyed by its account; returns how many the broker has taken.

        A block sent again has the id it had before. Raises aiokafka's KafkaError where the broker does not take one.
        """
        sends = [
            await self._producer.send(
                block.topic.name,
                block.model_dump_json().encode(),
                key=block.account_number.encode(),
                headers=to_headers(_envelope_of(block)),
            )
            for block in blocks
        ]
        await asyncio.gather(*sends)
        return len(sends)


def _envelope_of(block: IntervalReadings) -> Envelope:
    return Envelope(
        id=str(uuid5(_NAMESPACE, f"{block.account_number}/{block.day}/{block.version}")),
        source=NAME,
        type=block.type_name,
        subject=block.account_number,
        time=datetime.now(UTC),
    )


async def _main(kafka: str, until: date, account: str, large_account: str) -> None:
    async with MeteringSimulator(kafka) as metering:
        sent = await metering.send(two_meters(until, account, large_account))
    print(f"metering sent {sent} day blocks", flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="A simulated metering system, with a public sample.")
    arguments.add_argument("--kafka", required=True, help="host:port")
    arguments.add_argument("--until", type=date.fromisoformat, required=True, help="Riyadh date; ends the month before")
    arguments.add_argument("--account", required=True, help="account with the sample's readings")
    arguments.add_argument("--large-account", required=True, help="account with the sample times 8")
    given = arguments.parse_args()
    asyncio.run(_main(given.kafka, given.until, given.account, given.large_account))
