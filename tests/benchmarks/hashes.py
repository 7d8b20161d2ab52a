"""What a password's hash costs in huge pages, beside one in small ones (decision 34): processor time, in turn."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from statistics import median
from typing import Any, Final

from deploy.local.service_process import HUGE_PAGES
from services.identity.effects import IdentityEffects
from tests.benchmarks.bench import Bench, finished
from tests.benchmarks.figure import Figure

HASHES: Final = 40
ROUNDS: Final = 3
SMALL_PAGES: Final = {"GLIBC_TUNABLES": ""}


async def hash_row(bench: Bench) -> None:
    """Processes that do nothing else, each with identity's own hasher."""
    took: dict[str, list[float]] = {"huge": [], "small": []}
    for _ in range(ROUNDS):
        for name, pages in (("huge", HUGE_PAGES), ("small", SMALL_PAGES)):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, env=os.environ | pages, stdout=PIPE, stderr=PIPE
            )
            took[name].append((await finished(process))["processor_ms_each"])
    huge, small = median(took["huge"]), median(took["small"])
    bench.found(Figure("hash", "in huge pages, of one in small ones", round(huge / small, 2)))
    bench.found(Figure("hash", "processor in huge pages", huge, f"ms beside {small}"))


async def _hashed() -> float:
    """Milliseconds of the processor for one hash."""
    unused: Any = None
    effects = IdentityEffects(unused, unused, unused)
    await effects.hash_password("warm-up")
    began = time.process_time()
    await asyncio.gather(*(effects.hash_password(f"password-{number}") for number in range(HASHES)))
    return round(1000 * (time.process_time() - began) / HASHES, 1)


if __name__ == "__main__":
    print(json.dumps({"processor_ms_each": asyncio.run(_hashed())}))
