"""A channel's program for one call of the command line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Collection, Iterator
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from joserfc.jwk import OKPKey

from contracts.topics import KEYS
from deploy.cli.installation import Installation
from deploy.cli.outcome import NotReached
from deploy.local.client import Client, NoAnswer
from deploy.local.watch import POLL_MS, Watch
from services.chassis.clients import opened
from services.chassis.connection import kafka_connection

UNSEEN: Final = ", or a topic is not its user's to see: name those that are"
REACH_S: Final = 15.0
"""So long Kafka may say nothing, whatever it is asked."""


@contextlib.asynccontextmanager
async def channel(
    system: Installation, name: str, own: OKPKey, answers: str | None, recipients: Collection[str]
) -> AsyncIterator[Client]:
    """A client that hears this topic of answers and can seal to these recipients.

    Raises:
        NotReached: Kafka does not answer.
    """
    keys = {KEYS[service].name for service in recipients}
    wanted = keys if answers is None else {answers, *keys}
    async with talking(system, name, own, wanted) as (client, _):
        yield client


@contextlib.asynccontextmanager
async def talking(
    system: Installation, name: str, own: OKPKey, topics: Collection[str]
) -> AsyncIterator[tuple[Client, Watch]]:
    """A client, and what is said from now on on the topics that it listens to.

    Raises:
        NotReached: Kafka does not answer.
    """
    async with contextlib.AsyncExitStack() as cleanup:
        with reaching(system):
            connection = kafka_connection(system)
            async with asyncio.timeout(REACH_S):
                watch = await cleanup.enter_async_context(
                    Watch(system.kafka_bootstrap, frozenset(topics).__contains__, connection)
                )
                producer = AIOKafkaProducer(**connection, acks="all")
                await cleanup.enter_async_context(opened(producer))
        yield Client(name, producer, watch, system.fingerprints, own), watch


@contextlib.asynccontextmanager
async def reader(system: Installation, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of nobody's group.

    Raises:
        NotReached: Kafka does not answer.
    """
    async with contextlib.AsyncExitStack() as cleanup:
        with reaching(system):
            consumer = AIOKafkaConsumer(
                **kafka_connection(system),
                group_id=None,
                enable_auto_commit=False,
                fetch_max_wait_ms=POLL_MS,
                **options,
            )
            async with asyncio.timeout(REACH_S):
                await cleanup.enter_async_context(opened(consumer))
        yield consumer


async def acknowledged(system: Installation, sending: Awaitable[None], then: str) -> None:
    """Waits until Kafka has acknowledged what is being sent; `then` says what to do where it has not.

    Raises:
        NoAnswer: it has not, in time or until Ctrl-C. The record may be there all the same.
        NotReached: this may not be written, so it is not there.
    """
    with reaching(system):
        try:
            async with asyncio.timeout(REACH_S):
                await sending
        except TopicAuthorizationFailedError:
            raise
        except (KafkaError, OSError, TimeoutError, asyncio.CancelledError) as error:
            why = "Ctrl-C" if isinstance(error, asyncio.CancelledError) else type(error).__name__
            raise NoAnswer(
                f"Kafka at {system.kafka_bootstrap} has not acknowledged it ({why}): "
                f"it is not known whether it arrived; {then}"
            ) from None


@contextlib.contextmanager
def reaching(system: Installation) -> Iterator[None]:
    """Turns what aiokafka says into one line."""
    try:
        yield
    except TopicAuthorizationFailedError as error:
        who, why = system.kafka_user or "somebody without a login", type(error).__name__
        raise NotReached(f"Kafka at {system.kafka_bootstrap} does not let {who} do that ({why})") from None
    except (KafkaError, OSError, TimeoutError) as error:
        # Of a topic that a user may not even see the broker says nothing.
        why = f"{type(error).__name__}{UNSEEN if system.kafka_user is not None else ''}"
        raise NotReached(f"Kafka is not reached at {system.kafka_bootstrap} ({why})") from None
