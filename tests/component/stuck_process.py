"""`python -m tests.component.stuck_process`: the toy service with a bug that makes it stand still (`TOY_BUG`)."""

import asyncio
import ctypes
import os
import time
from dataclasses import replace
from typing import Any

from contracts.decision import Decision, Facts, Incoming
from services.chassis.keys import PrivateKeys
from services.chassis.process import run
from services.chassis.service import Service
from services.chassis.settings import ServiceSettings
from tests.component.counter import Add, Count, add, counter_service

LONG_S = 600


async def hang(*_: Any) -> Facts:
    """A call that forgot its limit."""
    await asyncio.Event().wait()
    raise AssertionError("it never ends")


def block(state: Count | None, message: Incoming[Add], facts: Facts) -> Decision[Count]:
    """The event loop waits, too."""
    time.sleep(LONG_S)
    return add(state, message, facts)


def block_all(state: Count | None, message: Incoming[Add], facts: Facts) -> Decision[Count]:
    """No thread runs any more: the call keeps the interpreter's lock."""
    ctypes.PyDLL(None).sleep(LONG_S)
    return add(state, message, facts)


BUGS: dict[str, dict[str, Any]] = {
    "hang": {"prepare": hang},
    "block": {"decide": block},
    "block-all": {"decide": block_all},
}


def build(settings: ServiceSettings, keys: PrivateKeys) -> Service:
    """The toy, with one route changed."""
    service, bug = counter_service(), BUGS[os.environ["TOY_BUG"]]
    routes = tuple(replace(route, **bug) if route.message is Add else route for route in service.routes)
    return replace(service, routes=routes)


if __name__ == "__main__":
    run(ServiceSettings, build)
