import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from deploy.local.stack.ending import SIGNS, told_to_end


@pytest.fixture(autouse=True)
async def handlers() -> AsyncIterator[None]:
    before = {sign: signal.getsignal(sign) for sign in SIGNS}
    yield
    for sign, handler in before.items():
        asyncio.get_running_loop().remove_signal_handler(sign)
        signal.signal(sign, handler)


@pytest.mark.parametrize("sign", SIGNS)
async def test_each_sign_ends_it(sign: signal.Signals) -> None:
    told = told_to_end()
    assert not told.is_set()
    signal.raise_signal(sign)
    async with asyncio.timeout(5):
        await told.wait()


async def test_what_was_started_with_nohup_outlives_its_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    told_to_end()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
