"""For how long something waits to be acknowledged."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from services.chassis.document import Record
from services.chassis.publisher import KafkaPublisher, PublishFailed
from tests.eventually import eventually

RECORD = Record("accounts.events", b"k", b"v", [])


class Publisher(KafkaPublisher):
    """Sends come through, or fail, when the test says so."""

    def __init__(self) -> None:
        self.stamps: list[tuple[int, int]] = []
        super().__init__({}, lambda stamp, took_ms: self.stamps.append((stamp, took_ms)))
        self.sends: list[asyncio.Future[int]] = []

    async def _acknowledged(self, records: Sequence[Record]) -> int:
        self.sends.append(asyncio.get_running_loop().create_future())
        return await self.sends[-1]


async def test_what_waits_goes_on_waiting_until_a_send_comes_through() -> None:
    sending = Publisher()
    assert sending.oldest_send_s == 0
    first = asyncio.create_task(sending([RECORD]))
    await eventually(lambda: sending.sends)
    sending.sends[0].set_exception(PublishFailed("KafkaTimeoutError"))
    with pytest.raises(PublishFailed):
        await first
    waited = sending.oldest_send_s
    assert waited > 0, "a failure is no acknowledgement"
    began = time.monotonic()
    again = asyncio.create_task(sending([RECORD]))
    await eventually(lambda: len(sending.sends) == 2)
    assert sending.oldest_send_s >= waited
    sending.sends[1].set_result(1_700)
    await again
    assert sending.oldest_send_s == 0
    ((stamp, took_ms),) = sending.stamps
    assert stamp == 1_700
    assert 0 <= took_ms <= 1_000 * (time.monotonic() - began) + 1


async def test_of_several_the_oldest_counts() -> None:
    sending = Publisher()
    sends = [asyncio.create_task(sending([RECORD])) for _ in range(2)]
    await eventually(lambda: len(sending.sends) == 2)
    sending.sends[1].set_result(1)
    await sends[1]
    assert sending.oldest_send_s > 0
    sending.sends[0].set_result(2)
    await sends[0]
    assert sending.oldest_send_s == 0


async def test_a_send_that_nobody_wants_any_more_waits_no_longer() -> None:
    """Its caller was called off, and does not try again."""
    sending = Publisher()
    first, second = (asyncio.create_task(sending([RECORD])) for _ in range(2))
    await eventually(lambda: len(sending.sends) == 2)
    first.cancel()
    await asyncio.wait([first])
    assert sending.oldest_send_s > 0
    second.cancel()
    await asyncio.wait([second])
    assert sending.oldest_send_s == 0
