"""Which version the tree is, and what is kept of released ones for ever: their wheels, and what they stored and said.

`python -m tests.release` (`make wheel`) releases the version that pyproject.toml names (docs/releasing.md).
"""

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
WHEELS: Final = ROOT / "tests" / "rolling" / "wheels"
CORPUS: Final = ROOT / "tests" / "corpus" / "releases"
LOCK: Final = ROOT / "tests" / "released.sha256"
VERSION: Final[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
IN_EVERY_ARCHIVE: Final = 315_532_800
"""The first instant that a zip archive can hold: the same tree gives the same wheel."""


def in_order(release: str) -> tuple[int, ...]:
    """`0.10.0` comes after `0.9.0`."""
    return tuple(int(part) for part in release.split("."))


def released() -> dict[str, Path]:
    """The kept wheels by their versions, oldest first."""
    found = {}
    for wheel in WHEELS.glob("hesabi-*.whl"):
        named = re.fullmatch(r"hesabi-(\d+(?:\.\d+)*)-py3-none-any\.whl", wheel.name)
        assert named, f"{wheel.name} is not named like a wheel of ours"
        found[named[1]] = wheel
    return dict(sorted(found.items(), key=lambda each: in_order(each[0])))


def kept_files(releases: Iterable[str]) -> list[Path]:
    """What must be there of these releases, by its path from the root."""
    wheels = WHEELS.relative_to(ROOT)
    files = [path.relative_to(ROOT) for release in releases for path in (CORPUS / release).glob("*")]
    return sorted([*files, *(wheels / f"hesabi-{release}-py3-none-any.whl" for release in releases)])


def sums(files: Iterable[Path], root: Path = ROOT) -> dict[str, str]:
    """SHA-256 by path; of a file that is not there, nothing."""
    there = (path for path in files if (root / path).exists())
    return {path.as_posix(): hashlib.sha256((root / path).read_bytes()).hexdigest() for path in there}


def locked() -> dict[str, str]:
    """SHA-256 by path, as they were at their release."""
    lines = LOCK.read_text().splitlines() if LOCK.exists() else []
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


def release() -> None:
    """Build the wheel of this version, keep it, and lock it together with what the version stored and said."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(IN_EVERY_ARCHIVE)}
    build = (str(ROOT / ".venv/bin/uv"), "build", "--quiet", "--wheel", "--out-dir", str(WHEELS), str(ROOT))
    subprocess.run(build, check=True, env=environment)
    lines = locked() | sums(kept_files([VERSION]))
    LOCK.write_text("".join(f"{digest}  {path}\n" for path, digest in sorted(lines.items())))


def main() -> int:
    """1 if this version is released already, or nothing is kept of what it stores and says."""
    if VERSION in released() or not (CORPUS / VERSION).exists():
        print(f"{VERSION} is released already, or `make corpus-journey` has not been run for it", file=sys.stderr)
        return 1
    release()
    print(f"{VERSION} is released: {released()[VERSION].stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
