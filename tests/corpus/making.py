"""What a journey does not reach is made: states from the parts of recorded ones, messages from their samples."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from contracts.sealed import Secret
from tests.corpus.shapes import types_within, values_within

_PLAIN: Final[Mapping[type, Any]] = {
    str: "example",
    bool: False,
    int: 1,
    float: 1.0,
    bytes: b"example",
    NoneType: None,
    datetime: datetime(2026, 11, 29, 9, tzinfo=UTC),
    date: date(2026, 11, 1),
    timedelta: timedelta(minutes=1),
    Secret: Secret("example"),
}


class NothingToMake(Exception):
    """A field of a type that is not known here: it needs a row in `_PLAIN`."""


@dataclass
class Parts:
    """What recorded states are made of: a value of each frozen type, a value of each field that is none."""

    of_type: dict[type, Any] = field(default_factory=dict)
    of_field: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, states: Iterable[Any]) -> "Parts":
        """The parts of these states."""
        parts = cls()
        for value in (part for state in states for part in values_within(state) if is_dataclass(part)):
            parts.of_type.setdefault(type(value), value)
            for each in fields(value):
                parts.of_field.setdefault(each.name, []).append(getattr(value, each.name))
        return parts

    def made(self, annotation: Any, target: type, name: str = "") -> Any:
        """A value of this annotation, with the target type in it wherever it may be."""
        if get_origin(annotation) in {Union, UnionType}:
            return self._of_union(get_args(annotation), target, name)
        if get_origin(annotation) is Literal:
            return get_args(annotation)[0]
        if get_origin(annotation) is not None:
            return self._collection(get_origin(annotation), get_args(annotation), target, name)
        if is_dataclass(annotation) and isinstance(annotation, type):
            return self._built(annotation, target)
        return self._leaf(annotation, name)

    def _of_union(self, choices: Sequence[Any], target: type, name: str) -> Any:
        leading = [choice for choice in choices if target in types_within(choice)]
        known = [choice for choice in choices if choice in self.of_type]
        return self.made((leading or known or [c for c in choices if c is NoneType] or choices)[0], target, name)

    def _collection(self, kind: Any, of: Sequence[Any], target: type, name: str) -> Any:
        wanted = [part for part in of if part is not Ellipsis]
        if issubclass(kind, tuple) and Ellipsis not in of:
            return tuple(self.made(part, target, name) for part in wanted)
        leads = any(target in types_within(part) for part in wanted)
        values = [self.made(part, target, name) for part in wanted] if leads else []
        if issubclass(kind, Mapping):
            return dict([values]) if values else {}
        if issubclass(kind, AbstractSet):
            return frozenset(values)
        return tuple(values)

    def _built(self, shape: type, target: type) -> Any:
        if target not in types_within(shape) and shape in self.of_type:
            return self.of_type[shape]
        hints = get_type_hints(shape)
        values = {
            each.name: each.default
            if each.name == "stage" and each.default is not MISSING
            else self.made(hints[each.name], target, each.name)
            for each in fields(shape)
        }
        return shape(**values)

    def _leaf(self, annotation: Any, name: str) -> Any:
        for value in self.of_field.get(name, ()):
            if type(value) is annotation:
                return value
        if annotation not in _PLAIN:
            raise NothingToMake(f"{name}: {annotation}")
        return _PLAIN[annotation]
