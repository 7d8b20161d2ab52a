"""Kafka and MongoDB as containers, from the public images or from any that take the same settings."""

import os
from collections.abc import Callable, Mapping
from typing import Final

from deploy.local.stack.container import ContainerServer, LocalContainer, remove_left_behind
from deploy.local.stack.docker_engine import docker_engine, has_image
from deploy.local.stack.kafka import SETTINGS, kafka_answers
from deploy.local.stack.mongodb import CACHE_GIGABYTES, REPLICA_SET, mongodb_leads
from deploy.local.stack.server import free_port

KAFKA_IMAGE: Final = "HESABI_KAFKA_IMAGE"
MONGO_IMAGE: Final = "HESABI_MONGO_IMAGE"
PUBLIC_IMAGES: Final[Mapping[str, str]] = {KAFKA_IMAGE: "apache/kafka:4.3.1", MONGO_IMAGE: "mongo:8.0.15"}
KAFKA_DATA: Final = "/var/lib/kafka/data"
CONTROLLER_PORT: Final = 9093


def image_named(setting: str) -> str:
    """The image that a setting names, else the public one."""
    return os.environ.get(setting) or PUBLIC_IMAGES[setting]


def why_no_containers(say: Callable[[str], None]) -> str | None:
    """Why Kafka and MongoDB cannot run as containers here; None when they can. Pulls images that are not at hand."""
    engine = docker_engine()
    if engine is None:
        return "no Docker engine answers on this machine (DOCKER_HOST or the default socket)"
    try:
        missing = [name for name in map(image_named, PUBLIC_IMAGES) if not has_image(engine, name, say)]
        if missing:
            return f"these images are not at hand and cannot be pulled: {', '.join(missing)}"
        remove_left_behind(engine)
    finally:
        engine.close()
    return None


class KafkaContainer(LocalContainer):
    """One broker that is its own controller. The image turns KAFKA_A_B into the setting a.b, as Apache's does."""

    def __init__(self, image: str, port: int) -> None:
        super().__init__(image, ports=(port,))
        places = {
            "listeners": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://localhost:{CONTROLLER_PORT}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.quorum.voters": f"1@localhost:{CONTROLLER_PORT}",
            "log.dirs": KAFKA_DATA,
        }
        for name, value in {**SETTINGS, **places}.items():
            self.with_env(f"KAFKA_{name.replace('.', '_').upper()}", value)
        self.with_env("KAFKA_HEAP_OPTS", "-Xmx512m")


class MongoContainer(LocalContainer):
    """A replica set of one, known by the same address inside and outside."""

    def __init__(self, image: str, port: int) -> None:
        super().__init__(image, ports=(port,))
        self.with_command(
            [
                *("mongod", "--replSet", REPLICA_SET, "--bind_ip_all", "--port", str(port)),
                *(
                    "--wiredTigerCacheSizeGB",
                    CACHE_GIGABYTES,
                    "--setParameter",
                    "diagnosticDataCollectionEnabled=false",
                ),
            ]
        )


def container_kafka() -> tuple[str, ContainerServer]:
    """A broker, not yet started, with its bootstrap address."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    container = KafkaContainer(image_named(KAFKA_IMAGE), port)
    return address, ContainerServer("Kafka", container, lambda: kafka_answers(address))


def container_mongodb() -> tuple[str, ContainerServer]:
    """A server, not yet started, with its URI."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    container = MongoContainer(image_named(MONGO_IMAGE), port)
    return f"mongodb://{address}/?replicaSet={REPLICA_SET}", ContainerServer(
        "MongoDB", container, lambda: mongodb_leads(address)
    )
