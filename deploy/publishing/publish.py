"""What has to be published: schemas and samples of each message, the catalogue page, an AsyncAPI document a service.

Files that were not released follow the code. Released ones stay, and a released message whose schemas have changed gets
a further revision beside them, if the gate has no objection.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from contracts.asyncapi import asyncapi_document
from contracts.catalogue import published_messages
from contracts.catalogue_page import catalogue_page
from contracts.message import Message
from contracts.schemas import Side
from contracts.topics import SERVICES
from deploy.publishing.checkers import CHECKERS
from deploy.publishing.compatibility import ADVICE, objections_to
from deploy.publishing.released import (
    SAMPLES,
    SCHEMAS,
    Revision,
    add_to_lock,
    broken_promises,
    locked,
    released_revisions,
    revision_of,
    revision_paths,
)

ROOT: Final = Path(__file__).parent.parent.parent
CATALOGUE_PAGE: Final = Path("docs/catalogue.md")
ASYNCAPI: Final = Path("contracts/published/asyncapi")

Messages = Mapping[str, type[Message]]
Released = Mapping[str, list[Revision]]


class Refused(Exception):
    """The gate's objections, one a line, and what to do instead."""


def current_revision(message: type[Message], released: Released) -> Revision:
    """The released revision that says what the code says, if it is the last one; else a new one, not yet released."""
    before = released.get(message.type_name, [])
    today = revision_of(message, len(before) + 1)
    return before[-1] if before and before[-1].says_the_same_as(today) else today


def wanted_files(root: Path, messages: Messages | None = None) -> dict[Path, str]:
    """Every file that has to be there besides the released ones, by its path from `root`, with its text."""
    released, lock = released_revisions(root), locked(root)
    messages = published_messages() if messages is None else messages
    current = {name: current_revision(message, released) for name, message in messages.items()}
    files = {path: text for revision in current.values() for path, text in revision.files.items() if path not in lock}
    return {CATALOGUE_PAGE: catalogue_page(), **_asyncapi_files(released), **files}


def stale_files(root: Path, messages: Messages | None = None) -> list[Path]:
    """Schemas and samples that no message needs and nobody was promised."""
    there = {path.relative_to(root) for folder in (SCHEMAS, SAMPLES) for path in (root / folder).glob("*.json")}
    return sorted(there - wanted_files(root, messages).keys() - locked(root).keys())


def objections(root: Path, messages: Messages | None = None) -> list[str]:
    """Everything that would break what was promised: changed or vanished files, messages taken away, changes that old
    writers or readers cannot live with. Of messages that say the same as their last revision only samples are asked."""
    messages = published_messages() if messages is None else messages
    found = broken_promises(root)
    for name, revisions in released_revisions(root).items():
        if name not in messages:
            found.append(f"{name}: was released and is no message any more")
            continue
        today = revision_of(messages[name], len(revisions) + 1)
        checkers = {} if revisions[-1].says_the_same_as(today) else CHECKERS
        found += [str(objection) for objection in objections_to(today, messages[name], revisions, checkers)]
    return found


def publish(root: Path, messages: Messages | None = None) -> list[Path]:
    """Write what is new or changed and delete what nobody was promised; returns both. Raises `Refused`, and then writes
    nothing."""
    if found := objections(root, messages):
        raise Refused("\n".join([*found, "", ADVICE]))
    changed = []
    for path in (stale := stale_files(root, messages)):
        (root / path).unlink()
    for path, text in wanted_files(root, messages).items():
        target = root / path
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        changed.append(path)
    return [*changed, *stale]


def release(root: Path, messages: Messages | None = None) -> list[Path]:
    """Publish, and promise every file that is there now. Returns what was not promised before. Raises `Refused`."""
    publish(root, messages)
    return add_to_lock(root)


def _asyncapi_files(released: Released) -> dict[Path, str]:
    numbers = {name: current_revision(message, released).number for name, message in published_messages().items()}
    return {ASYNCAPI / f"{service}.yaml": _asyncapi(service, tuple(numbers.items())) for service in SERVICES}


@cache
def _asyncapi(service: str, revisions: tuple[tuple[str, int], ...]) -> str:
    numbers = dict(revisions)

    def schema_path(message: type[Message], side: Side) -> str:
        return os.path.relpath(revision_paths(message.type_name, numbers[message.type_name])[side], ASYNCAPI)

    document = asyncapi_document(service, schema_path)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
