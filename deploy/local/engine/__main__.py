"""`python -m deploy.local.engine [--if-possible] COMMAND...` runs a command on containers.

A Docker engine is found or, for root on Debian and Ubuntu, made; the images are pulled, or made; our own are built. The
command then finds all of them in its environment, and its exit code is ours. Where no engine can be had the exit code
is 3, or 0 with `--if-possible`.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from deploy.local.engine.debian_packages import unpacked, why_not_here
from deploy.local.engine.images import SERVICE_IMAGES, base_for_services, build_ours, stack_images
from deploy.local.engine.private_engine import private_engine
from deploy.local.service_process import IMAGES
from deploy.local.stack.docker_engine import docker_engine
from deploy.local.stack.kafka_jars import cache_folder
from deploy.local.stack.running import KAFKA_ADDRESS, MONGO_ADDRESS, WAY
from deploy.local.stack.server import StackError

NO_ENGINE: Final = 3
CANNOT_RUN: Final = 2
INTERRUPTED: Final = 130
IF_POSSIBLE: Final = "--if-possible"


class NoEngine(StackError):
    """No Docker engine can be had on this machine."""


def run_on_containers(command: Sequence[str]) -> int:
    """The command's exit code.

    Raises:
        StackError: there is no engine, or an image cannot be had or made.
    """
    folder = cache_folder() / "engine"
    began = time.perf_counter()
    with _engine(folder) as address:
        images = _images(folder)
        _say(f"engine and images are ready after {time.perf_counter() - began:.0f} s")
        environment = {name: os.environ[name] for name in os.environ if name not in {KAFKA_ADDRESS, MONGO_ADDRESS}}
        environment |= {"DOCKER_HOST": address, WAY: "containers", IMAGES: SERVICE_IMAGES} | images
        with subprocess.Popen(command, env=environment) as process:
            try:
                return process.wait()
            except BaseException:
                process.terminate()
                raise


@contextlib.contextmanager
def _engine(folder: Path) -> Iterator[str]:
    found = docker_engine()
    if found is not None:
        found.close()
        yield os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        return
    reason = why_not_here()
    if reason:
        raise NoEngine(f"no Docker engine answers (DOCKER_HOST or the default socket), and none can be made: {reason}")
    with contextlib.ExitStack() as cleanup:
        try:
            address = cleanup.enter_context(private_engine(folder, _say))
        except StackError as error:
            raise NoEngine(f"no Docker engine answers (DOCKER_HOST or the default socket), and {error}") from error
        os.environ["DOCKER_HOST"] = address
        yield address


def _images(folder: Path) -> dict[str, str]:
    engine = docker_engine()
    if engine is None:
        raise StackError("the Docker engine has stopped to answer")

    def programs() -> Path:
        reason = why_not_here()
        if reason:
            raise StackError(f"no registry of images answers, and no base image can be made: {reason}")
        return unpacked(folder, _say)

    @cache
    def base() -> str:
        return base_for_services(engine, programs, _say)

    try:
        images = stack_images(engine, base, _say)
        build_ours(engine, base(), _say)
    finally:
        engine.close()
    return dict(images)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _loudly(line: str) -> None:
    _say(f"\n{'=' * 120}\nNOT RUN on containers: {line}\n{'=' * 120}\n")


def main(arguments: Sequence[str]) -> int:
    """Exit code 2: an image cannot be had; 3: no engine; 130: ended by Ctrl-C; else the command's."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if_possible = arguments[:1] == [IF_POSSIBLE]
    try:
        return run_on_containers(arguments[1:] if if_possible else arguments)
    except NoEngine as error:
        _loudly(str(error))
        return 0 if if_possible else NO_ENGINE
    except StackError as error:
        _say(str(error))
        return CANNOT_RUN
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
