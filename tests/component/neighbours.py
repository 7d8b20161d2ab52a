"""Simulated neighbours as processes of their own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def neighbour_process(module: str, *arguments: str) -> AsyncIterator[str]:
    """Runs `python -m module`; gives the first line it prints; afterwards checks that it ends in order at SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", module, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield (await asyncio.wait_for(process.stdout.readline(), 20)).decode().strip()
    finally:
        process.terminate()
        code = await asyncio.wait_for(process.wait(), 10)
    assert code == 0
