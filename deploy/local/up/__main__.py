"""`python -m deploy.local.up`: exit code 0 when it was ended by Ctrl-C, 2 when it cannot run."""

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.local.stack import StackError
from deploy.local.stack.ending import told_to_end
from deploy.local.stack.running import RUNS
from deploy.local.system import ACCOUNT, LARGE_ACCOUNT, Lives, Setup, System, running_system
from deploy.local.up.announcement import Announcement, local_folder, withdraw
from deploy.local.up.desk import desk
from deploy.local.up.keeping import keep, kept
from deploy.local.up.screen import screen
from services.chassis.health import serve

CANNOT_RUN: Final = 2
WIDTH_OF_FILES: Final = 150
REAL: Final = Lives(code_s=60, resend_after_s=60, report_link_s=900)  # I6, I14, R8


async def up(console: Console, lives: Lives) -> None:
    """Runs until it is cancelled.

    Raises:
        StackError: it cannot run here, or runs already, or something ended and does not start again.
    """
    began, local = time.perf_counter(), local_folder()
    running = Announcement.read(local)
    if running is not None:
        raise StackError(f"Hesabi is up already, as process {running.pid}: end that with Ctrl-C")
    with _run_folder() as folder:
        status = console.status("starting Kafka, MongoDB, four services and the simulated neighbours")
        status.start()
        try:
            async with running_system(folder, setup=Setup(lives), say=console.print) as system:
                await system.furnish(ACCOUNT, LARGE_ACCOUNT)
                status.stop()
                await _open_desk(console, system, local, began)
        finally:
            status.stop()


async def _open_desk(console: Console, system: System, local: Path, began: float) -> None:
    secret = secrets.token_urlsafe(32)
    async with serve(desk(system, secret), "127.0.0.1", 0) as port:
        announced = _announced(system, f"http://127.0.0.1:{port}", secret)
        try:
            announced.write(local)
            console.print(screen(announced, system.lives, time.perf_counter() - began))
            await keep(kept(system), console.print)
        finally:
            withdraw(local)


def _announced(system: System, desk_url: str, secret: str) -> Announcement:
    return Announcement(
        pid=os.getpid(),
        kafka=system.stack.kafka_bootstrap,
        mongodb=system.stack.mongo_uri,
        desk=desk_url,
        desk_secret=secret,
        services={name: service.url for name, (service, *_) in system.replicas.items()},
        sms_gateway=system.gateway.url,
        mail=f"127.0.0.1:{system.mail.port}",
        keys=str(system.folder / "keys"),
        logs=str(system.folder / "logs"),
        memory=str(system.folder / "cli"),
        accounts={ACCOUNT: "a home", LARGE_ACCOUNT: "8 times as large"},
        fingerprints=system.fingerprints,
    )


@contextlib.contextmanager
def _run_folder() -> Iterator[Path]:
    """Named after this process, so that the next run removes what a killed one left."""
    RUNS.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=RUNS, prefix=f"run-{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _until_signal(console: Console, lives: Lives) -> int:
    """The first signal ends everything in good order; more of them change nothing."""
    told = told_to_end()
    running = asyncio.create_task(up(console, lives))
    waiting = asyncio.create_task(told.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if running.done():
        running.result()
    console.print("ending")
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    console.print("ended; nothing is left")
    return 0


def main() -> int:
    """Exit code 0: ended by a signal; 2: the stack cannot run."""
    parser = argparse.ArgumentParser(prog="make up", description="All of Hesabi on this machine, until Ctrl-C.")
    parser.add_argument("--code-life", type=float, default=REAL.code_s, metavar="SECONDS", help="0.1 to 60")
    code_s = parser.parse_args().code_life
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # its complaints of the first second
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
    try:
        return asyncio.run(_until_signal(console, Lives(code_s, min(code_s, REAL.resend_after_s), REAL.report_link_s)))
    except StackError as error:
        console.print(str(error), markup=False)
        return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main())
