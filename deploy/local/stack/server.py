"""A server process of the local stack that can be killed, stopped and started again, and never outlives its parent."""

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

START_SECONDS = 240
"""A replica waits for all its groups, on a busy machine for a minute; what dies meanwhile is told at once."""

STOP_SECONDS = 20
POLL_SECONDS = 0.05
LOG_TAIL_LINES = 8
LITTLE_ROOM_BYTES = 128 * 1024 * 1024
"""MongoDB's journal wants 100 MB. On a full disk a server ends without a word: its log has no room either."""

# Run by a bare interpreter that becomes the server: asks the kernel for a signal at its parent's death, however that
# comes (PR_SET_PDEATHSIG = 1). A `preexec_fn` would do so too, but may deadlock in a process with threads.
_TIED_TO_PARENT = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, int(sys.argv[2]))
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[3], sys.argv[3:])
"""


class StackError(Exception):
    """The stack cannot run; the text tells a developer why in one line."""


class Server(Protocol):
    """Kafka or MongoDB, as tests see it: what breaks it and what brings it back. Data survive all of these."""

    async def start(self) -> None:
        """Returns when it really answers."""

    async def stop(self) -> None:
        """Ends it in good order; killed after 20 s."""

    async def kill(self) -> None:
        """Ends it with SIGKILL."""

    async def restart(self) -> None:
        """Stops in good order and starts again on the same address."""


class GivenServer:
    """A server at an address from the environment: used as it is, never started or ended."""

    def __init__(self, name: str, is_answering: Callable[[], Awaitable[bool]]) -> None:
        self._name = name
        self._is_answering = is_answering

    async def start(self) -> None:
        """Raises StackError when it does not answer."""
        if not await self._is_answering():
            raise StackError(f"{self._name} does not answer at the address given in the environment")

    async def stop(self) -> None:
        """Raises StackError: it is not ours."""
        raise StackError(f"{self._name} runs at an address given in the environment and is not ours to end")

    kill = stop
    restart = stop


class EmbeddedServer:
    """A child process with its own session (so that Ctrl-C reaches us first) and its own log file.

    Start it from a thread that lives as long as the server should: the kernel ties it to that thread.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        is_answering: Callable[[], Awaitable[bool]],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._command = tuple(command)
        self._log = log
        self._is_answering = is_answering
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """Of a process that ended by itself; None while it runs, or after it was ended from here."""
        return self._process.poll() if self._process else None

    async def start(self) -> None:
        """Raises StackError, with the end of its log, when it ends early or does not answer within 240 s."""
        process = self._process = spawn(self._command, self._log, self._environment)
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await self._is_answering():
                    if process.poll() is not None:
                        raise self._failure(f"ended at once with code {process.returncode}")
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise self._failure(f"did not answer within {START_SECONDS} s") from None

    async def ended(self) -> int:
        """Its exit code, as soon as it has ended."""
        while (code := self.exit_code) is None:  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(POLL_SECONDS)
        return code

    async def must_run(self) -> None:
        """Looks after it until cancelled. Raises StackError, with the end of its log, when it ends by itself."""
        raise self._failure(f"ended by itself with code {await self.ended()}")

    async def stop(self, within: float = STOP_SECONDS) -> None:
        """Ends it in good order; killed after `within` seconds."""
        await self._end(signal.SIGTERM, within)

    async def kill(self) -> None:
        """Ends it with SIGKILL."""
        await self._end(signal.SIGKILL, STOP_SECONDS)

    async def restart(self) -> None:
        """Stops in good order and starts again on the same address."""
        await self.stop()
        await self.start()

    def freeze(self) -> None:
        """It stands still, connections and all, until `thaw`: as on a machine that swaps, or under a debugger."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on where it stood."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def kill_now(self) -> None:
        """`kill` for a caller that cannot wait in an event loop: the last act of the stack."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    async def _end(self, sign: signal.Signals, within: float) -> None:
        if not self._process:
            return
        self._process.send_signal(sign)
        try:
            await asyncio.to_thread(self._process.wait, within)
        except subprocess.TimeoutExpired:
            self.kill_now()
        self._process = None

    def _failure(self, what: str) -> StackError:
        tail = self._log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        free = shutil.disk_usage(self._log.parent).free
        hint = f" ({free >> 20} MiB are free on its disk)" if free < LITTLE_ROOM_BYTES else ""
        if "libcrypto.so.3" in "".join(tail):
            hint = " (it needs OpenSSL 3: Debian 12, Ubuntu 22.04 or later)"
        return StackError("\n".join([f"{self._name} {what}{hint}; the end of {self._log}:", *tail]))


def spawn(
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    at_parents_death: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Starts a process that ends with this one, whatever ends this one; its output is added to `log`. `environment`
    takes the place of this process's own."""
    wrapper = [sys.executable, "-I", "-S", "-c", _TIED_TO_PARENT, str(os.getpid()), str(int(at_parents_death))]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*wrapper, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=environment,
        )


def free_port() -> int:
    """A free port below those that the kernel hands out to clients.

    Among those, a client that keeps trying to reach a server that is down ends up connected to itself and so takes the
    port for good.
    """
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(max(1024, first_of_clients - 12_000), first_of_clients)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
