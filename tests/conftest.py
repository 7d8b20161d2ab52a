"""What every test may ask for. Nothing is started before a test asks for it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import structlog
from hypothesis import HealthCheck, settings
from pymongo import MongoClient

from deploy.local.stack import Stack, running_stack
from tests.gates import Gates

_GATES = pytest.StashKey[Gates]()


def pytest_configure(config: pytest.Config) -> None:
    """Nothing has been refused yet. How long a property takes says more of the machine than of the property."""
    settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any-machine")
    config.stash[_GATES] = Gates()
    # By default an error's locals are drawn for a terminal: seconds for each, where tests break machines.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Begun in a shell's background: what tests begin would inherit that, and not hear Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The last thing a run shows: every gate with the bad sample that it refused."""
    gates = config.stash[_GATES]
    if gates.rows:
        terminalreporter.section("gates")
        for line in gates.table():
            terminalreporter.write_line(line)


@pytest.fixture
def gates(request: pytest.FixtureRequest) -> Gates:
    """Where a guard shows the bad sample that it must refuse."""
    return request.config.stash[_GATES]


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[Stack]:
    """One Kafka and one MongoDB for the whole run; a test that breaks one of them brings it back itself."""
    async with running_stack() as running:
        yield running


@pytest.fixture
async def database_name(stack: Stack) -> AsyncIterator[str]:
    """The name of a database of this test's own, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    yield name

    def drop() -> None:
        with MongoClient[dict[str, object]](stack.mongo_uri) as client:
            client.drop_database(name)

    await asyncio.to_thread(drop)


@pytest.fixture
def topic_prefix() -> str:
    """A beginning for the names of topics and groups of this test's own."""
    return f"test-{uuid4().hex[:12]}-"
