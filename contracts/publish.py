"""Writes what these contracts promise to others: schemas, samples, the catalogue. Run by `make contracts`."""

import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from contracts.catalogue import published_messages
from contracts.catalogue_page import catalogue_page
from contracts.samples import Extent, sample_of
from contracts.schemas import Side, schema_of

ROOT: Final = Path(__file__).parent.parent
SCHEMAS: Final = Path("contracts/published/schemas")
SAMPLES: Final = Path("contracts/published/samples")
CATALOGUE_PAGE: Final = Path("docs/catalogue.md")

SIDES: Final[tuple[Side, ...]] = ("writer", "reader")
EXTENTS: Final[tuple[Extent, ...]] = ("minimal", "full")


@cache
def published_files() -> Mapping[Path, str]:
    """Every published file, by its path from the repository's root, with its text."""
    files = {CATALOGUE_PAGE: catalogue_page()}
    for name, message in published_messages().items():
        for side in SIDES:
            files[SCHEMAS / f"{name}.{side}.json"] = _json(schema_of(message, side))
        for extent in EXTENTS:
            files[SAMPLES / f"{name}.{extent}.json"] = _json(sample_of(message, extent))
    return files


def without_a_message(root: Path) -> list[Path]:
    """Published files whose message is no longer in the code: a contract was taken away."""
    there = {path.relative_to(root) for folder in (SCHEMAS, SAMPLES) for path in (root / folder).glob("*.json")}
    return sorted(there - published_files().keys())


def publish(root: Path) -> list[Path]:
    """Write what is new or changed; returns it. Takes nothing away."""
    changed = []
    for path, text in published_files().items():
        target = root / path
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        changed.append(path)
    return changed


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Publish into this repository and say what changed."""
    for path in publish(ROOT):
        sys.stdout.write(f"wrote {path}\n")
    for path in without_a_message(ROOT):
        sys.stdout.write(f"no message any more: {path} (delete it only if it was never released)\n")


if __name__ == "__main__":
    main()
