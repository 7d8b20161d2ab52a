"""A batch goes through FastStream as it came: the loop reads its records, and the lane commits them."""

from typing import Any

from aiokafka import ConsumerRecord
from faststream.kafka import KafkaMessage


async def parse(batch: tuple[ConsumerRecord[Any, Any], ...]) -> KafkaMessage:
    """Cannot raise: FastStream's own parser decodes headers and loses the whole batch on a null one (trap 3)."""
    return KafkaMessage(
        body=b"",
        headers={},
        reply_to="",
        content_type=None,
        message_id="",
        correlation_id="",
        raw_message=batch,
        consumer=_NO_CONSUMER,
    )


async def decode(message: KafkaMessage) -> tuple[ConsumerRecord[Any, Any], ...]:
    """The records as they came."""
    batch: Any = message.raw_message
    return batch if isinstance(batch, tuple) else (batch,)


class _NoConsumer:
    """FastStream wants a consumer to acknowledge with; the lane commits itself."""

    async def commit(self) -> None: ...

    def seek(self, *args: object, **kwargs: object) -> None: ...


_NO_CONSUMER: Any = _NoConsumer()
