"""What was released: a lock of files that never change again, and the revisions of each message that they make.

A *revision* of a message is four files: the writer's and the reader's schema, a minimal and a full sample. The first is
`<type>.writer.json` and so on, the next `<type>.r2.writer.json`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

from contracts.message import Message
from contracts.samples import Extent, sample_of
from contracts.schemas import Side, schema_of

SCHEMAS: Final = Path("contracts/published/schemas")
SAMPLES: Final = Path("contracts/published/samples")
VECTORS: Final = Path("contracts/published/vectors")
LOCK: Final = Path("contracts/published/released.sha256")
"""Lines as `sha256sum --check` reads them, from the repository's root. Lines are added and never changed."""

SIDES: Final[tuple[Side, ...]] = ("writer", "reader")
EXTENTS: Final[tuple[Extent, ...]] = ("minimal", "full")
_WRITER: Final = re.compile(r"(?P<type>hesabi\..+\.v[0-9]+)(\.r(?P<number>[0-9]+))?\.writer\.json")


@dataclass(frozen=True, slots=True)
class Revision:
    """One form of a message, as its four files say."""

    type_name: str
    number: int
    schemas: Mapping[Side, dict[str, Any]]
    samples: Mapping[Extent, dict[str, Any]]

    @property
    def files(self) -> dict[Path, str]:
        """The four files with their texts."""
        paths = revision_paths(self.type_name, self.number)
        parts = chain(self.schemas.items(), self.samples.items())
        return {paths[name]: _json(part) for name, part in parts}

    def says_the_same_as(self, other: "Revision") -> bool:
        """Whether the schemas are equal but for their ids. Samples are not asked: released ones stay as they are."""
        return all(_without_id(self.schemas[side]) == _without_id(other.schemas[side]) for side in SIDES)


def revision_paths(type_name: str, number: int) -> dict[Side | Extent, Path]:
    """Where the four files of a revision are."""
    stem = type_name if number == 1 else f"{type_name}.r{number}"
    return {
        **{side: SCHEMAS / f"{stem}.{side}.json" for side in SIDES},
        **{extent: SAMPLES / f"{stem}.{extent}.json" for extent in EXTENTS},
    }


@cache
def revision_of(message: type[Message], number: int) -> Revision:
    """The message as the code has it today, as its revision of this number."""
    schemas = {side: schema_of(message, side) for side in SIDES}
    if number > 1:
        schemas = {side: {**schema, "$id": f"{schema['$id']}:r{number}"} for side, schema in schemas.items()}
    return Revision(message.type_name, number, schemas, {extent: sample_of(message, extent) for extent in EXTENTS})


def locked(root: Path) -> dict[Path, str]:
    """Each released file with its SHA-256."""
    lines = (root / LOCK).read_text(encoding="utf-8").splitlines() if (root / LOCK).exists() else []
    return {Path(path): digest for digest, _, path in (line.partition("  ") for line in lines)}


def released_revisions(root: Path) -> dict[str, list[Revision]]:
    """Every released message by its type, with its revisions, oldest first. Reads whole revisions only: see
    `broken_promises` for the rest."""
    found: dict[str, list[Revision]] = {}
    lock = locked(root)
    for path in lock:
        name = _WRITER.fullmatch(path.name)
        if path.parent != SCHEMAS or name is None:
            continue
        paths = revision_paths(name["type"], int(name["number"] or 1))
        if all(each in lock and (root / each).exists() for each in paths.values()):
            found.setdefault(name["type"], []).append(_read(root, name["type"], int(name["number"] or 1)))
    return {type_name: sorted(found[type_name], key=lambda revision: revision.number) for type_name in sorted(found)}


def broken_promises(root: Path) -> list[str]:
    """Released files that changed or vanished, in words."""
    broken = []
    for path, digest in locked(root).items():
        if not (root / path).exists():
            broken.append(f"{path}: was released and is gone")
        elif _digest(root / path) != digest:
            broken.append(f"{path}: was released and has changed")
    return broken


def add_to_lock(root: Path) -> list[Path]:
    """Promise every published file that is there now; returns what was not promised before."""
    lock = locked(root)
    present = (path.relative_to(root) for folder in (SCHEMAS, SAMPLES, VECTORS) for path in (root / folder).glob("*"))
    added = sorted(path for path in present if path not in lock)
    lock |= {path: _digest(root / path) for path in added}
    lines = [f"{lock[path]}  {path.as_posix()}\n" for path in sorted(lock)]
    (root / LOCK).write_text("".join(lines), encoding="utf-8")
    return added


def _read(root: Path, type_name: str, number: int) -> Revision:
    paths = revision_paths(type_name, number)
    return Revision(
        type_name,
        number,
        {side: json.loads((root / paths[side]).read_bytes()) for side in SIDES},
        {extent: json.loads((root / paths[extent]).read_bytes()) for extent in EXTENTS},
    )


def _without_id(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "$id"}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
