"""What the corpus must have, what it lacks, and the making of that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from contracts.catalogue import published_messages
from services.chassis.document import Document, stored
from services.chassis.instants import instant
from services.chassis.service import Kind
from tests.corpus.kept import Kept, KeptDocument, KeptRecord
from tests.corpus.made_messages import Desk
from tests.corpus.making import Parts
from tests.corpus.reading import unread_records
from tests.corpus.shapes import shape_of, shapes_of, wanted_shapes
from tests.corpus.today import Today

HOW: Final = "make corpus"

Shape = tuple[str, str, str]
"""Service, kind, and the name of a type that the states of the kind are made of."""


def kept_shapes(documents: Iterable[KeptDocument], services: Mapping[str, Today]) -> set[Shape]:
    """The shapes that these documents have, as today's code reads them."""
    return {
        (document.service, document.kind, shape)
        for document in documents
        for shape in shape_of(services[document.service].state(document.fields))
    }


def lacking_shapes(kept: set[Shape], services: Mapping[str, Today]) -> list[str]:
    """Kinds and stages of today of which nothing is kept; each with how to keep it."""
    wanted = {(name, *shape) for name, today in services.items() for shape in wanted_shapes(today.service)}
    return [f"no document of {' '.join(shape)} is kept: {HOW}" for shape in sorted(wanted - kept)]


def lacking_types(records: Iterable[KeptRecord], wanted: Iterable[str] | None = None) -> list[str]:
    """Messages of today's catalogue of which nothing is kept; each with how to keep it."""
    kept = {record.type for record in records}
    types = published_messages() if wanted is None else wanted
    return [f"no record of {name} is kept: {HOW}" for name in types if name not in kept]


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept elsewhere: shapes and types that need not be made again, and whatever parts can be taken of."""

    shapes: set[Shape]
    types: set[str]
    parts: Sequence[Kept]


def completed(part: Kept, known: Known, services: Mapping[str, Today]) -> Kept:
    """A release's part with what it and the others lack. `services` run under its keys, as do `known.parts`."""
    documents = [document for each in (part, *known.parts) for document in each.documents]
    records = [record for each in (part, *known.parts) for record in each.records]
    shapes = known.shapes | kept_shapes(part.documents, services)
    types = known.types | {record.type for record in part.records}
    return replace(
        part,
        documents=[*part.documents, *_made_documents(documents, shapes, services)],
        records=[*part.records, *_made_records(records, types, services)],
    )


def _made_documents(
    documents: Sequence[KeptDocument], have: set[Shape], services: Mapping[str, Today]
) -> Iterator[KeptDocument]:
    for name, today in services.items():
        parts = Parts.of(today.state(document.fields) for document in documents if document.service == name)
        for kind in today.service.kinds:
            for shape in shapes_of(kind):
                if (name, kind.name, shape.__name__) not in have:
                    made = _document(today, kind, parts, shape)
                    have |= kept_shapes([made], services)
                    yield made


def _made_records(records: Sequence[KeptRecord], have: set[str], services: Mapping[str, Today]) -> Iterator[KeptRecord]:
    desk = Desk.after({name: today.keys for name, today in services.items()}, records)
    at = instant(max(record.timestamp for record in records))
    number = sum(record.made for record in records)
    for name, message in published_messages().items():
        if name not in have:
            number += 1
            made = list(desk.made(message, number, at))
            yield next((record for record in made if not unread_records([record], services)), made[0])


def _document(today: Today, kind: Kind, parts: Parts, shape: type) -> KeptDocument:
    document = Document(f"{kind.name}:made-{shape.__name__}")
    today.codecs[kind.name].write(document, parts.made(kind.state, shape))
    fields = {"_id": document.id, "version": 1, **stored(document, today.present, 0)}
    return KeptDocument(today.name, fields, made=True)
