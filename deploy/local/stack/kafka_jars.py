"""Kafka's jars: which ones (`kafka.sha256`), and how they come to this machine.

jgo fetches them from Maven Central in Python alone: neither Maven nor its settings take part. After a change of
`ROOTS`, `python -m deploy.local.stack.kafka_jars` resolves the list again.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from jgo.maven import Artifact, MavenContext
from jgo.parse import Coordinate

from deploy.local.stack.server import StackError

ROOTS = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-nop:1.7.36")
PINS = Path(__file__).with_name("kafka.sha256")
PARALLEL_DOWNLOADS = 8
DOWNLOAD_TIMEOUT_SECONDS = 60


def classpath(say: Callable[[str], None]) -> str:
    """Kafka's class path; downloads it once (44 MB) and tells so by `say`.

    Raises:
        StackError: a jar cannot be had or is not the pinned one.
    """
    folder = cache_folder() / f"kafka-{hashlib.sha256(PINS.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        say(f"downloading Kafka into {folder} (44 MB, once)")
        _download(folder)
    return str(folder / "*")


def cache_folder() -> Path:
    """Where downloads are kept for all work trees of this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hesabi"


def _pinned() -> Mapping[str, str]:
    """Maven coordinate -> SHA-256."""
    rows = (line.split() for line in PINS.read_text().splitlines())
    return {coordinate: digest for digest, coordinate in rows}


def _download(folder: Path) -> None:
    """Appears whole or not at all, also when two processes download at once or one is killed half-way."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="incoming-") as incoming:
        context = MavenContext(repo_cache=Path(incoming, "repository"), timeout=DOWNLOAD_TIMEOUT_SECONDS)
        jars = Path(incoming, "jars")
        jars.mkdir()

        def fetch(pin: tuple[str, str]) -> None:
            path = _artifact(context, pin[0]).resolve()
            if _digest(path) != pin[1]:
                raise StackError(f"{path.name} is not the pinned one (its SHA-256 differs from {PINS.name})")
            shutil.move(path, jars / path.name)

        try:
            with ThreadPoolExecutor(PARALLEL_DOWNLOADS) as pool:
                list(pool.map(fetch, _pinned().items()))
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, jgo's are RuntimeErrors
            raise StackError(f"Kafka cannot be downloaded from Maven Central: {error}") from error
        if not folder.is_dir():
            jars.rename(folder)


def _artifact(context: MavenContext, coordinate: str) -> Artifact:
    return context.create_dependency(replace(Coordinate.parse(coordinate), scope="compile")).artifact


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _resolve_pins() -> None:
    """Writes `kafka.sha256` anew from `ROOTS` and what they need at run time."""
    with tempfile.TemporaryDirectory() as repository:
        context = MavenContext(repo_cache=Path(repository), timeout=DOWNLOAD_TIMEOUT_SECONDS)
        wanted = [context.create_dependency(replace(Coordinate.parse(root), scope="compile")) for root in ROOTS]
        roots, others = context.resolver.resolve(wanted)
        needed = [*roots, *(each for each in others if each.scope in {"compile", "runtime"})]
        rows = {f"{each.groupId}:{each.artifactId}:{each.version}": _digest(each.artifact.resolve()) for each in needed}
    PINS.write_text("".join(f"{digest}  {coordinate}\n" for coordinate, digest in sorted(rows.items())))


if __name__ == "__main__":
    _resolve_pins()
