"""The corpus as it is kept: a folder for each release, compressed JSON lines, the keys of its made-up services.

Documents are MongoDB's own extended JSON: what is read back is what the driver gives to the store.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bson import json_util

from tests.release import CORPUS, in_order

DOCUMENTS: Final = "documents.jsonl.gz"
RECORDS: Final = "records.jsonl.gz"
KEYS: Final = "keys.json"

_GZIP: Final = 31
"""zlib's word for it. `gzip.compress` writes another header in other versions of Python."""

_AS_STORED: Final = json_util.RELAXED_JSON_OPTIONS.with_options(tz_aware=True)
Fields = dict[str, Any]


@dataclass(slots=True)
class KeptRecord:
    """A record as a consumer got it; `timestamp` is the broker's stamp in milliseconds. `made`: by `making.py`, because
    the journey has none."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    made: bool = False

    @property
    def type(self) -> str:
        """The message's type."""
        return (dict(self.headers)["ce_type"] or b"").decode()


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """One version of a service's document, as the database had it."""

    service: str
    fields: Fields
    made: bool = False

    @property
    def id(self) -> str:
        """`kind:...`."""
        return str(self.fields["_id"])

    @property
    def kind(self) -> str:
        """The kind of aggregate."""
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys of a run's made-up services, by service and file, and what is pinned of them."""

    files: dict[str, dict[str, str]]
    fingerprints: dict[str, dict[str, str]]

    def write_to(self, folder: Path) -> Path:
        """The keys' files, as services want them. Returns the folder."""
        for owner, files in self.files.items():
            (folder / owner).mkdir(parents=True)
            for name, text in files.items():
                (folder / owner / name).touch(mode=0o600)
                (folder / owner / name).write_text(text + "\n")
        return folder


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one release."""

    release: str
    documents: Sequence[KeptDocument]
    records: Sequence[KeptRecord]
    keys: Keys


def releases() -> list[str]:
    """Every release of which something is kept, oldest first."""
    return sorted((folder.name for folder in CORPUS.iterdir()), key=in_order)


def kept(release: str) -> Kept:
    """Read what is kept of a release."""
    folder = CORPUS / release
    keys = json.loads((folder / KEYS).read_text())
    return Kept(
        release,
        [KeptDocument(**line) for line in _lines(folder / DOCUMENTS)],
        [_record(line) for line in _lines(folder / RECORDS)],
        Keys(keys["files"], keys["fingerprints"]),
    )


def keep(what: Kept, corpus: Path = CORPUS) -> Path:
    """Write a release's part, the same bytes for the same content. Returns its folder."""
    folder = corpus / what.release
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / DOCUMENTS, (_without_no(made=d.made, service=d.service, fields=d.fields) for d in what.documents))
    _write(folder / RECORDS, (_line(record) for record in what.records))
    keys = {"files": what.keys.files, "fingerprints": what.keys.fingerprints}
    (folder / KEYS).write_text(json.dumps(keys, indent=1, sort_keys=True) + "\n")
    return folder


def _lines(file: Path) -> Iterator[Fields]:
    for line in gzip.decompress(file.read_bytes()).decode().splitlines():
        yield json_util.loads(line, json_options=_AS_STORED)


def _write(file: Path, lines: Iterable[Fields]) -> None:
    text = "".join(json_util.dumps(line, json_options=_AS_STORED, ensure_ascii=False) + "\n" for line in lines)
    file.write_bytes(zlib.compress(text.encode(), level=9, wbits=_GZIP))


def _without_no(*, made: bool, **line: Any) -> Fields:
    return {**line, "made": True} if made else line


def _line(record: KeptRecord) -> Fields:
    # What went over the log is UTF-8 text in every part: it stays readable here.
    return _without_no(
        made=record.made,
        place=[record.topic, record.partition, record.offset, record.timestamp],
        key=_text(record.key),
        value=_text(record.value),
        headers=[[name, _text(value)] for name, value in record.headers],
    )


def _record(line: Fields) -> KeptRecord:
    headers = tuple((name, _bytes(value)) for name, value in line["headers"])
    topic, partition, offset, stamp = line["place"]
    key, value, made = _bytes(line["key"]), _bytes(line["value"]), line.get("made", False)
    return KeptRecord(topic, partition, offset, stamp, key, value, headers, made)


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
