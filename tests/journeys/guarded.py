"""A broker as the manifests set one up: TLS, a login for everybody, and the rights that `make manifests` writes."""

import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import CreateAclsRequest

from deploy.cli.installation import installation
from deploy.kubernetes.generate import kafka_user, users
from deploy.local.stack.kafka import Guarded, embedded_kafka
from deploy.local.stack.server import Server, free_port
from services.chassis.connection import kafka_connection
from services.chassis.settings import PREFIX
from tests.certificates import certificate

# Kafka's numbers in the protocol for what Strimzi's definitions call by name.
TYPES: Final = {"topic": 2, "group": 3}
PATTERNS: Final = {"literal": 3, "prefix": 4}
OPERATIONS: Final = {"Read": 3, "Write": 4, "Describe": 8, "DescribeConfigs": 10}
ALLOW: Final = 3


@dataclass(frozen=True, slots=True)
class GuardedBroker:
    """`open` is the address at which everything is allowed, `guarded` the one of those who log in."""

    open: str
    guarded: str
    server: Server
    authority: Path
    passwords: Mapping[str, str] = field(repr=False)

    def settings(self, user: str) -> dict[str, object]:
        """A service's, as the manifests give them."""
        login = {"kafka_user": user, "kafka_password": self.passwords[user], "kafka_ca_file": self.authority}
        return {"kafka_bootstrap": self.guarded, **login}

    def environment(self, user: str) -> dict[str, str]:
        """The command line's."""
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in self.settings(user).items()}

    def connection(self, user: str) -> dict[str, Any]:
        """A client's."""
        return kafka_connection(installation(self.environment(user), None))


@contextlib.asynccontextmanager
async def guarded_broker(folder: Path) -> AsyncIterator[GuardedBroker]:
    """It answers, and all users of the manifests have their rights."""
    authority, key = certificate(folder)
    identity = folder / "identity.pem"
    identity.write_bytes(key.read_bytes() + authority.read_bytes())
    guarded = Guarded(free_port(), identity, {user: secrets.token_hex(16) for user in users()})
    address, server = await embedded_kafka(folder / "kafka", print, guarded)
    try:
        await server.start()
        await _allow(address)
        yield GuardedBroker(address, f"127.0.0.1:{guarded.port}", server, authority, guarded.passwords)
    finally:
        server.kill_now()


async def _allow(address: str) -> None:
    client = AIOKafkaClient(bootstrap_servers=address)
    await client.bootstrap()
    try:
        for user in users():
            for rule in kafka_user(user)["spec"]["authorization"]["acls"]:
                for operation in rule["operations"]:
                    await _allow_one(client, user, rule["resource"], operation)
    finally:
        await client.close()


async def _allow_one(client: AIOKafkaClient, user: str, resource: Mapping[str, str], operation: str) -> None:
    kind, pattern = TYPES[resource["type"]], PATTERNS[resource["patternType"]]
    wish = CreateAclsRequest(kind, resource["name"], pattern, f"User:{user}", "*", OPERATIONS[operation], ALLOW)
    answer = await client.send(client.get_random_node(), wish)
    assert [code for code, _ in answer.creation_responses] == [0]
