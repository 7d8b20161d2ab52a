"""FastStream's broker of a service: how it reaches Kafka, and how its subscribers read."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512

from services.chassis.connection import kafka_connection
from services.chassis.consumer import LaneConsumer
from services.chassis.settings import ServiceSettings


class LaneBroker(KafkaBroker):
    """FastStream's broker, whose subscribers read by a `LaneConsumer` and start side by side."""

    async def start(self) -> None:
        """Connect, and join all groups at once. One after another, each would wait for the others of its group: a
        process that takes a killed one's place would read its last lane seconds after its first."""
        await self.connect()
        async with asyncio.TaskGroup() as starts:
            for subscriber in self.subscribers:
                starts.create_task(subscriber.start())
        self.running = True

    async def _connect(self) -> Callable[..., AIOKafkaConsumer]:
        await super()._connect()
        config = self.config.broker_config
        assert isinstance(config.builder, partial)
        config.builder = partial(LaneConsumer, **config.builder.keywords)
        return config.builder


def broker_connection(settings: ServiceSettings) -> dict[str, Any]:
    """What `kafka_connection` gives to aiokafka's clients, as FastStream takes it.

    Raises:
        OSError: the file of CA certificates cannot be read.
    """
    connection = kafka_connection(settings)
    options = ("bootstrap_servers", "client_id", "retry_backoff_ms")
    return {option: connection[option] for option in options} | {"security": _security(connection)}


def _security(connection: Mapping[str, Any]) -> BaseSecurity:
    context = connection.get("ssl_context")
    if "sasl_mechanism" not in connection:
        return BaseSecurity(context, use_ssl=context is not None)
    user, password = connection["sasl_plain_username"], connection["sasl_plain_password"]
    return SASLScram512(user, password, context, use_ssl=context is not None)
