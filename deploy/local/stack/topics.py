"""Topics on a running broker, as a catalogue asks for them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from deploy.local.stack.server import StackError

CREATE_MILLISECONDS = 15_000


class TopicSpec(Protocol):
    """What a topic needs on a stack of one broker (so always one replica)."""

    @property
    def name(self) -> str:
        """Its name on the broker."""

    @property
    def partitions(self) -> int:
        """How many."""

    @property
    def config(self) -> Mapping[str, str]:
        """Kafka's names and values of its settings."""


async def create_topics(bootstrap: str, specs: Iterable[TopicSpec]) -> None:
    """Creates the topics that are absent, and leaves those that are there as they are.

    Raises:
        StackError: the broker refuses one.
    """
    wanted = [NewTopic(each.name, each.partitions, 1, topic_configs=dict(each.config)) for each in specs]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="hesabi-topics")
    await admin.start()
    try:
        answer: Any = await admin.create_topics(wanted, timeout_ms=CREATE_MILLISECONDS)
    finally:
        await admin.close()
    for name, code, *details in answer.topic_errors:
        if code not in {0, TopicAlreadyExistsError.errno}:
            raise StackError(f"topic {name} cannot be created: {for_code(code).__name__} {' '.join(map(str, details))}")
