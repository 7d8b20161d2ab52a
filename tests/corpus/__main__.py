"""`make corpus`: keeps what today's code stores and says, beside what earlier releases did. What was kept stays.

Without `--journey` only what is lacking is made: new stages and new messages, in seconds. With it the demo's journey is
recorded on the real servers first, as before a release.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.corpus.choosing import chosen
from tests.corpus.completing import Known, completed, kept_shapes
from tests.corpus.journey import recorded_run
from tests.corpus.kept import Kept, keep, kept, releases
from tests.corpus.today import is_announcement, today_under
from tests.release import VERSION, released


def main() -> int:
    """Write the part of the version that pyproject.toml names; 1 if that is released."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("--journey", action="store_true", help="record a journey on the real servers")
    wants_journey = parser.parse_args().journey
    if VERSION in released():
        print(f"{VERSION} is released: what was kept of it stays", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="hesabi-corpus-") as made:
        folder = Path(made)
        others = [kept(release) for release in releases() if release != VERSION]
        begun = _recorded(folder) if wants_journey else _begun(others)
        part = completed(begun, _known(others, begun, folder), today_under(begun, folder / "completed"))
    if part.documents or len(part.records) > len(begun.records):
        keep(part)
    print(f"{VERSION}: {len(part.documents)} documents and {len(part.records)} records are kept")
    return 0


def _recorded(folder: Path) -> Kept:
    run = asyncio.run(recorded_run(VERSION))
    return chosen(run, today_under(run, folder / "chosen"))


def _begun(others: list[Kept]) -> Kept:
    """What is kept of this version, or the beginning of it: the keys of the last one, and their announcements."""
    if VERSION in releases():
        return kept(VERSION)
    last = others[-1]
    return Kept(VERSION, [], [record for record in last.records if is_announcement(record)], last.keys)


def _known(others: list[Kept], part: Kept, folder: Path) -> Known:
    shapes = {
        shape for each in others for shape in kept_shapes(each.documents, today_under(each, folder / each.release))
    }
    types = {record.type for each in others for record in each.records}
    return Known(shapes, types, [each for each in others if each.keys == part.keys])


if __name__ == "__main__":
    sys.exit(main())
