"""Breaking the processes, and bringing them back as Kubernetes would."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, assert_never

from deploy.local.service_process import ServiceProcess
from deploy.local.stack import StackError
from deploy.local.stack.server import EmbeddedServer
from deploy.local.system import System
from tests.chaos.channel import Answers
from tests.chaos.schedule import OUTAGES, Fault

RESTARTS_AFTER_S: Final = 1.0
LOOK_S: Final = 0.2
BETWEEN_OUTAGES_S: Final = 5.0
ANSWERED_S: Final = 30.0
"""No service takes longer after an outage, unless it is stuck."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A fault as it was. `begun_ms` and `ended_ms` are wall-clock times: the signal, and when everything answered
    again. `stops_s`: how long each graceful stop took."""

    fault: Fault
    begun_ms: int
    ended_ms: int
    stops_s: tuple[float, ...] = ()


class Breaker:
    """Does what a schedule says. `now`: the faults under way; `revived`: replicas that ended by themselves, with their
    exit codes."""

    def __init__(self, system: System, answers: Answers, hostile: Callable[[], Awaitable[None]]) -> None:
        self._system, self._answers, self._hostile = system, answers, hostile
        self._replicas = [replica for each in system.replicas.values() for replica in each]
        self._held: set[str] = set()
        self._one_outage = asyncio.Lock()
        self._one_a_service = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self.now: list[str] = []
        self.broken: list[Broken] = []
        self.revived: list[str] = []

    async def follow(self, schedule: Sequence[Fault]) -> None:
        """Every fault at its time, or as soon as what must be over before it is: for a service its fault before, for an
        outage every fault on services and the outage before, and some seconds after every service has answered again.
        Returns when all are over."""
        loop = asyncio.get_running_loop()
        begun, on_services = loop.time(), list[asyncio.Task[None]]()
        async with asyncio.TaskGroup() as faults:
            for fault in schedule:
                await asyncio.sleep(max(0.0, begun + fault.at_s - loop.time()))
                if fault.kind in OUTAGES:
                    faults.create_task(self._alone(fault, on_services))
                else:
                    on_services.append(faults.create_task(self._in_turn(fault)))

    async def look_after(self) -> None:
        """Starts again whatever ended by itself: with broker or database away at its start, a process does."""
        async with asyncio.TaskGroup() as starts:
            while True:
                for replica in self._replicas:
                    if replica.replica not in self._held and embedded(replica).exit_code is not None:
                        self.revived.append(f"{replica.replica} ({embedded(replica).exit_code})")
                        self._held.add(replica.replica)
                        starts.create_task(self._start(replica))
                await asyncio.sleep(LOOK_S)

    def thaw_all(self) -> None:
        """Nothing stands still any more: before everything is stopped."""
        for server in (self._system.stack.kafka, self._system.stack.mongo, *self._replicas):
            embedded(server).thaw()

    async def _in_turn(self, fault: Fault) -> None:
        """Both replicas of a service are never ended by two faults at once: nobody promises anything then."""
        async with self._one_a_service[fault.service]:
            await self._under_way(fault)

    async def _alone(self, fault: Fault, on_services: Collection[asyncio.Task[None]]) -> None:
        async with self._one_outage:
            # A replica that is being started again ends where it finds no server, and its service is away for longer.
            if on_services:
                await asyncio.wait(on_services)
            await self._under_way(fault)
            await self._answered()
            await asyncio.sleep(max(BETWEEN_OUTAGES_S, fault.for_s / 5))  # a longer one leaves more to catch up

    async def _answered(self) -> None:
        """Until every service has answered something: the next outage would hide how long that takes."""
        over = datetime.now(UTC)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERED_S):
                while not self._answers.all_since(over):  # noqa: ASYNC110 - answers come in from elsewhere
                    await asyncio.sleep(LOOK_S)

    async def _under_way(self, fault: Fault) -> None:
        self.now.append(fault.name)
        begun = _now_ms()
        try:
            stops_s = await self._done(fault)
        finally:
            self.now.remove(fault.name)
        self.broken.append(Broken(fault, begun, _now_ms(), stops_s))

    async def _done(self, fault: Fault) -> tuple[float, ...]:
        match fault.kind:
            case "hostile":
                await self._hostile()
            case "kafka-stopped" | "mongodb-stopped":
                server = self._server(fault)
                await server.kill()
                await asyncio.sleep(fault.for_s)
                await server.start()
            case "kafka-frozen" | "mongodb-frozen":
                await _frozen(self._server(fault), fault.for_s)
            case "freeze":
                await _frozen(embedded(self._replica(fault)), fault.for_s)
            case "kill":
                await self._replaced(self._replica(fault), self._replica(fault).kill)
            case "replace":
                await self._replaced(self._replica(fault), self._replica(fault).lose)
            case "terminate":
                return (await self._replaced(self._replica(fault), self._replica(fault).stop),)
            case "roll":
                replicas = self._system.replicas[fault.service]
                return tuple([await self._replaced(each, each.stop) for each in replicas])
            case _:
                assert_never(fault.kind)
        return ()

    async def _replaced(self, replica: ServiceProcess, end: Callable[[], Awaitable[None]]) -> float:
        """Ends a replica and starts it again. Returns the seconds until it had ended."""
        self._held.add(replica.replica)
        begun = time.monotonic()
        await end()
        took_s = time.monotonic() - begun
        await asyncio.sleep(RESTARTS_AFTER_S)
        await self._start(replica)
        return took_s

    async def _start(self, replica: ServiceProcess) -> None:
        """Starts what is held, and lets it go: if it ends again, it is looked after."""
        try:
            with contextlib.suppress(StackError):
                await replica.start()
        finally:
            self._held.discard(replica.replica)

    def _server(self, fault: Fault) -> EmbeddedServer:
        stack = self._system.stack
        return embedded(stack.kafka if fault.kind.startswith("kafka") else stack.mongo)

    def _replica(self, fault: Fault) -> ServiceProcess:
        return self._system.replicas[fault.service][fault.replica]


def embedded(server: object) -> EmbeddedServer:
    """The process behind it: only processes of our own can be broken like this.

    Raises:
        StackError: it is none.
    """
    process = server.server if isinstance(server, ServiceProcess) else server
    if not isinstance(process, EmbeddedServer):
        raise StackError("chaos needs the embedded stack: HESABI_STACK=embedded, and no addresses")
    return process


async def _frozen(server: EmbeddedServer, for_s: float) -> None:
    server.freeze()
    try:
        await asyncio.sleep(for_s)
    finally:
        server.thaw()


def _now_ms() -> int:
    return int(time.time() * 1000)
