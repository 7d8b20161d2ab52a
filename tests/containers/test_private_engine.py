"""An engine that a run made for itself ends with that run, however that ends."""

import asyncio
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.engine.debian_packages import unpacked
from deploy.local.stack.docker_engine import docker_engine
from deploy.local.stack.kafka_jars import cache_folder
from deploy.local.stack.running import RUNS
from tests.eventually import eventually

ENGINE_OF_ANOTHER_RUN = """
import sys
from pathlib import Path
from deploy.local.engine.private_engine import private_engine
with private_engine(Path(sys.argv[1]), print) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def own_engine_folder() -> Iterator[Path]:
    """A folder for one more private engine, with the programs of the first; its name is short, as sockets' must be."""
    with tempfile.TemporaryDirectory(prefix="hesabi-", ignore_cleanup_errors=True) as folder:
        Path(folder, "programs").symlink_to(unpacked(cache_folder() / "engine", print))
        yield Path(folder)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
async def test_a_private_engine_ends_with_whoever_started_it(
    own_engine_folder: Path, sign: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ENGINE_OF_ANOTHER_RUN, str(own_engine_folder), stdin=PIPE, stdout=PIPE, cwd=RUNS.parent
    )
    assert process.stdout
    async with asyncio.timeout(60):
        address = (await process.stdout.readline()).decode().strip()
    monkeypatch.setenv("DOCKER_HOST", address)
    engine = docker_engine()
    assert engine is not None
    engine.close()
    pid = int((own_engine_folder / "run" / "dockerd.pid").read_text())
    process.send_signal(sign)
    await process.wait()
    await eventually(lambda: not Path("/proc", str(pid), "exe").exists())
    assert docker_engine() is None
