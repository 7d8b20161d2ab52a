"""What must be true of the broker before a service works with it (architecture, law 9)."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts.topics import CATALOGUE, IDENTITY_SESSIONS, ORDERS
from services.chassis.clients import opened
from services.chassis.service import Service

ASKED_S: Final = 30.0
_NEEDED: Final = ("message.timestamp.type",)
_NEEDED_UNPACKED: Final = (*_NEEDED, "compression.type")
"""Settings without which a topic is not worked with. Whether what our services write is packed is nobody's harm."""


class TopicsUnfit(Exception):
    """A topic is missing or hidden, or has not the settings that it must have. Says which."""


async def check_topics(connection: Mapping[str, Any], service: Service) -> None:
    """Refuse to start on topics that are missing, have other partitions than the contracts say, lack `LogAppendTime`,
    or take packed batches where the contracts say that the broker unpacks them."""
    admin = AIOKafkaAdminClient(**connection)
    read = [lane.topic for lane in service.lanes]
    # Ended sessions and orders are judged by their stamps, too (I13); the clock is set by those of what is written.
    read += [IDENTITY_SESSIONS, ORDERS[service.name]]
    written = [topic for topic in CATALOGUE.values() if service.name in topic.writers]
    wanted = {topic.name: topic for topic in (*read, *written)}
    async with asyncio.timeout(ASKED_S), opened(admin):
        described = {t["topic"]: t for t in await admin.describe_topics(list(wanted))}
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, n) for n in wanted])
    for name, topic in wanted.items():
        found = described.get(name, {"error_code": errors.UnknownTopicOrPartitionError.errno, "partitions": []})
        _refuse(found["error_code"], f"topic {name}")
        if len(found["partitions"]) != topic.partitions:
            raise TopicsUnfit(
                f"topic {name} has {len(found['partitions'])} partitions, the contracts say {topic.partitions}"
            )
    for answer in answers:
        for resource in answer.resources:  # type: ignore[attr-defined]
            settings = {entry[0]: entry[1] for entry in resource[4]}
            topic = wanted[resource[3]]
            _refuse(resource[0], f"the configuration of topic {topic.name}")
            for name in _NEEDED if topic.is_compressed else _NEEDED_UNPACKED:
                if settings.get(name) != topic.config[name]:
                    raise TopicsUnfit(f"topic {topic.name} does not have {name}={topic.config[name]}")


def _refuse(code: int, what: str) -> None:
    match errors.for_code(code):
        case errors.NoError:
            return
        case errors.UnknownTopicOrPartitionError:
            raise TopicsUnfit(f"{what} does not exist")
        case errors.TopicAuthorizationFailedError:
            raise TopicsUnfit(f"{what} is hidden from HESABI_KAFKA_USER: the brokers' ACLs do not allow to see it")
        case other:
            raise other(what)
