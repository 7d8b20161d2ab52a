"""What a state is made of: the stages of its kind and every other frozen type that stands in one of them."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from services.chassis.service import Kind, Service


def types_within(annotation: Any) -> list[type]:
    """The frozen types that an annotation names, those first that the others are made of."""
    found: dict[type, None] = {}
    _collect(annotation, found, set())
    return list(found)


def _collect(annotation: Any, found: dict[type, None], open_: set[type]) -> None:
    if get_origin(annotation) is not None:
        for part in get_args(annotation):
            _collect(part, found, open_)
    elif isinstance(annotation, type) and is_dataclass(annotation) and annotation not in open_ | found.keys():
        hints = get_type_hints(annotation)
        for field in fields(annotation):
            _collect(hints[field.name], found, open_ | {annotation})
        found[annotation] = None


def values_within(value: Any) -> Iterator[Any]:
    """A value and all that stands in it."""
    yield value
    match value:
        case Mapping():
            for part in value.values():
                yield from values_within(part)
        case str() | bytes():
            pass
        case Sequence() | AbstractSet():
            for part in value:
                yield from values_within(part)
        case _ if is_dataclass(value):
            for field in fields(value):
                yield from values_within(getattr(value, field.name))
        case _:
            pass


def shape_of(value: Any) -> set[str]:
    """The names of the types that a state is made of."""
    return {type(part).__name__ for part in values_within(value) if is_dataclass(part)}


def wanted_shapes(service: Service) -> set[tuple[str, str]]:
    """Each kind of aggregate with each type that its states are made of."""
    return {(kind.name, shape.__name__) for kind in service.kinds for shape in shapes_of(kind)}


def shapes_of(kind: Kind) -> list[type]:
    """The types that the states of a kind are made of."""
    return types_within(kind.state)
