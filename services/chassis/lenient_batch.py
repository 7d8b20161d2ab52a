"""Reading a batch of records although a header's name is not UTF-8.

The client's reader raises at such a record whenever it passes it, so that nothing behind it in the same batch can be
read either. Kafka itself takes any bytes for a name. Here what is no UTF-8 is replaced; no attribute of an envelope is
called so, and the record is judged like every other.
"""

from collections.abc import Iterator
from typing import Any, Final, SupportsIndex, cast

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy

LENGTH: Final = slice(8, 12)
LOG_OVERHEAD: Final = 12
"""Offset and length, which stand before every batch."""


class _Lenient(bytearray):
    """Bytes whose parts decode whatever is in them."""

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        found = super().__getitem__(key)
        return _Lenient(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "") -> str:  # noqa: ARG002 - as `bytearray.decode`
        return super().decode(encoding, "replace")


def first_batch(data: bytes, tp: TopicPartition, offset: int) -> list[ConsumerRecord[Any, Any]]:
    """The records from `offset` on that the first batch of a broker's answer holds.

    Raises:
        CorruptRecordException: the checksum or the form is wrong.
    """
    batch = _DefaultRecordBatchPy(data[: LOG_OVERHEAD + int.from_bytes(data[LENGTH], signed=True)])
    if not batch.validate_crc():
        raise CorruptRecordException
    batch._maybe_uncompress()  # noqa: SLF001
    batch._buffer = _Lenient(batch._buffer)  # noqa: SLF001 - its reader cannot be told how to decode
    return [record for record in _records(batch, tp) if record.offset >= offset]


def _records(batch: _DefaultRecordBatchPy, tp: TopicPartition) -> Iterator[ConsumerRecord[Any, Any]]:
    for record in batch:
        key, value, headers = record.key, record.value, cast("Any", record.headers)
        yield ConsumerRecord(
            tp.topic,
            tp.partition,
            record.offset,
            record.timestamp,
            record.timestamp_type,
            key,
            value,
            None,
            -1 if key is None else len(key),
            -1 if value is None else len(value),
            tuple(headers),
        )
